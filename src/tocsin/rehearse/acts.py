"""What people do in a test in time: about which incident, who acts, and whether the incident takes it. Pure.

The same checks as in a running service, in the same order; what they refuse is ``NotTaken``, with what could be done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from tocsin._core import action as acts
from tocsin._core.action import Act, Action
from tocsin._core.errors import Conflict, Forbidden, Unprocessable
from tocsin._core.incident import Incident
from tocsin._core.plan import Plan
from tocsin._core.times import Millis, format_duration
from tocsin._core.trial import PlanStep
from tocsin.incident.actions import check
from tocsin.incident.rights import check_rights, resolved
from tocsin.rehearse.alerts import Key

ANYBODY = "test"
"""Who acts where the plan lists no people."""

_ACTS: Mapping[str, Callable[[Millis], Act]] = {
    "acknowledge": lambda _: acts.Acknowledge(),
    "contain": lambda _: acts.Contain(),
    "update": lambda _: acts.Update(goal="test", progress="test", risks="test"),
    "restore": lambda now: acts.Restore(at=now),
    "close": lambda _: acts.Close(),
}


class NotTaken(Exception):
    """An act that cannot be done. The text says why, and what could be done, for the person who wrote the test."""


def open_key(keys: Iterable[Key], start: Millis) -> Key:
    """The only key that has an open incident. Raises ``NotTaken``; ``start`` is when the test begins."""
    known = list(keys)
    found = [key for key in known if key.open]
    if len(found) == 1:
        return found[0]
    if found:
        shown = "; ".join(key.open.key_text for key in found if key.open)
        raise NotTaken(f"{len(found)} incidents are open ({shown}); say with `of` by the labels of which alert")
    closed = [key.previous[1] for key in known if key.previous]
    raise NotTaken(f"no incident is open{_closed(max(closed), start) if closed else ''}")


def open_of(key: Key | None, start: Millis) -> Key:
    """The key that an alert joined, if its incident is open. Raises ``NotTaken``."""
    if key is None:
        raise NotTaken("the alert of `of` joined no incident")
    if key.open is None:
        raise NotTaken(
            f"the incident of this alert is not open{_closed(key.previous[1], start) if key.previous else ''}"
        )
    return key


def _closed(at: Millis, start: Millis) -> str:
    return f"; it was closed at {format_duration(at - start)}"


def action_of(step: PlanStep, incident: Incident, plan: Plan, now: Millis) -> Action:
    """A step as somebody's act, which the incident takes. Raises ``Conflict``, ``Forbidden`` and ``Unprocessable``."""
    somebody = next((person.name for person in plan.people.values() if step.group in person.groups), ANYBODY)
    action = Action(incident=incident.id, act=_ACTS[step.does](now), by=somebody, group=step.group)
    action = resolved(action, plan)
    check(incident, action)
    check_rights(action, incident)
    return action


@contextmanager
def refusals() -> Iterator[None]:
    """Turns what a running service would answer to an act that it refuses into ``NotTaken``."""
    try:
        yield
    except Forbidden as error:
        raise NotTaken(str(error)) from None
    except Unprocessable as error:
        raise NotTaken("; ".join(f"{path} {message}" for path, message in error.problems)) from None
    except Conflict as error:
        fires = error.current.get("signals") == "firing"
        way_out = " (in a test, let its alerts end before, by `resolve` or `lose`)" if fires else ""
        raise NotTaken(f"{error}{way_out}") from None
