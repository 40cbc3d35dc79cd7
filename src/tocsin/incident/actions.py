"""What people do about an incident: whether it may be done, and who does it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tocsin._core import action as acts
from tocsin._core.action import Act, Action
from tocsin._core.errors import Conflict
from tocsin._core.incident import Incident
from tocsin.incident import ending, grading, handling
from tocsin.incident.draft import Draft

_DOES: Mapping[type[Act], Callable[[Draft, Action, Any], None]] = {
    acts.Acknowledge: handling.acknowledge,
    acts.Assign: handling.assign,
    acts.Contain: handling.contain,
    acts.Update: handling.update,
    acts.Note: handling.note,
    acts.Snooze: handling.snooze,
    acts.Raise: grading.raise_tier,
    acts.Lower: grading.lower_tier,
    acts.Reclassify: grading.reclassify,
    acts.Widen: grading.add_service,
    acts.Change: handling.change,
    acts.Restore: ending.restore,
    acts.StillBroken: ending.still_broken,
    acts.Close: ending.close,
    acts.FalseAlarm: ending.false_alarm,
    acts.Merge: ending.merge,
    acts.Reopen: ending.reopen,
    acts.VendorAcknowledge: handling.vendor_acknowledge,
}

_OPEN = tuple(name for name in acts.ACTIONS if name not in ("reopen", "still_broken"))
_ALWAYS = ("update", "note", "change", "assign", "reclassify", "add_service", "vendor_acknowledge")
_RESTORED = (*_ALWAYS, "still_broken", "close", "false_alarm", "merge", "reopen")


def allowed(incident: Incident) -> tuple[str, ...]:
    """The actions that an incident takes in its state."""
    if incident.closed_at is not None:
        return ("reopen",)
    if incident.restored_at is not None:
        return tuple(name for name in acts.ACTIONS if name in _RESTORED)
    is_quiet = incident.cleared_at is not None and not incident.still_broken
    return (*_OPEN, "still_broken") if is_quiet else _OPEN


def check(incident: Incident, action: Action) -> None:
    """Refuse what the incident, as it is now, does not take. Raises ``Conflict``."""
    can = allowed(incident)
    current = {"revision": incident.revision, "state": incident.state, "allowed": list(can)}
    if action.action not in can:
        takes = ", ".join(can)
        raise Conflict(f"{incident.id} is {incident.state} and takes {takes}", current)


def superseded(incident: Incident, action: Action) -> Conflict:
    """Why an act is refused that was meant for another revision; ``incident`` is how it is now."""
    return changed_since(incident, f": it is at revision {incident.revision}, not {action.if_revision}")


def changed_since(incident: Incident, how: str = " meanwhile") -> Conflict:
    """Why an act is refused that was meant for the incident as it was before."""
    current = {"revision": incident.revision, "state": incident.state, "allowed": list(allowed(incident))}
    return Conflict(f"{incident.id} has changed{how}; look at it again, then act", current)


def is_late(incident: Incident, action: Action) -> bool:
    """Whether the incident has changed since the person looked at it."""
    return action.if_revision is not None and action.if_revision != incident.revision


def perform(draft: Draft, action: Action) -> None:
    """Do it. Raises ``Conflict`` and ``Unprocessable`` for what this incident does not take."""
    _DOES[type(action.act)](draft, action, action.act)
