"""What the alerts' firing and ending does to an incident: clearing, flapping, reopening, closing. Pure."""

from __future__ import annotations

from typing import Literal

from tocsin._core.incident import Incident
from tocsin._core.plan import Plan
from tocsin._core.times import Millis
from tocsin._core.view import View
from tocsin.incident import audience
from tocsin.incident.draft import Draft
from tocsin.incident.ending import end, resumed


def returned_too_late(incident: Incident, view: View, plan: Plan) -> bool:
    """Whether alerts fired again so long after the clearing that this is another incident."""
    quiet_at = incident.cleared_at
    if quiet_at is None and incident.total == 0:
        quiet_at = incident.restored_at  # declared: a person's word stands for signals
    if quiet_at is None or incident.announced_at is None or view.joined is None or incident.still_broken:
        return False
    return view.joined.first_at - quiet_at > plan.incidents.reopen_within


def close_unconfirmed(draft: Draft) -> None:
    """Close an incident that has been quiet too long to come back: as of its clearing, unless somebody restored it."""
    if draft.incident.restored_at is None:
        draft.set(restored_at=draft.incident.cleared_at)
        end(draft, "unconfirmed")
    else:
        end(draft, "recovered")


def follow(draft: Draft, view: View) -> None:
    """Take over what fires, how much there is, and whether it is quiet."""
    draft.set(firing=view.firing, total=view.total)
    if view.truncated > draft.incident.truncated:
        draft.set(truncated=view.truncated)
        draft.note("alerts_truncated", count=view.truncated)
    if view.firing > 0:
        _fires(draft, view)
    else:
        _is_quiet(draft, view)


def _fires(draft: Draft, view: View) -> None:
    incident = draft.incident
    if incident.cleared_at is None:
        # Restored while it fires: what fires stays silent, and what joins says that it is not over.
        if incident.restored_at is not None and view.joined is not None and view.joined.count:
            _come_back(draft)
        return
    draft.set(cleared_at=None, cleared_reason="", clearing_told=False)
    if incident.clearing_told or incident.restored_at is not None:
        _come_back(draft)
    elif incident.announced_at is not None:
        draft.suppressed.append("settling")


def _come_back(draft: Draft) -> None:
    incident = draft.incident
    draft.note("fired_again")
    state = resumed(incident) if incident.state == "restored" else incident.state
    draft.set(state=state, restored_at=None, restored_by="", joined=0)
    draft.tell("reopened", incident.told)


def _is_quiet(draft: Draft, view: View) -> None:
    if draft.incident.total == 0:
        return  # declared by hand: there are no signals that could say it is over
    at = view.zero_at or draft.now
    reason = "not_seen" if view.unseen else "resolved"
    incident = draft.incident
    # Not in the record until it is told: an alert may come and go for weeks.
    if incident.cleared_at is None or at > incident.cleared_at or reason != incident.cleared_reason:
        draft.set(cleared_at=max(at, incident.cleared_at or 0), cleared_reason=reason)


def clearing_due(incident: Incident, plan: Plan) -> Millis | None:
    """When the clearing is to be told: the first at once, later ones after a time of quiet."""
    if incident.announced_at is None or incident.cleared_at is None or incident.clearing_told:
        return None
    if incident.restored_at is not None:
        return None  # that it is back was said already, and asked of nobody
    return incident.cleared_at + (plan.incidents.settle if incident.clearings else 0)


def tell_clearing(draft: Draft) -> None:
    """Tell that nothing fires any more, and ask lead and business to confirm."""
    due = clearing_due(draft.incident, draft.plan)
    if due is None or draft.now < due:
        return
    incident = draft.incident
    asks = dict.fromkeys((*audience.lead(incident, draft.plan), "business"), ("restore",))
    draft.set(clearing_told=True, clearings=incident.clearings + 1, joined=0)
    draft.note("signals_cleared", reason=incident.cleared_reason)
    draft.tell("cleared", incident.told, reason=incident.cleared_reason, asks=asks)


def restoring_due(incident: Incident, plan: Plan) -> Millis | None:
    """When a quiet incident of this tier closes by itself; ``None`` if it never does."""
    after = plan.tiers[incident.tier].auto_restore
    if after is None or incident.announced_at is None or incident.cleared_at is None or incident.still_broken:
        return None
    return incident.cleared_at + after


def auto_restore(draft: Draft) -> None:
    """Close an incident that has been quiet for long enough, where its tier allows it."""
    due = restoring_due(draft.incident, draft.plan)
    if due is None or draft.now < due:
        return
    # An alert that was only lost from sight says nothing about recovery.
    outcome: Literal["recovered", "unconfirmed"] = "unconfirmed"
    if draft.incident.cleared_reason == "resolved" or draft.incident.restored_at is not None:
        outcome = "recovered"
    if draft.incident.restored_at is None:
        draft.set(restored_at=draft.incident.cleared_at)
        draft.note("restored", by="auto_restore")
    end(draft, outcome)


def tell_stale(draft: Draft, view: View) -> None:
    """Tell once of alerts that should have been heard of again, until they are."""
    incident = draft.incident
    if not view.stale and incident.stale_told:
        draft.set(stale_told=False)
    elif view.stale and not incident.stale_told and incident.announced_at is not None:
        draft.set(stale_told=True)
        draft.tell("stale", audience.lead_and_command(incident, draft.plan))
