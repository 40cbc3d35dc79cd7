"""What people say of an incident's weight: its tier, its class, the services that it touches. Pure."""

from __future__ import annotations

from typing import Any

from tocsin._core import action as acts
from tocsin._core.action import Action
from tocsin._core.errors import Conflict, Unprocessable
from tocsin._core.incident import Change, Incident
from tocsin._core.model import Tier
from tocsin._core.plan import Plan
from tocsin._core.record import SUBTYPES, is_subtype, subtype_of
from tocsin._core.times import Millis
from tocsin.incident import audience, vendors
from tocsin.incident.draft import Draft, given

MOST_SERVICES = 20


def recovery_time(incident: Incident, tier: Tier, plan: Plan) -> Millis:
    """The recovery time at another tier: the tier's own, or the shorter one that a rule, the service or the vendor
    wants."""
    decided = incident.decision
    bound = decided.rto if decided.rto < plan.tiers[decided.tier].rto else None
    return plan.tiers[tier].rto if bound is None else min(bound, plan.tiers[tier].rto)


def raise_tier(draft: Draft, action: Action, act: acts.Raise) -> None:
    """Raise the tier: a person may, above any cap. Raises ``Conflict`` if it is as high already."""
    tier = draft.incident.tier
    if act.tier.rank <= tier.rank:
        raise Conflict(f"{draft.incident.id} is {tier} already; to go down there is lower", {"tier": tier.value})
    lift(draft, act.tier, reason="person", actor=action, said=given(by=action.by, reason=act.reason))


def lift(
    draft: Draft, tier: Tier, *, reason: str, actor: Action | None = None, said: dict[str, Any] | None = None
) -> None:
    """Raise the tier, for a reason, and tell those too whom it adds. Restarts no clock."""
    incident, plan = draft.incident, draft.plan
    change = Change("tier", incident.tier.value, tier.value)
    rto = min(incident.rto, recovery_time(incident, tier, plan))
    announce_at = min(incident.announce_at, incident.first_at + plan.tiers[tier].wait)
    draft.set(tier=tier, rto=rto, announce_at=announce_at, snoozed_until=None)
    if actor is None:
        draft.note("tier_raised", reason=reason, changes=[(change.field, change.from_, change.to)])
    else:
        draft.act(actor, "tier_raised", reason=reason, changes=(change,), **given(why=(said or {}).get("reason")))
    groups = audience.in_order((*incident.told, *audience.named_by_tier(draft.incident, plan)))
    asks = audience.acknowledgements(draft.incident, plan, groups)
    draft.tell("tier_raised", groups, reason=reason, changes=(change,), asks=asks, said=said)


def lower_tier(draft: Draft, action: Action, act: acts.Lower) -> None:
    """Lower the tier: from then on only a new alert or a clock raises it. Raises ``Conflict`` if it is as low."""
    incident, plan = draft.incident, draft.plan
    if act.tier.rank >= incident.tier.rank:
        raise Conflict(f"{incident.id} is {incident.tier}; to go up there is raise", {"tier": incident.tier.value})
    change = Change("tier", incident.tier.value, act.tier.value)
    rto = max(incident.rto, recovery_time(incident, act.tier, plan))
    draft.set(tier=act.tier, rto=rto, lowered=True)
    draft.act(action, "tier_lowered", reason=act.reason, changes=(change,))
    draft.tell("tier_lowered", incident.told, changes=(change,), said=given(by=action.by, reason=act.reason))


def reclassify(draft: Draft, action: Action, act: acts.Reclassify) -> None:
    """Give it its true class, and its vendor; the old lead and the new one are told. The recovery time stays. Raises
    ``Conflict`` for no class or vendor of the plan."""
    incident, plan = draft.incident, draft.plan
    if act.vendor is not None and act.vendor not in plan.vendors:
        raise Conflict(f"the plan has no vendor {act.vendor}", {"vendors": list(plan.vendors)})
    classes = (act.class_, *(act.secondary_classes or ()))
    for name in classes:
        if name not in plan.classes:
            raise Conflict(f"the plan has no class {name}", {"classes": list(plan.classes)})
    same = act.class_ == incident.class_
    subtype = (incident.subtype if same else "") if act.subtype is None else act.subtype
    if act.subtype is not None and not is_subtype(act.class_, act.subtype):
        raise Unprocessable("nothing was done", [("subtype", f"must be one of: {', '.join(SUBTYPES[act.class_])}")])
    subtype = subtype_of(act.class_, subtype)
    secondary = incident.secondary_classes if act.secondary_classes is None else act.secondary_classes
    before = audience.lead(incident, plan)
    changes = [Change("class", incident.class_, act.class_)] if act.class_ != incident.class_ else []
    if subtype != incident.subtype:
        changes.append(Change("subtype", incident.subtype, subtype))
    draft.set(
        class_=act.class_,
        subtype=subtype,
        secondary_classes=tuple(name for name in dict.fromkeys(secondary) if name != act.class_),
    )
    changes += vendors.name_vendor(draft, act.vendor)
    if draft.incident == incident:
        return
    draft.act(action, "reclassified", secondary=list(draft.incident.secondary_classes), changes=changes)
    groups = audience.in_order((*before, *audience.lead(draft.incident, plan)))
    draft.tell("reclassified", groups, changes=tuple(changes), said=given(by=action.by, reason=act.reason))


def add_service(draft: Draft, action: Action, act: acts.Widen) -> None:
    """Name a further service that it touches, with what the catalogue says of it."""
    incident = draft.incident
    if act.service in incident.services:
        return
    if len(incident.services) >= MOST_SERVICES:
        raise Conflict(f"{incident.id} names {MOST_SERVICES} services, the most that are kept", {})
    draft.set(services=(*incident.services, act.service))
    draft.extend_record(act.service)
    draft.act(action, "service_added", service=act.service)
    said = {"by": action.by, "action": "add_service", "service": act.service}
    draft.tell("noted", audience.lead_and_command(draft.incident, draft.plan), said=said)
