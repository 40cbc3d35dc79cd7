"""What the alerts' firing and ending does to an incident: clearing, flapping, reopening, closing. Pure."""

from __future__ import annotations

from tocsin._core.incident import Incident, Outcome
from tocsin._core.plan import Plan
from tocsin._core.times import SECOND, Millis, format_time
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
    if incident.clearing_told:
        draft.note("fired_again")
        draft.set(state="open" if incident.state == "restored" else incident.state, restored_at=None, joined=0)
        draft.tell("reopened", incident.told)
    elif incident.announced_at is not None:
        draft.suppressed.append("settling")


def _is_quiet(draft: Draft, view: View) -> None:
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
    restored_at = incident.restored_at or draft.now
    if restored_at > incident.rto_deadline:
        _count_recovery_time(draft, "missed")
    elif incident.cleared_reason != "not_seen":
        # Of a signal that was only lost nobody knows whether the service recovered in time.
        _count_recovery_time(draft, "met")
    if outcome == "recovered":
        draft.observe("recover", (restored_at - incident.started_at) / SECOND, incident.class_, incident.tier.value)
    draft.set(state="closed", outcome=outcome, closed_at=draft.now)
    draft.note("closed", outcome=outcome)
    draft.count("closed", incident.class_, incident.tier.value, outcome)
    draft.tell("closed", incident.told, reason=outcome)


def missing_due(incident: Incident) -> Millis | None:
    """When the recovery time is missed; ``None`` while nothing fires, or once an outcome stands."""
    if incident.rto_outcome or incident.announced_at is None or incident.cleared_at is not None:
        return None
    return incident.rto_deadline


def miss_recovery_time(draft: Draft) -> None:
    """Count a recovery time as missed the moment it passes, not only when somebody restores the service."""
    due = missing_due(draft.incident)
    if due is not None and draft.now >= due:
        _count_recovery_time(draft, "missed")


def _count_recovery_time(draft: Draft, outcome: str) -> None:
    incident = draft.incident
    if incident.rto_outcome:
        return
    draft.set(rto_outcome=outcome)
    draft.note(f"rto_{outcome}", deadline=format_time(incident.rto_deadline))
    draft.count("rto", incident.class_, incident.tier.value, outcome)
    if incident.decision.vendor in draft.plan.vendors:
        draft.count("vendor_rto", incident.decision.vendor, outcome)


def tell_stale(draft: Draft, view: View) -> None:
    """Tell once of alerts that should have been heard of again, until they are."""
    incident = draft.incident
    if not view.stale and incident.stale_told:
        draft.set(stale_told=False)
    elif view.stale and not incident.stale_told and incident.announced_at is not None:
        draft.set(stale_told=True)
        draft.tell("stale", audience.lead_and_command(incident, draft.plan))
