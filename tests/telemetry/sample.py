"""A plan, incidents and figures for the tests of step 8."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from tocsin._core.incident import Incident
from tocsin._core.model import Classification, Text, Tier
from tocsin._core.plan import Channel, Group, IncidentClass, IncidentSettings, Plan, Rule, Service, TierPolicy, Vendor
from tocsin._core.secret import Secret
from tocsin._core.source import Source
from tocsin._core.times import HOUR, MINUTE
from tocsin._core.watch import Heartbeat, Stage
from tocsin._store.coverage import Coverage, Matches
from tocsin.telemetry.figures import StoreFigures
from tocsin.telemetry.known import RECOVERY_BOUNDS

NOW = 1_780_000_000_000

DECISION = Classification(
    rule="gateway",
    class_="hw_sw_fault",
    tier=Tier.HIGH,
    impact="wide",
    importance="core",
    outage=True,
    operational=True,
    rto=4 * HOUR,
    wait=0,
    title=Text("Down", "中断"),
    service='pay"ments\n支付',
    environment="prod",
    location="bj",
    vendor="acme",
    key=(("subject", "payments"),),
)


def plan(rules: tuple[str, ...] = ("gateway",), hash_: str = "abc123") -> Plan:
    """A small plan with these rules."""
    title = Text("t", "t")
    return Plan(
        hash=hash_,
        language="en",
        timezone=ZoneInfo("UTC"),
        external_url="",
        tiers={tier: TierPolicy(rto=HOUR, wait=0, tell="all") for tier in Tier},
        matrix={},
        groups={name: Group(name=name, title=title, channels=("hook",)) for name in ("command", "technical")},
        channels={
            "hook": Channel(name="hook", type="webhook"),
            "pager": Channel(name="pager", type="pagerduty", settings={"webhook_secret": Secret("s")}),
        },
        services={"payments": Service(name="payments")},
        vendors={"acme": Vendor(name="acme", title=title)},
        classes={name: IncidentClass(name=name, title=title) for name in ("hw_sw_fault", "other")},
        environments={},
        sources={name: Source(name=name, type=name) for name in ("prometheus", "alertmanager")},
        labels={},
        incidents=IncidentSettings(),
        rules=tuple(Rule(name=name, place="a.yaml:1") for name in rules),
        tokens={},
        escalation={tier: (Stage(name="unacknowledged", after=MINUTE, tell=("command",)),) for tier in Tier},
        heartbeats={
            "watchdog": Heartbeat(name="watchdog", match=(), every=5 * MINUTE, class_="hw_sw_fault", tier=Tier.HIGH)
        },
    )


def incident(number: int = 1, **changes: Any) -> Incident:
    """An open incident, half an hour into its four hours."""
    made = Incident(
        id=f"INC-261205-{number:06}",
        key="k",
        key_text="subject=payments",
        class_="hw_sw_fault",
        tier=Tier.HIGH,
        title=Text("Down", "中断"),
        decision=DECISION,
        rto=4 * HOUR,
        firing=1,
        total=1,
        started_at=NOW - 30 * MINUTE,
        first_at=NOW,
        announce_at=NOW,
    )
    return msgspec.structs.replace(made, **changes)


def figures(**changes: Any) -> StoreFigures:
    """What a store may report."""
    values: dict[str, Any] = {
        "now": NOW,
        "notices": {("command", "opened"): 3.0},
        "escalations": {("high", "unacknowledged"): 2.0},
        "queued": {("hook",): 2.0},
        "dead": {("gone",): 1.0},
        "last_success": {("hook",): float(NOW)},
        "opened": {("hw_sw_fault", "high"): 4.0},
        "closed": {("hw_sw_fault", "high", "recovered"): 3.0},
        "service_opened": {("payments", "high"): 4.0},
        "rto": {("hw_sw_fault", "high", "met"): 2.0},
        "vendor_rto": {("acme", "met"): 2.0},
        "durations": {
            "recover": {("hw_sw_fault", "high", bound): 1.0 for bound in RECOVERY_BOUNDS[2:]},
            "recover_sum": {("hw_sw_fault", "high"): 600.0},
            "vendor_acknowledge": {("acme", bound): 1.0 for bound in RECOVERY_BOUNDS[1:]},
            "vendor_acknowledge_sum": {("acme",): 240.0},
        },
        "heard": {"watchdog": NOW - MINUTE, "gone": NOW},
        "archived": 7.0,
        "dropped": 0.0,
        "coverage": Coverage(since=NOW - HOUR, alerts=5, unclassified=1, rules={"gateway": Matches(4, NOW - MINUTE)}),
        "incidents": [incident()],
        "keys_set_aside": 0,
    }
    return StoreFigures(**(values | changes))
