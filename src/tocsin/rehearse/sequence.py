"""A test in time: the notices of each stretch of time, compared with those that it expects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, zip_longest

from tocsin._core.incident import Notice
from tocsin._core.model import Classification, Dropped
from tocsin._core.plan import Plan
from tocsin._core.times import Millis, format_duration
from tocsin._core.trial import PlanNotice, PlanTest
from tocsin.adapt.posted import Refused
from tocsin.classify.classifier import Classifier
from tocsin.incident.decide import decide
from tocsin.rehearse.play import Decide, Heard, Play, StandsStill
from tocsin.rehearse.result import Mismatch, Result

NOBODY = "nobody is told"
_LISTED = 10
"""Notices of one stretch of time that a failure names."""

_SHOWN = 40
"""Lines of what happened that a failure shows."""

_DOES = {"fire": "fires", "resolve": "is resolved", "lose": "is heard of for the last time"}


def in_time(test: PlanTest, plan: Plan, classifier: Classifier, *, decide: Decide = decide) -> Result:
    """Play a test that has steps."""
    happened: list[Heard | Notice] = []
    play = Play(plan, classifier, plan.sources[test.source], test.at, decide=decide)
    try:
        for each in play.run(test.steps, test.notices[-1].at):
            happened.append(each)
    except Refused as refused:
        return Result(test.name, test.place, error=f"an alert is refused: {refused.path}: {refused}")
    except StandsStill as still:
        return Result(test.name, test.place, error=str(still), reasons=tuple(_story(happened, test.at)))
    told = [each for each in happened if isinstance(each, Notice) and each.groups]  # others are a vendor's alone
    wrong = tuple(_compared(test, told))
    error = "\n".join(_step(each) for each in happened if isinstance(each, Heard) and each.is_refused)
    reasons = tuple(_story(happened, test.at)) if wrong or error else ()
    return Result(test.name, test.place, wrong, error=error, reasons=reasons)


def _compared(test: PlanTest, told: list[Notice]) -> Iterator[Mismatch]:
    """What differs, by the offset of the expectation: each is about the time since the one before."""
    since = -1
    for until, wanted in groupby(test.notices, key=lambda each: each.at):
        expected = [each for each in wanted if each.event is not None]
        got = [notice for notice in told if since < notice.at - test.at <= until]
        if not all(_is_as(want, notice) for want, notice in zip_longest(expected, got)):
            texts = (_wanted(expected), _told(got, test.at))
            yield Mismatch(f"at {format_duration(until)}", *texts)
        since = until


def _is_as(wanted: PlanNotice | None, got: Notice | None) -> bool:
    if wanted is None or got is None:
        return False
    same_groups = wanted.groups is None or wanted.groups == set(got.groups)
    return wanted.event == got.event and same_groups and wanted.reason in (None, got.reason)


def _wanted(notices: list[PlanNotice]) -> str:
    return _listed([_shown(n.event or "", n.groups, "no reason" if n.reason == "" else n.reason) for n in notices])


def _told(notices: list[Notice], start: Millis) -> str:
    return _listed([f"{_shown(n.event, n.groups, n.reason)} at {format_duration(n.at - start)}" for n in notices])


def _listed(texts: list[str]) -> str:
    more = [f"{len(texts) - _LISTED} more"] if len(texts) > _LISTED else []
    return "; ".join([*texts[:_LISTED], *more]) or NOBODY


def _shown(event: str, groups: Iterable[str] | None, reason: str | None) -> str:
    """A notice in one line, without what is not named: ``cleared (resolved) to [command, technical]``."""
    why = f" ({reason})" if reason else ""
    return f"{event}{why}" + (f" to [{', '.join(sorted(groups))}]" if groups is not None else "")


def _story(happened: list[Heard | Notice], start: Millis) -> Iterator[str]:
    """All that happened, step by step; of very much, the beginning."""
    for each in happened[:_SHOWN]:
        if isinstance(each, Notice):
            yield f"{format_duration(each.at - start)}: {_shown(each.event, each.told, each.reason)}"
        else:
            yield _step(each)
    if len(happened) > _SHOWN:
        yield f"({len(happened) - _SHOWN} more steps and notices)"


def _step(heard: Heard) -> str:
    """A step and what became of it, in one line."""
    step, said = heard.step, f", {_decided(heard.decision)}" if heard.decision else ""
    labels = ", ".join(f'{name}="{value}"' for name, value in step.labels.items())
    alert = f"{{{labels}}}" if labels else "the open incident"
    what = f"{step.does} {alert} for {step.group}" if step.group else f"{alert} {_DOES[step.does]}"
    return f"{format_duration(step.at)}: {what}: {heard.outcome}{said}"


def _decided(decision: Classification | Dropped) -> str:
    if isinstance(decision, Dropped):
        return f"dropped by {decision.reason.value} {decision.by}: {decision.why}"
    by = f"rule {decision.rule}" if decision.rule else "no rule"
    return f"{decision.tier.value} by {by}, incident key {decision.key_text}"
