"""How an incident ends, by people and by itself, and how people take it up again. Pure."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from tocsin._core import action as acts
from tocsin._core.action import Action
from tocsin._core.errors import Conflict, Unprocessable
from tocsin._core.incident import Change, Incident, Outcome
from tocsin._core.times import SECOND, Millis, format_time
from tocsin.incident import audience
from tocsin.incident.draft import Draft, given
from tocsin.incident.recovery import count_recovery_time, count_vendor


def restore(draft: Draft, action: Action, act: acts.Restore) -> None:
    """The service is back, as of when its signals cleared if no other time is given.

    Raises ``Conflict`` while something fires, and ``Unprocessable`` where a time is needed or makes no sense.
    """
    incident = draft.incident
    if incident.signals == "firing" and not act.despite_firing:
        current = {"revision": incident.revision, "state": incident.state, "signals": incident.signals}
        message = f"{incident.id} still fires; if it is back all the same, say so with despite_firing"
        raise Conflict(message, current)
    at = _restored_at(incident, act, draft.now)
    before = incident.state
    draft.set(state="restored", restored_at=at, restored_by=action.by, still_broken=False, joined=0, snoozed_until=None)
    change = Change("state", before, "restored")
    detail = given(note=act.note, despite_firing=True if incident.signals == "firing" else None)
    draft.act(action, "restored", restored_at=format_time(at), changes=(change,), **detail)
    draft.tell("restored", incident.told, changes=(change,), said=given(by=action.by, note=act.note))


def _restored_at(incident: Incident, act: acts.Restore, now: Millis) -> Millis:
    if act.at is not None:
        if not incident.started_at <= act.at <= now:
            first, last = format_time(incident.started_at), format_time(now)
            raise Unprocessable("nothing was done", [("at", f"must be between the start, {first}, and now, {last}")])
        return act.at
    if incident.cleared_at is None:
        return now  # it has no signals, or is back in spite of them
    if incident.cleared_reason == "not_seen" or incident.still_broken:
        message = "must say when it was back: its signals were only lost from sight"
        if incident.still_broken:
            message = "must say when it was back: its signals do not tell"
        raise Unprocessable("nothing was done", [("at", message)])
    return incident.cleared_at


def still_broken(draft: Draft, action: Action, act: acts.StillBroken) -> None:
    """It is not back, whatever its signals say: its clocks go on until it is restored."""
    incident = draft.incident
    was_restored = incident.restored_at is not None
    draft.set(still_broken=True, restored_at=None, restored_by="", state=resumed(incident))
    draft.act(action, "still_broken", **given(note=act.note))
    said = given(by=action.by, note=act.note)
    if was_restored:
        draft.tell("reopened", incident.told, reason="", said=said)
    else:
        draft.tell("noted", audience.lead_and_command(incident, draft.plan), said={**said, "action": "still_broken"})


def close(draft: Draft, action: Action, act: acts.Close) -> None:
    """End it: recovered if somebody said so, else unconfirmed. Raises ``Conflict`` while it goes on."""
    incident = draft.incident
    if incident.restored_at is None and (incident.cleared_at is None or incident.still_broken):
        current = {"revision": incident.revision, "state": incident.state, "signals": incident.signals}
        raise Conflict(f"{incident.id} goes on: restore it, or call it a false alarm", current)
    if incident.restored_at is None:
        draft.set(restored_at=incident.cleared_at)
        end(draft, "unconfirmed", actor=action, said=given(by=action.by, reason=act.reason))
    else:
        end(draft, "recovered", actor=action, said=given(by=action.by, reason=act.reason))


def false_alarm(draft: Draft, action: Action, act: acts.FalseAlarm) -> None:
    """End it: there was nothing."""
    end(draft, "false_alarm", actor=action, said=given(by=action.by, reason=act.reason))


def merge(draft: Draft, action: Action, act: acts.Merge) -> None:
    """End it as a part of another. That the other is there, and goes on, the caller has seen."""
    draft.set(merged_into=act.into)
    end(draft, "merged", actor=action, said=given(by=action.by, into=act.into, reason=act.reason))


def reopen(draft: Draft, action: Action, act: acts.Reopen) -> None:
    """Take up again what was restored or closed. What was counted at its close stays counted."""
    incident = draft.incident
    change = Change("state", incident.state, resumed(incident))
    draft.set(
        state=resumed(incident),
        restored_at=None,
        restored_by="",
        closed_at=None,
        outcome=None,
        merged_into="",
        still_broken=incident.cleared_at is not None or incident.firing == 0,
        clearing_told=incident.clearing_told or incident.cleared_at is not None,
    )
    draft.act(action, "reopened", changes=(change,), **given(why=act.reason))
    draft.tell("reopened", incident.told, changes=(change,), said=given(by=action.by, reason=act.reason))


def resumed(incident: Incident) -> Any:
    """The state of an incident that was thought to be over and is not."""
    if incident.state == "contained":
        return "contained"
    return "open" if incident.acknowledged_at is None else "acknowledged"


_TOLD: dict[str, Any] = {"false_alarm": "false_alarm", "merged": "merged"}


def end(draft: Draft, outcome: Outcome, *, actor: Action | None = None, said: dict[str, Any] | None = None) -> None:
    """Close it with an outcome: by a person, or by itself."""
    incident = draft.incident
    if outcome in ("recovered", "unconfirmed"):
        _count_end(draft, outcome)
    draft.set(state="closed", outcome=outcome, closed_at=draft.now, still_broken=False, joined=0)
    draft.set(update_due=None, snoozed_until=None)
    detail = {"outcome": outcome, **{name: value for name, value in (said or {}).items() if name != "by"}}
    if actor is None:
        draft.note("closed", **detail)
    else:
        draft.act(actor, "closed", **detail)
    draft.count("closed", incident.class_, incident.tier.value, outcome)
    event = _TOLD.get(outcome, "closed")
    draft.tell(event, incident.told, reason=outcome if event == "closed" else "", said=said)


def _count_end(draft: Draft, outcome: Outcome) -> None:
    """Whether it recovered in time, and how long that took."""
    incident = draft.incident
    restored_at = incident.restored_at or draft.now
    # Of a signal that was only lost nobody knows whether the service recovered in time, unless a person said so.
    is_known = bool(incident.restored_by) or incident.cleared_reason != "not_seen"
    if restored_at > incident.rto_deadline:
        count_recovery_time(draft, "missed")
    elif is_known:
        count_recovery_time(draft, "met")
    terms = incident.vendor_terms
    if terms is not None and is_known:
        due = terms.restore_by
        count_vendor(draft, "missed" if due is not None and restored_at > due else "met")
    if outcome != "recovered":
        return
    seconds = (restored_at - incident.started_at) / SECOND
    draft.observe("recover", seconds, incident.class_, incident.tier.value)
    terms = draft.incident.vendor_terms
    if terms is not None:
        draft.observe("vendor_recover", seconds, terms.vendor)
        draft.set(vendor_terms=replace(terms, restored_at=restored_at))
