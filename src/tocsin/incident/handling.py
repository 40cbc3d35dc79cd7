"""What people do while an incident goes on: take it up, say how it stands, put things on record. Pure."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import asdict, replace

from tocsin._core import action as acts
from tocsin._core.action import Action
from tocsin._core.errors import Conflict, Unprocessable
from tocsin._core.incident import Acknowledgement, Change
from tocsin._core.record import ChangeRecord, Estimate, Progress
from tocsin._core.times import SECOND, format_time
from tocsin.incident import audience
from tocsin.incident.draft import Draft, given
from tocsin.incident.recording import found_in

MOST_ACKNOWLEDGEMENTS = 100
"""Persons whose word is kept; later ones are in the timeline only."""

MOST_CHANGES = 50


def acknowledge(draft: Draft, action: Action, _: acts.Acknowledge) -> None:
    """Record that a group has it. Only the lead group's word, or command's, makes the incident acknowledged.

    The same word said again changes nothing, unless its group has come to lead since.
    """
    incident = draft.incident
    known = any((given.group, given.by) == (action.group, action.by) for given in incident.acknowledgements)
    settles = action.group in audience.lead_and_command(incident, draft.plan) and incident.acknowledged_at is None
    if known and not settles:
        return
    if incident.announced_at is not None and not any(
        given.group == action.group for given in incident.acknowledgements
    ):
        seconds = (draft.now - incident.announced_at) / SECOND
        draft.observe("acknowledge", seconds, action.group, incident.tier.value)
    others = tuple(given for given in incident.acknowledgements if (given.group, given.by) != (action.group, action.by))
    given = Acknowledgement(group=action.group, by=action.by, at=draft.now)
    draft.set(acknowledgements=(*others, given)[:MOST_ACKNOWLEDGEMENTS])
    changes: tuple[Change, ...] = ()
    if settles:
        draft.set(acknowledged_by=action.by, acknowledged_at=draft.now)
        if incident.state == "open":
            draft.set(state="acknowledged")
            changes = (Change("state", "open", "acknowledged"),)
    draft.act(action, "acknowledged", changes=changes)
    _tell(draft, "acknowledged", changes, said={"by": action.by, "group": action.group})


def assign(draft: Draft, action: Action, act: acts.Assign) -> None:
    """Name who is in charge."""
    before = draft.incident.assigned_to
    if before == act.to:
        return
    draft.set(assigned_to=act.to)
    changes = (Change("assigned_to", before, act.to),)
    draft.act(action, "assigned", changes=changes)
    _tell(draft, "assigned", changes, said={"by": action.by, "to": act.to})


def contain(draft: Draft, action: Action, act: acts.Contain) -> None:
    """It spreads no further. Said again it changes nothing, unless it was thought to be over since and was not; the
    figures have the first time."""
    incident = draft.incident
    if incident.state == "contained":
        return
    if incident.contained_at is None:
        draft.observe("contain", (draft.now - incident.started_at) / SECOND, incident.class_, incident.tier.value)
    draft.set(contained_at=draft.now, contained_by=action.by, state="contained")
    changes = (Change("state", incident.state, "contained"),)
    draft.act(action, "contained", changes=changes, **given(note=act.note))
    _tell(draft, "contained", changes, said=given(by=action.by, note=act.note))


def update(draft: Draft, action: Action, act: acts.Update) -> None:
    """Tell all how it stands; the next update is due a whole period later."""
    found = _find_out(draft, action, act)
    progress = Progress(
        at=draft.now, by=action.by, goal=act.goal, progress=act.progress, risks=act.risks, next_step=act.next_step or ""
    )
    draft.set(progress=progress, update_reminders=0, update_reminded_at=None)
    words = given(goal=act.goal, progress=act.progress, risks=act.risks, next_step=act.next_step)
    draft.act(action, "updated", **words, **found)
    draft.tell("updated", draft.incident.told, said={"by": action.by, **words, **found})


def note(draft: Draft, action: Action, act: acts.Note) -> None:
    """Put something on record."""
    found = _find_out(draft, action, act)
    draft.act(action, "noted", text=act.text, **found)
    _tell(draft, "noted", (), said={"by": action.by, "text": act.text, **found})


def snooze(draft: Draft, action: Action, act: acts.Snooze) -> None:
    """No reminders and no escalation for a time."""
    until = draft.now + act.for_seconds * SECOND
    draft.set(snoozed_until=until)
    said = given(until=format_time(until), reason=act.reason)
    draft.act(action, "snoozed", **said)
    _tell(draft, "noted", (), said={"by": action.by, "action": "snooze", **said})


def change(draft: Draft, action: Action, act: acts.Change) -> None:
    """Record a change, or what has become of one. Raises ``Conflict`` for one that there is not, and ``Unprocessable``
    where nobody says what is changed."""
    changes = draft.incident.changes
    if act.number is None:
        if not act.what:
            message = "is missing; it takes text, unless number names a change that is on record"
            raise Unprocessable("nothing was done", [("what", message)])
        if len(changes) >= MOST_CHANGES:
            raise Conflict(f"{draft.incident.id} has {MOST_CHANGES} changes, the most that are kept", {})
        record = ChangeRecord(number=len(changes) + 1, at=draft.now, by=action.by, what=act.what)
    else:
        if act.number > len(changes):
            raise Conflict(f"{draft.incident.id} has no change number {act.number}", {"changes": len(changes)})
        record = changes[act.number - 1]
    said = {name: value for name, value in asdict(act).items() if value is not None and name != "number"}
    after = replace(record, **said)
    if after == record and act.number is not None:
        return
    kept = {each.number: each for each in changes} | {after.number: after}
    draft.set(changes=tuple(kept.values()))
    draft.act(action, "changed", number=after.number, **said, **_flags(after))
    _tell(draft, "noted", (), said={"by": action.by, "action": "change", **_shown(after)})


def vendor_acknowledge(draft: Draft, action: Action, act: acts.VendorAcknowledge) -> None:
    """The vendor has taken it up. Raises ``Conflict`` where the incident is no vendor's."""
    terms = draft.incident.vendor_terms
    if terms is None:
        raise Conflict(f"{draft.incident.id} concerns no vendor of the plan", {"vendor": None})
    if terms.acknowledged_at is None:
        draft.set(vendor_terms=replace(terms, acknowledged_at=draft.now, acknowledged_by=act.who))
        if draft.incident.announced_at is not None:
            seconds = (draft.now - draft.incident.announced_at) / SECOND
            draft.observe("vendor_acknowledge", seconds, terms.vendor)
    found: dict[str, Any] = {}
    if act.eta is not None:
        draft.set(eta=Estimate(at=act.eta, by=act.who, said_at=draft.now), eta_late_told=False)
        found["eta"] = format_time(act.eta)
    draft.act(action, "vendor_acknowledged", vendor=terms.vendor, who=act.who, **found)
    said = {"by": action.by, "action": "vendor_acknowledge", "vendor": terms.vendor, "who": act.who, **found}
    _tell(draft, "noted", (), said=said)


def refuse(draft: Draft, action: Action) -> None:
    """Record an act that came too late: another had changed the incident since its person looked. Command decides."""
    asked = {name: value for name, value in msgspec.to_builtins(action.act).items() if name != "action"}
    said: dict[str, Any] = {"wanted": action.action, "with": asked, "if_revision": action.if_revision or 0}
    draft.act(action, "refused", **said)
    draft.tell("noted", ("command",), said={"by": action.by, "refused": True, "action": action.action})


def _find_out(draft: Draft, action: Action, act: acts.Findings) -> dict[str, Any]:
    """Take over what was found out; answers it, JSON-ready."""
    found = found_in(act)
    draft.set(record=replace(draft.incident.record, **found))
    if act.eta is not None:
        draft.set(eta=Estimate(at=act.eta, by=action.by, said_at=draft.now), eta_late_told=False)
        found["eta"] = format_time(act.eta)
    return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}


def _shown(record: ChangeRecord) -> dict[str, Any]:
    fields = {name: value for name, value in asdict(record).items() if name not in ("at", "by") and value != ""}
    return {**{name: value for name, value in fields.items() if value is not None}, **_flags(record)}


def _flags(record: ChangeRecord) -> dict[str, Any]:
    return {"missing": list(record.flags)} if record.flags else {}


def _tell(draft: Draft, event: Any, changes: tuple[Change, ...], *, said: dict[str, Any]) -> None:
    draft.tell(event, audience.lead_and_command(draft.incident, draft.plan), changes=changes, said=said)
