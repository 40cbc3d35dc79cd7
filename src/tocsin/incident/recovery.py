"""The clocks of recovery: the recovery time, the SLA limit, estimates, and what the vendor's contract promises. Pure.

They run while the incident does (``Incident.is_running``); what has passed while they did not speaks at once when they
do again, the highest of what is due and nothing else.
"""

from __future__ import annotations

from msgspec.structs import replace

from tocsin._core.incident import Escalated, Incident
from tocsin._core.model import Tier
from tocsin._core.times import Millis, format_time
from tocsin.incident import audience
from tocsin.incident.draft import Draft
from tocsin.incident.grading import lift
from tocsin.incident.vendors import OVERDUE, UNACKNOWLEDGED

WARNED_AT = (50, 75, 90)
"""Percentages of the recovery time at which a warning is told; command hears of those from 75 on."""

COMMAND_FROM = 75


def follow(draft: Draft) -> None:
    """Tell of what is due now."""
    _reach_sla_limit(draft)
    _warn(draft)
    _doubt_estimate(draft)
    _chase_vendor(draft)


def dues(incident: Incident) -> tuple[Millis | None, ...]:
    """When each of these clocks speaks next."""
    if not incident.is_running:
        return ()
    return (_warning_due(incident), _sla_due(incident), *(due for _, due in _vendor_dues(incident)))


def _warning_due(incident: Incident) -> Millis | None:
    """When the recovery time is used so far that it is told next; the last is when it is missed."""
    if incident.rto_outcome == "missed" or incident.rto_warned >= 100:
        return None
    following = next((percent for percent in WARNED_AT if percent > incident.rto_warned), 100)
    # Rounded up, so that the share that is told has been reached.
    return incident.started_at - -incident.rto * following // 100


def _warn(draft: Draft) -> None:
    incident = draft.incident
    due = _warning_due(incident) if incident.is_running else None
    if due is None or draft.now < due:
        return
    if draft.now >= incident.rto_deadline:
        draft.set(rto_warned=100)
        count_recovery_time(draft, "missed")
        groups = audience.lead_and_command(incident, draft.plan)
        draft.tell("rto_missed", groups, asks=audience.acknowledgements(incident, draft.plan, groups))
        return
    used = (draft.now - incident.started_at) * 100 // incident.rto
    percent = max(each for each in WARNED_AT if each <= used)
    draft.set(rto_warned=percent)
    draft.note("rto_warning", percent=percent, deadline=format_time(incident.rto_deadline))
    lead = audience.lead(incident, draft.plan)
    groups = audience.in_order((*lead, "command")) if percent >= COMMAND_FROM else lead
    asks = audience.acknowledgements(incident, draft.plan, groups)
    draft.tell("rto_warning", groups, reason=str(percent), asks=asks)


def _sla_due(incident: Incident) -> Millis | None:
    """When the SLA limit is reached; ``None`` once it was told."""
    return None if incident.sla_told else incident.sla_deadline


def _reach_sla_limit(draft: Draft) -> None:
    """At its SLA limit, or when it is first estimated to pass it, an outage is high, as far as no cap forbids it."""
    incident = draft.incident
    due = _sla_due(incident)
    if due is None or not incident.is_running:
        return
    if draft.now >= due:
        draft.set(sla_told=True)
        draft.note("sla_limit_reached", deadline=format_time(due))
    elif incident.eta is not None and incident.eta.at > due and not incident.sla_forecast:
        draft.set(sla_forecast=True)
        draft.note("sla_limit_forecast", deadline=format_time(due))
    else:
        return
    cap = incident.decision.max_tier
    if incident.tier is not Tier.HIGH and (cap is None or cap is Tier.HIGH):
        lift(draft, Tier.HIGH, reason="sla_limit")


def _doubt_estimate(draft: Draft) -> None:
    """Tell of an estimate beyond the recovery time, once each time somebody makes one."""
    incident = draft.incident
    if incident.eta is None or incident.eta_late_told or not incident.is_running:
        return
    if incident.eta.at <= incident.rto_deadline:
        return
    draft.set(eta_late_told=True)
    eta = format_time(incident.eta.at)
    draft.note("eta_late", eta=eta, deadline=format_time(incident.rto_deadline))
    draft.tell("eta_late", audience.lead_and_command(incident, draft.plan), said={"eta": eta, "by": incident.eta.by})


def _vendor_dues(incident: Incident) -> tuple[tuple[str, Millis], ...]:
    """What the vendor has promised and is not known to have kept, with the time."""
    terms = incident.vendor_terms
    if terms is None:
        return ()
    told = {entry.stage for entry in incident.escalated}
    promises = (
        (UNACKNOWLEDGED, terms.acknowledge_by if terms.acknowledged_at is None else None),
        (OVERDUE, terms.restore_by),
    )
    return tuple((stage, due) for stage, due in promises if due is not None and stage not in told)


def _chase_vendor(draft: Draft) -> None:
    """Tell lead, command and legal of a vendor that is late by its contract, and itself: once each."""
    incident = draft.incident
    terms = incident.vendor_terms
    if terms is None or not incident.is_running:
        return
    late = [(stage, due) for stage, due in _vendor_dues(incident) if draft.now >= due]
    for stage, due in late:
        draft.set(escalated=(*draft.incident.escalated, Escalated(stage=stage, at=draft.now)))
        draft.count("escalations", incident.tier.value, stage)
        draft.note(stage, vendor=terms.vendor, contract=terms.contract, due=format_time(due))
        if stage == OVERDUE:
            count_vendor(draft, "missed")
    if late:
        groups = audience.in_order((*audience.lead_and_command(incident, draft.plan), "legal"))
        told = audience.vendor_told(incident, draft.plan)
        draft.tell("escalated", groups, reason=late[-1][0], said={"stages": [stage for stage, _ in late]}, vendor=told)


def count_recovery_time(draft: Draft, outcome: str) -> None:
    """Count whether an incident recovered in time; the first that is said stands."""
    incident = draft.incident
    if incident.rto_outcome:
        return
    draft.set(rto_outcome=outcome)
    draft.note(f"rto_{outcome}", deadline=format_time(incident.rto_deadline))
    draft.count("rto", incident.class_, incident.tier.value, outcome)
    terms = incident.vendor_terms
    if terms is not None and terms.restore_by is None:
        count_vendor(draft, outcome)


def count_vendor(draft: Draft, outcome: str) -> None:
    """Count whether a vendor was in time by its contract, else by the incident's recovery time; the first stands."""
    terms = draft.incident.vendor_terms
    if terms is None or terms.rto_outcome:
        return
    draft.set(vendor_terms=replace(terms, rto_outcome=outcome))
    draft.count("vendor_rto", terms.vendor, outcome)
