"""What a plan has before anything is written in it: classes, tiers, matrix, groups' titles and the console."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tocsin._core.model import Text, Tier
from tocsin._core.plan import Details, Importance, IncidentClass, TierPolicy
from tocsin._core.record import Impact
from tocsin._core.times import HOUR, MINUTE, SECOND, Millis, parse_time

TIER_LIMITS: Mapping[Tier, Millis] = MappingProxyType({Tier.HIGH: 4 * HOUR, Tier.MEDIUM: 24 * HOUR})
"""The recovery times that make a tier: high up to 4 h, medium up to 24 h, low beyond."""

TIERS: Mapping[Tier, TierPolicy] = MappingProxyType(
    {
        Tier.HIGH: TierPolicy(
            rto=4 * HOUR,
            wait=0,
            ack_within=5 * MINUTE,
            update_every=30 * MINUTE,
            tell="all",
            deliver_within=2 * MINUTE,
        ),
        Tier.MEDIUM: TierPolicy(
            rto=24 * HOUR,
            wait=30 * SECOND,
            ack_within=30 * MINUTE,
            update_every=2 * HOUR,
            tell="listed",
            deliver_within=10 * MINUTE,
        ),
        Tier.LOW: TierPolicy(
            rto=72 * HOUR, wait=5 * MINUTE, update_every=24 * HOUR, tell="lead", auto_restore=10 * MINUTE
        ),
    }
)

MATRIX: Mapping[Importance, Mapping[Impact, Tier]] = MappingProxyType(
    {
        "core": {"wide": Tier.HIGH, "partial": Tier.HIGH, "narrow": Tier.MEDIUM},
        "important": {"wide": Tier.HIGH, "partial": Tier.MEDIUM, "narrow": Tier.LOW},
        "supporting": {"wide": Tier.MEDIUM, "partial": Tier.LOW, "narrow": Tier.LOW},
    }
)

LABELS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "service": ("service", "app_kubernetes_io_name", "app"),
        "environment": ("environment", "env", "stage"),
        "location": ("location", "region", "zone", "cluster"),
    }
)
"""Where the plan's words are found. Not ``job``: one exporter's job would join all nodes."""

GROUP_TITLES: Mapping[str, Text] = MappingProxyType(
    {
        "command": Text("Command", "指挥小组"),
        "technical": Text("Technical rescue", "技术救援组"),
        "business": Text("Business coordination", "业务协调组"),
        "legal": Text("Legal and compliance", "法务合规组"),
        "data": Text("Data and information", "数据与信息管理组"),
    }
)

GROUP_DETAILS: Mapping[str, Details] = MappingProxyType(
    {"command": "full", "technical": "full", "business": "summary", "legal": "summary", "data": "full"}
)

CONSOLE = "console"
"""The channel of all groups where a plan has none: whoever starts Tocsin sees what is told."""

SOURCES = ("prometheus", "alertmanager")
"""These exist always, each of the type that is its name."""

OTHER = "other"
"""The class of what no rule matches."""


def _class(
    name: str, en: str, zh: str, lead: str, also: str = "", *, outage: bool = False, operational: bool = False
) -> IncidentClass:
    return IncidentClass(
        name=name, title=Text(en, zh), lead=lead, also=tuple(also.split()), outage=outage, operational=operational
    )


_SHIPPED = (
    _class(
        "critical_function_outage",
        "Critical function outage",
        "关键功能中断",
        "technical",
        "business command",
        outage=True,
        operational=True,
    ),
    _class("data_breach_loss", "Data breach or loss", "数据泄露与数据丢失", "data", "technical legal command"),
    _class("key_person_unavailable", "Key person unavailable", "关键人员不可用", "command", "business technical"),
    _class("vendor_delivery_delay", "Contractor delivery delay", "外包方交付延期", "business", "legal command"),
    _class("quality_failure", "Quality below standard", "质量不达标", "technical", "business", operational=True),
    _class("hw_sw_fault", "Hardware or software fault", "软硬件故障", "technical", operational=True),
    _class("cyber_attack", "Cyber attack", "网络攻击", "technical", "data legal command"),
    _class(
        "natural_disaster",
        "Natural disaster",
        "自然灾害",
        "command",
        "technical business",
        outage=True,
        operational=True,
    ),
    _class("compliance_privacy_risk", "Compliance or privacy risk", "合规与隐私风险", "legal", "data"),
    _class(
        "third_party_outage",
        "Third-party outage",
        "第三方依赖中断",
        "technical",
        "business legal",
        outage=True,
        operational=True,
    ),
    _class(OTHER, "Other", "其他", "technical", operational=True),
)

CLASSES: Mapping[str, IncidentClass] = MappingProxyType({entry.name: entry for entry in _SHIPPED})

TESTED_AT: Millis = parse_time("2026-01-01T00:00:00Z")
"""When the alert of a test is received, if the test does not say."""
