"""The tier and the recovery time: matrix, demands and caps, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin._core.model import Tier
from tocsin._core.plan import Environment, Plan, Service, Vendor
from tocsin._core.record import Impact
from tocsin._core.times import Millis, format_duration
from tocsin._plan.defaults import TIER_LIMITS
from tocsin.classify.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Grade:
    """How much it matters, and how soon it must be over."""

    tier: Tier
    rto: Millis
    sla_limit: Millis | None
    max_tier: Tier | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What grading depends on beside the rules."""

    service: Service | None
    vendor: Vendor | None
    environment: Environment | None
    outage: bool


def grade(plan: Plan, verdict: Verdict, around: Circumstances) -> Grade:
    """The tier (raised to what the rule's own recovery time demands, then capped) and the recovery time."""
    tier, reasons = _base(plan, verdict, around.service)
    own: Millis | None = verdict.get("rto")
    if own is not None and (demanded := tier_of(own)).rank > tier.rank:
        tier = demanded
        reasons.append(f"the rule's rto {format_duration(own)} demands {tier}")
    cap, by = verdict.max_tier, verdict.capped_by
    limit = around.environment.max_tier if around.environment is not None else None
    if around.environment is not None and limit is not None and (cap is None or limit.rank < cap.rank):
        cap, by = limit, f"environment {around.environment.name}"
    if cap is not None and cap.rank < tier.rank:
        reasons.append(f"{by} caps {tier} at {cap}")
        tier = cap
    rto, bound, others = recovery(plan, tier, own, around)
    reasons.append(f"to be recovered within {format_duration(rto)}, by {bound}{others}")
    sla_limit = around.service.sla_limit if around.outage and around.service is not None else None
    if around.service is not None and sla_limit is not None:
        limit_text = format_duration(sla_limit)
        reasons.append(f"the SLA of service {around.service.name} ends after {limit_text}: reached, it makes this high")
    return Grade(tier, rto, sla_limit, cap, tuple(reasons))


def tier_of(rto: Millis) -> Tier:
    """The tier that a recovery time makes: high up to 4 h, medium up to 24 h, else low."""
    for tier, limit in TIER_LIMITS.items():
        if rto <= limit:
            return tier
    return Tier.LOW


def _base(plan: Plan, verdict: Verdict, service: Service | None) -> tuple[Tier, list[str]]:
    """The rule's own tier, else the matrix's."""
    own: Tier | None = verdict.get("tier")
    if own is not None:
        by = verdict.by.get("tier")
        return own, [f"rule {by.name} says {own}" if by else f"said to be {own}"]
    impact: Impact = verdict.get("impact") or "narrow"
    importance = service.importance if service is not None else None
    tier = plan.matrix[importance or "core"][impact]
    if importance is None:
        return tier, [f"matrix: importance unknown, graded as core, with {impact} impact is {tier}"]
    return tier, [f"matrix: {importance} with {impact} impact is {tier}"]


def recovery(plan: Plan, tier: Tier, own: Millis | None, around: Circumstances) -> tuple[Millis, str, str]:
    """The smallest that binds, whose it is, and the others; a service's and a vendor's bind only while the service
    itself is down."""
    bounds = [(plan.tiers[tier].rto, f"the {tier} tier")]
    if own is not None:
        bounds.append((own, "the rule"))
    idle: list[tuple[Millis, str]] = []
    of_outages = bounds if around.outage else idle
    if around.service is not None and around.service.rto is not None:
        of_outages.append((around.service.rto, f"service {around.service.name}"))
    if around.vendor is not None and around.vendor.rto is not None:
        of_outages.append((around.vendor.rto, f"the contract of vendor {around.vendor.name}"))
    rto, bound = min(bounds, key=lambda each: each[0])
    others = [f"{what} {format_duration(each)}" for each, what in bounds if what != bound]
    others += [f"{what} {format_duration(each)} does not bind, since this is no outage" for each, what in idle]
    return rto, bound, f" ({'; '.join(others)})" if others else ""
