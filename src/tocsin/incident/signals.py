"""What the alerts' firing and ending does to an incident: clearing, flapping, reopening, closing. Pure."""

from __future__ import annotations

from tocsin._core.incident import Incident, Outcome
from tocsin._core.plan import Plan
from tocsin._core.times import Millis
from tocsin._core.view import View
from tocsin.incident import audience
from tocsin.incident.draft import Draft


def returned_too_late(incident: Incident, view: View, plan: Plan) -> bool:
    """Whether alerts fired again so long after the clearing that this is another incident."""
    if incident.cleared_at is None or incident.announced_at is None or view.joined is None:
        return False
    return view.joined.first_at - incident.cleared_at > plan.incidents.reopen_within


def close_unconfirmed(draft: Draft) -> None:
    """Close an incident that nobody confirmed as restored, as of its clearing."""
    draft.set(restored_at=draft.incident.cleared_at, joined=0)
    _close(draft, "unconfirmed")


def follow(draft: Draft, view: View) -> None:
    """Take over what fires, how much there is, and whether it is quiet."""
    draft.set(firing=view.firing, total=view.total)
    if view.truncated > draft.incident.truncated:
        draft.set(truncated=view.truncated)
        draft.note("alerts_truncated", count=view.truncated)
    if view.firing > 0:
        _fires(draft)
    else:
        _is_quiet(draft, view)


def _fires(draft: Draft) -> None:
    incident = draft.incident
    if incident.cleared_at is None:
        return
    draft.set(cleared_at=None, cleared_reason="", clearing_told=False)
    draft.note("fired_again")
    if incident.clearing_told:
        draft.set(state="open" if incident.state == "restored" else incident.state, restored_at=None, joined=0)
        draft.tell("reopened", incident.told)
    elif incident.announced_at is not None:
        draft.suppressed.append("settling")


def _is_quiet(draft: Draft, view: View) -> None:
    at = view.zero_at or draft.now
    reason = "not_seen" if view.unseen else "resolved"
    incident = draft.incident
    if incident.cleared_at is None:
        draft.note("signals_cleared", reason=reason)
    if incident.cleared_at is None or at > incident.cleared_at or reason != incident.cleared_reason:
        draft.set(cleared_at=max(at, incident.cleared_at or 0), cleared_reason=reason)


def clearing_due(incident: Incident, plan: Plan) -> Millis | None:
    """When the clearing is to be told: the first at once, later ones after a time of quiet."""
    if incident.announced_at is None or incident.cleared_at is None or incident.clearing_told:
        return None
    return incident.cleared_at + (plan.incidents.settle if incident.clearings else 0)


def tell_clearing(draft: Draft) -> None:
    """Tell that nothing fires any more, and ask lead and business to confirm."""
    due = clearing_due(draft.incident, draft.plan)
    if due is None or draft.now < due:
        return
    incident = draft.incident
    asks = dict.fromkeys((*audience.lead(incident, draft.plan), "business"), ("restore",))
    draft.set(clearing_told=True, clearings=incident.clearings + 1, joined=0)
    draft.tell("cleared", incident.told, reason=incident.cleared_reason, asks=asks)


def restoring_due(incident: Incident, plan: Plan) -> Millis | None:
    """When a quiet incident of this tier closes by itself; ``None`` if it never does."""
    after = plan.tiers[incident.tier].auto_restore
    if after is None or incident.announced_at is None or incident.cleared_at is None:
        return None
    return incident.cleared_at + after


def auto_restore(draft: Draft) -> None:
    """Close an incident that has been quiet for long enough, where its tier allows it."""
    due = restoring_due(draft.incident, draft.plan)
    if due is None or draft.now < due:
        return
    # An alert that was only lost from sight says nothing about recovery.
    outcome: Outcome = "recovered" if draft.incident.cleared_reason == "resolved" else "unconfirmed"
    draft.set(restored_at=draft.incident.cleared_at)
    draft.note("restored", by="auto_restore")
    _close(draft, outcome)


def _close(draft: Draft, outcome: Outcome) -> None:
    incident = draft.incident
    draft.set(state="closed", outcome=outcome, closed_at=draft.now)
    draft.note("closed", outcome=outcome)
    draft.count("closed", incident.class_, incident.tier.value, outcome)
    draft.tell("closed", incident.told, reason=outcome)


def tell_stale(draft: Draft, view: View) -> None:
    """Tell once of alerts that should have been heard of again, until they are."""
    incident = draft.incident
    if not view.stale and incident.stale_told:
        draft.set(stale_told=False)
    elif view.stale and not incident.stale_told and incident.announced_at is not None:
        draft.set(stale_told=True)
        draft.tell("stale", audience.lead_and_command(incident, draft.plan))
