"""Notices of every event, as a plan's templates are tried on before they are in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from tocsin._core.incident import AlertRecord, Change, Delivery, Incident, Notice
from tocsin._core.model import Classification, Text, Tier
from tocsin._core.record import ChangeRecord, Estimate, Progress, Record, VendorTerms
from tocsin._core.snapshot import snapshot
from tocsin._core.times import HOUR, MINUTE, Millis, parse_time

_START: Millis = parse_time("2026-12-05T01:00:00Z")
_NOW = _START + 95 * MINUTE
_ALL = ("command", "technical", "business", "legal", "data")

_DECISION = Classification(
    rule="payment-gateway-down",
    class_="critical_function_outage",
    tier=Tier.HIGH,
    impact="wide",
    importance="core",
    outage=True,
    operational=True,
    rto=2 * HOUR,
    wait=0,
    title=Text("Payment gateway down", "支付网关中断"),
    key=(("subject", "payments"),),
    service="payments",
    environment="prod",
    location="cn-east-1",
    vendor="acme",
)

_BARE = Incident(
    id="INC-261205-7K2M9P",
    key="k1",
    key_text="subject=payments environment=prod location=cn-east-1",
    revision=3,
    class_="critical_function_outage",
    tier=Tier.HIGH,
    title=_DECISION.title,
    decision=replace(_DECISION, service="", environment="", location="", vendor=""),
    rto=2 * HOUR,
    started_at=_START,
    first_at=_START,
    announce_at=_START,
)

_WHOLE = replace(
    _BARE,
    state="acknowledged",
    services=("payments", "orders"),
    decision=_DECISION,
    firing=3,
    total=5,
    acknowledged_by="zhang.wei",
    acknowledged_at=_START + 4 * MINUTE,
    assigned_to="zhang.wei",
    subtype="gateway",
    secondary_classes=("third_party_outage",),
    record=Record(
        location="cn-east-1",
        impact_scope="wide",
        known_cause="The certificate of pay-gw-1.internal has run out",
        interim_measures="Traffic goes by the second gateway",
        datasets=("orders",),
        business_lines=("checkout",),
        customer_groups=("merchants",),
        direct_impact="Payments fail at checkout",
        measures_planned=("Renew the certificate",),
    ),
    sla_limit=3 * HOUR,
    update_due=_NOW + 20 * MINUTE,
    eta=Estimate(at=_START + 150 * MINUTE, by="zhang.wei", said_at=_NOW),
    progress=Progress(
        at=_NOW - 10 * MINUTE,
        by="zhang.wei",
        goal="Half of the traffic by 11:00",
        progress="The second gateway takes payments; 10.1.2.3 is out",
        risks="It may not hold the evening",
        next_step="Renew the certificate",
    ),
    changes=(ChangeRecord(number=1, at=_NOW, by="li.na", what="Restart pay-gw-1.internal", rollback_plan="none"),),
    vendor_terms=VendorTerms(
        vendor="acme", contract="C-2026-014", acknowledge_by=_START + 15 * MINUTE, restore_by=_START + 4 * HOUR
    ),
    restored_at=None,
)

_BACKGROUND: Mapping[str, Any] = {
    "impact": "wide",
    "told": list(_ALL),
    "acknowledged": {"by": "zhang.wei", "group": "technical"},
    "acknowledgements": [{"group": "technical", "by": "zhang.wei"}],
    "class_title": {"en": "Critical function outage", "zh": "关键功能中断"},
    "vendor_title": {"en": "Acme Outsourcing", "zh": "埃克美外包"},
    "contract": "C-2026-014",
    "business_lines": ["checkout"],
    "customer_groups": ["merchants"],
    "datasets": ["orders"],
    "plan_links": {"runbook": "https://wiki.example/gateway"},
}

_BY = {"by": "zhang.wei"}
_WHY = {**_BY, "reason": "As the duty manager asked"}
_UPDATE = {
    **_BY, "goal": "Half of the traffic by 11:00", "progress": "The second gateway takes payments",
    "risks": "It may not hold the evening", "next_step": "Renew the certificate", "eta": "2026-12-05T03:30:00Z",
}  # fmt: skip
_CHANGE = {
    **_BY, "action": "change", "number": 1, "what": "Restart the first gateway", "rollback_plan": "Start it again",
    "tested": True, "missing": ["approver"],
}  # fmt: skip

_CASES: Mapping[str, tuple[tuple[str, Mapping[str, Any]], ...]] = {
    "opened": (("", {}),),
    "alerts_added": (("", {}),),
    "tier_raised": (("worse_alert", {}), ("sla_limit", {}), ("person", _WHY)),
    "tier_lowered": (("", _WHY),),
    "reclassified": (("", _WHY),),
    "cleared": (("resolved", {}), ("not_seen", {})),
    "reopened": (("", {}), ("", {**_BY, "note": "Payments still fail"})),
    "restored": (("", {**_BY, "note": "Checked with two merchants"}),),
    "closed": (("recovered", _WHY), ("unconfirmed", {}), ("transient", {})),
    "merged": (("", {**_WHY, "into": "INC-261205-ABCDEF"}),),
    "false_alarm": (("", _WHY),),
    "stale": (("", {}),),
    "untold": (("", {"groups": ["legal", "data"], "event": "opened"}),),
    "acknowledged": (("", {**_BY, "group": "technical"}),),
    "assigned": (("", {**_BY, "to": "li.na"}),),
    "contained": (("", {**_BY, "note": "Only one gateway is hit"}),),
    "noted": (
        ("", {**_BY, "text": "The vendor was called on pay-gw-1.internal:9100"}),
        ("", {**_WHY, "action": "snooze", "until": "2026-12-05T03:00:00Z"}),
        ("", _CHANGE),
        ("", {**_BY, "action": "still_broken", "note": "Payments still fail"}),
        ("", {**_BY, "action": "vendor_acknowledge", "vendor": "acme", "who": "Duty engineer"}),
        ("", {**_BY, "action": "add_service", "service": "orders"}),
        ("", {**_BY, "action": "close", "refused": True}),
    ),
    "updated": (("", _UPDATE),),
    "update_due": (("", {}),),
    "rto_warning": (("75", {}),),
    "rto_missed": (("", {}),),
    "eta_late": (("", {**_BY, "eta": "2026-12-05T03:30:00Z"}),),
    "escalated": (
        ("unacknowledged", {"stages": ["unacknowledged"]}),
        ("vendor_unacknowledged", {"stages": ["vendor_unacknowledged"]}),
        ("vendor_overdue", {"stages": ["vendor_overdue"]}),
        ("three-quarters", {"stages": ["page-again", "three-quarters"]}),
    ),
}
_CLOSED = ("closed", "merged", "false_alarm")
_CHANGES = {
    "tier_raised": (Change("tier", "medium", "high"),),
    "tier_lowered": (Change("tier", "high", "medium"),),
    "reclassified": (Change("class", "hw_sw_fault", "critical_function_outage"), Change("vendor", "other", "acme")),
}


def samples(event: str) -> Iterator[Notice]:
    """Notices of an event: one in which nothing is known that need not be, and in each case one that is whole."""
    for reason, said in _CASES[event]:
        yield _notice(event, reason, said, _BARE, {})
        yield _notice(event, reason, said, _WHOLE, _BACKGROUND)


def delivery(group: str, language: str, *, details: str) -> Delivery:
    """The delivery of a sample to a group."""
    return Delivery(
        id="d-1",
        notice="n-1",
        incident=_BARE.id,
        key="k1",
        sequence=1,
        event="opened",
        tier=Tier.HIGH,
        channel="c",
        group=group,
        groups=(group,),
        language=language,
        timezone="Asia/Shanghai",
        details=details,
        created_at=_NOW,
        since=_NOW,
        due=_NOW,
    )


def _notice(event: str, reason: str, said: Mapping[str, Any], incident: Incident, more: Mapping[str, Any]) -> Notice:
    if event in _CLOSED:
        outcome: Any = reason or event
        incident = replace(incident, state="closed", outcome=outcome, closed_at=_NOW, restored_at=_NOW)
    if event == "restored":
        incident = replace(incident, state="restored", restored_at=_NOW)
    if event in ("cleared", "restored", *_CLOSED):
        incident = replace(incident, cleared_at=_NOW, cleared_reason="resolved", firing=0)
    if event == "tier_lowered":
        incident = replace(incident, tier=Tier.MEDIUM)
    if event == "contained":
        incident = replace(incident, state="contained", contained_at=_NOW)
    if event == "opened":
        incident = replace(incident, state="open", acknowledged_by="", assigned_to="")
    now = _START + 3 * HOUR if event in ("rto_missed", "update_due") else _NOW
    return Notice(
        id="n-1",
        incident_id=incident.id,
        key="k1",
        sequence=3,
        event=event,
        at=now,
        reason=reason,
        changes=_CHANGES.get(event, ()),
        groups=_ALL,
        asks={"technical": ("acknowledge",)} if event in ("opened", "escalated") else {},
        tier=incident.tier,
        incident={**snapshot(incident, now), **more},
        alerts=tuple(_alert(number) for number in (2, 1, 0)) if more else (),
        said=dict(said),
        vendor="acme",
        scope=_scope({**snapshot(incident, now), **more}),
        accepted_at=now,
    )


def _scope(shown: Mapping[str, Any]) -> dict[str, Any]:
    """The part of the vendor in a notice's facts."""
    own = (
        *("id", "revision", "class", "class_title", "tier", "state", "title", "outcome", "started_at", "restored_at"),
        *("vendor_title", "vendor_terms"),
    )
    scope = {name: shown[name] for name in own if name in shown}
    return {**scope, "services": shown["services"][:1], "vendor": "acme", "contract": shown.get("contract", "")}


def _alert(number: int) -> AlertRecord:
    return AlertRecord(
        identity=f"id-{number}",
        source="prometheus",
        labels={"alertname": "PaymentGatewayDown", "instance": f"pay-gw-{number}.internal:9100", "namespace": "pay"},
        annotations={"summary": "The gateway refuses connections", "dashboard_url": "https://grafana.example/d/pay"},
        generator_url="",
        starts_at=_START,
    )
