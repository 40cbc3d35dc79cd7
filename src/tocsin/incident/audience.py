"""Who is told of an event. Pure; the table is the contract's."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin._core.events import VENDOR_HEARS
from tocsin._core.incident import Incident
from tocsin._core.model import Tier
from tocsin._core.plan import GROUPS, VENDOR, IncidentClass, Plan

VENDOR_EVENTS = VENDOR_HEARS - {"reclassified", "escalated"}
"""What becomes of an incident, of which its vendor is told; of the other two not all is for it."""


def in_order(groups: Iterable[str]) -> tuple[str, ...]:
    """Each group once, in the plan's order; what stands for the vendor last."""
    wanted = set(groups)
    return tuple(group for group in (*GROUPS, VENDOR) if group in wanted)


def class_of(incident: Incident, plan: Plan) -> IncidentClass:
    """The incident's class; ``other`` where the plan no longer has it."""
    return plan.classes.get(incident.class_) or plan.classes["other"]


def lead(incident: Incident, plan: Plan) -> tuple[str, ...]:
    """The group that leads."""
    return (class_of(incident, plan).lead,)


def lead_and_command(incident: Incident, plan: Plan) -> tuple[str, ...]:
    """The group that leads, and command."""
    return in_order((*lead(incident, plan), "command"))


def named_by_tier(incident: Incident, plan: Plan) -> tuple[str, ...]:
    """The groups that the tier's ``tell`` names."""
    return told_of(class_of(incident, plan), incident.tier, plan)


def told_of(class_: IncidentClass, tier: Tier, plan: Plan) -> tuple[str, ...]:
    """The groups that are told when an incident of this class and tier opens."""
    tell = plan.tiers[tier].tell
    if tell == "all":
        return GROUPS
    if tell == "lead":
        return (class_.lead,)
    return in_order((class_.lead, *class_.also, "command"))


def vendor_of(incident: Incident, plan: Plan) -> str:
    """The incident's vendor, if it has channels by which it can be told; else nothing."""
    vendor = plan.vendors.get(incident.vendor)
    return vendor.name if vendor is not None and vendor.channels else ""


def vendor_told(incident: Incident, plan: Plan) -> str:
    """The incident's vendor, if it was told of the incident and can be told on; else nothing."""
    vendor = vendor_of(incident, plan)
    return vendor if vendor == incident.told_vendor else ""


def acknowledgements(incident: Incident, plan: Plan, groups: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """What these groups are asked for while nobody has acknowledged an incident for which somebody should."""
    if incident.acknowledged_at is not None or (plan.tiers[incident.tier].ack_within is None):
        return {}
    return dict.fromkeys(groups, ("acknowledge",))
