"""What people do about an incident: whether it may be done, and what it changes. Pure."""

from __future__ import annotations

from tocsin._core.action import ACTIONS, Action
from tocsin._core.errors import Conflict
from tocsin._core.incident import Acknowledgement, Change, Incident
from tocsin.incident import audience
from tocsin.incident.draft import Draft


def allowed(incident: Incident) -> tuple[str, ...]:
    """The actions that an incident takes in its state."""
    return () if incident.closed_at is not None else ACTIONS


def check(incident: Incident, action: Action) -> None:
    """Refuse what the incident, as it is now, does not take. Raises ``Conflict``."""
    can = allowed(incident)
    current = {"revision": incident.revision, "state": incident.state, "allowed": list(can)}
    if action.action not in can:
        takes = ", ".join(can) or "no more actions"
        raise Conflict(f"{incident.id} is {incident.state} and takes {takes}", current)
    if action.if_revision is not None and action.if_revision != incident.revision:
        message = f"{incident.id} has changed: it is at revision {incident.revision}, not {action.if_revision}"
        raise Conflict(f"{message}; look at it again, then act", current)


def acknowledge(draft: Draft, action: Action) -> None:
    """Record that a group has it. Only the lead group's word, or command's, makes the incident acknowledged.

    The same word said again changes nothing, unless its group has come to lead since.
    """
    incident = draft.incident
    known = any((given.group, given.by) == (action.group, action.by) for given in incident.acknowledgements)
    settles = action.group in audience.lead_and_command(incident, draft.plan) and incident.acknowledged_at is None
    if known and not settles:
        return
    others = tuple(given for given in incident.acknowledgements if (given.group, given.by) != (action.group, action.by))
    given = Acknowledgement(group=action.group, by=action.by, at=draft.now)
    draft.set(acknowledgements=(*others, given))
    changes: tuple[Change, ...] = ()
    if settles:
        draft.set(acknowledged_by=action.by, acknowledged_at=draft.now)
        if incident.state == "open":
            draft.set(state="acknowledged")
            changes = (Change("state", "open", "acknowledged"),)
    shown = [(change.field, change.from_, change.to) for change in changes]
    draft.enter(action.by, "acknowledged", group=action.group, changes=shown)
    if incident.announced_at is not None:
        # Before anybody was told of the incident, its opening says who has it.
        draft.tell("acknowledged", audience.lead_and_command(incident, draft.plan), changes=changes)
