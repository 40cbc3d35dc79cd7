"""A plan for tests that are not about rule files: five groups, a channel each, tiers as shipped."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from tocsin._core.model import Text, Tier
from tocsin._core.plan import GROUPS, Channel, Group, IncidentClass, IncidentSettings, Plan, Service, TierPolicy, Vendor
from tocsin._core.source import Source
from tocsin._core.times import HOUR, MINUTE, SECOND
from tocsin._plan.escalation import unlisted

TIERS = {
    Tier.HIGH: TierPolicy(rto=4 * HOUR, wait=0, tell="all", ack_within=5 * MINUTE, deliver_within=2 * MINUTE),
    Tier.MEDIUM: TierPolicy(
        rto=24 * HOUR, wait=30 * SECOND, tell="listed", ack_within=30 * MINUTE, deliver_within=10 * MINUTE
    ),
    Tier.LOW: TierPolicy(rto=72 * HOUR, wait=5 * MINUTE, tell="lead", auto_restore=10 * MINUTE),
}

CLASSES = {
    "critical_function_outage": IncidentClass(
        name="critical_function_outage",
        title=Text("Critical function outage", "关键功能中断"),
        lead="technical",
        also=("business", "command"),
        outage=True,
        operational=True,
    ),
    "hw_sw_fault": IncidentClass(
        name="hw_sw_fault", title=Text("Hardware or software fault", "软硬件故障"), operational=True
    ),
    "cyber_attack": IncidentClass(
        name="cyber_attack", title=Text("Cyber attack", "网络攻击"), also=("data", "legal", "command")
    ),
    "other": IncidentClass(name="other", title=Text("Other", "其他"), operational=True),
}


OTHERS = ("vendor", "other")
"""Channels that no group has, for vendors."""


def plan(**changes: Any) -> Plan:
    """The plan, with fields replaced. Group ``command`` is the fallback of ``technical``."""
    fields: dict[str, Any] = {
        "hash": "0123456789ab",
        "language": "en",
        "timezone": ZoneInfo("Asia/Shanghai"),
        "external_url": "",
        "tiers": TIERS,
        "matrix": {},
        "groups": {
            name: Group(
                name=name,
                title=Text(name.title(), name),
                channels=(f"{name}-hook",),
                fallback=("command-hook",) if name == "technical" else (),
                details="summary" if name in ("business", "legal") else "full",
            )
            for name in GROUPS
        },
        "channels": {f"{name}-hook": Channel(name=f"{name}-hook", type="webhook") for name in (*GROUPS, *OTHERS)},
        "services": {"payments": Service(name="payments", importance="core", vendor="acme")},
        "vendors": {"acme": Vendor(name="acme", title=Text("Acme", "Acme"), contract="C-1")},
        "classes": CLASSES,
        "environments": {},
        "sources": {
            "prometheus": Source(name="prometheus", type="prometheus"),
            "alertmanager": Source(name="alertmanager", type="alertmanager"),
        },
        "labels": {},
        "incidents": IncidentSettings(),
        "rules": (),
        "tokens": {},
        "escalation": {tier: unlisted(policy) for tier, policy in changes.get("tiers", TIERS).items()},
        **changes,
    }
    return Plan(**fields)
