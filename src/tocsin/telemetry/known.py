"""The closed label sets: what is known before anything is counted, mostly from the plan."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import get_args

from tocsin._core.events import VENDOR_HEARS, Event
from tocsin._core.incident import RECOVERY_BUCKETS
from tocsin._core.model import Tier
from tocsin._core.plan import VENDOR, Plan
from tocsin.telemetry.instruments import Labels

TIERS = tuple(tier.value for tier in sorted(Tier, key=lambda tier: -tier.rank))
STATES = ("open", "acknowledged", "contained", "restored")
"""The states of an incident that is not closed."""

OUTCOMES = ("recovered", "unconfirmed", "transient", "false_alarm", "merged")
EVENTS: tuple[str, ...] = get_args(Event)
"""The events of which notices are told."""

VENDOR_STAGES = ("vendor_unacknowledged", "vendor_overdue")
"""The stages of a vendor that is late by its contract, beside those that the plan names."""

LANGUAGES = ("en", "zh")
RTO = ("met", "missed")
RESULTS = ("accepted", "retried", "dead", "superseded")
CALLBACKS = ("done", "refused", "repeated", "ignored", "unknown", "unproved")
SUPPRESSED = ("transient", "settling")
STATUSES = ("firing", "resolved")

RECOVERY_BOUNDS = (*map(str, RECOVERY_BUCKETS), "+Inf")
"""Upper bounds, in seconds, of the store's histograms of recovery."""

RULES = 1_000
"""Rules that are counted by name."""

OTHER = "_other"
"""What stands for all that are beyond a label's closed set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The names that a plan brings."""

    sources: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    vendors: tuple[str, ...] = ()
    notices: tuple[Labels, ...] = ()
    """Group, or ``vendor``, and event."""
    stages: tuple[Labels, ...] = ()
    """Tier and stage of escalation."""
    heartbeats: tuple[str, ...] = ()

    @classmethod
    def of(cls, plan: Plan) -> Known:
        """What this plan names."""
        return cls(
            sources=tuple(plan.sources),
            rules=tuple(rule.name for rule in plan.rules),
            classes=tuple(plan.classes),
            groups=tuple(plan.groups),
            channels=tuple(plan.channels),
            services=(*plan.services, OTHER),
            vendors=tuple(plan.vendors),
            notices=(
                *every(tuple(plan.groups), EVENTS),
                *(
                    every((VENDOR,), tuple(event for event in EVENTS if event in VENDOR_HEARS))
                    if any(vendor.channels for vendor in plan.vendors.values())
                    else ()
                ),
            ),
            stages=(
                *((tier.value, stage.name) for tier, stages in plan.escalation.items() for stage in stages),
                *(every(TIERS, VENDOR_STAGES) if plan.vendors else ()),
            ),
            heartbeats=tuple(plan.heartbeats),
        )


def every(*sets: tuple[str, ...]) -> list[Labels]:
    """All combinations, one of each set."""
    return list(product(*sets))
