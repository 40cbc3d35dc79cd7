"""An incident, its notices and their deliveries, as the steps before sending make them."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec

from tocsin._core.incident import AlertRecord, Delivery, Notice
from tocsin._core.message import Message
from tocsin._core.model import Classification, Text, Tier
from tocsin._core.times import HOUR, MINUTE, Millis, format_time, parse_time
from tocsin.send.body import render

START: Millis = parse_time("2026-12-05T01:00:00Z")

INCIDENT: dict[str, Any] = {
    "id": "INC-261205-7K2M9P",
    "revision": 3,
    "key": "subject=payments environment=prod location=cn-east-1",
    "class": "critical_function_outage",
    "class_title": {"en": "Critical function outage", "zh": "关键功能中断"},
    "secondary_classes": [],
    "tier": "high",
    "state": "open",
    "signals": "firing",
    "title": {"en": "Payment gateway down", "zh": "支付网关中断"},
    "services": ["payments"],
    "environment": "prod",
    "vendor": "acme",
    "location": "cn-east-1",
    "started_at": "2026-12-05T01:00:00.000Z",
    "rule": "payment-gateway-down",
    "acknowledged_by": None,
    "rto": {"target_seconds": 7200, "deadline": "2026-12-05T03:00:00.000Z", "consumed_ratio": 0.0171},
    "alerts": {"firing": 3, "total": 5},
    "vendor_title": {"en": "Acme Outsourcing", "zh": "埃克美外包"},
    "contract": "C-2026-014",
    "business_lines": ["checkout"],
    "customer_groups": ["merchants"],
    "datasets": ["orders"],
    "impact": "wide",
}

SCOPE: dict[str, Any] = {
    "id": "INC-261205-7K2M9P",
    "revision": 3,
    "class": "critical_function_outage",
    "class_title": {"en": "Critical function outage", "zh": "关键功能中断"},
    "tier": "high",
    "state": "open",
    "title": {"en": "Payment gateway down", "zh": "支付网关中断"},
    "services": ["payments"],
    "vendor": "acme",
    "vendor_title": {"en": "Acme Outsourcing", "zh": "埃克美外包"},
    "started_at": format_time(START),
    "contract": "C-2026-014",
    "vendor_terms": {"acknowledge_by": format_time(START + 15 * MINUTE), "restore_by": format_time(START + 4 * HOUR)},
}
"""The part of the vendor in the incident."""

ONLY_FOR_TEXTS = {
    "class_title", "vendor_title", "contract", "business_lines", "customer_groups", "datasets", "impact",
}  # fmt: skip

DECISION = Classification(
    rule="payment-gateway-down",
    class_="critical_function_outage",
    tier=Tier.HIGH,
    impact="wide",
    importance="core",
    outage=True,
    operational=True,
    rto=120 * MINUTE,
    wait=0,
    title=Text("Payment gateway down", "支付网关中断"),
    key=(("subject", "payments"),),
)


def alert(number: int = 0, **changes: Any) -> AlertRecord:
    """The alert of one gateway of many."""
    record = AlertRecord(
        identity=f"id-{number}",
        source="prometheus",
        labels={
            "alertname": "PaymentGatewayDown",
            "instance": f"pay-gw-{number}.internal:9100",
            "namespace": "pay",
            "service": "payments",
        },
        annotations={
            "summary": "The gateway refuses connections",
            "runbook_url": "https://wiki.example/gateway",
            "dashboard_url": "https://grafana.example/d/pay",
        },
        generator_url="http://prometheus.example/graph?g0.expr=up",
        starts_at=START,
    )
    return msgspec.structs.replace(record, **changes)


def notice(event: str = "opened", incident: dict[str, Any] | None = None, **changes: Any) -> Notice:
    """A notice of the incident, two minutes after its start."""
    made = Notice(
        id="inc-261205-7k2m9p-1",
        incident_id="INC-261205-7K2M9P",
        key="k1",
        sequence=1,
        event=event,
        at=START + 2 * MINUTE,
        groups=("command", "technical", "business", "legal", "data"),
        tier=Tier.HIGH,
        incident=INCIDENT | (incident or {}),
        alerts=(alert(2), alert(1), alert(0)),
        accepted_at=START + 2 * MINUTE - 10,
    )
    return msgspec.structs.replace(made, **changes)


def delivery(group: str = "technical", **changes: Any) -> Delivery:
    """The delivery of that notice to one group, as the plan has it by default."""
    made = Delivery(
        id="inc-261205-7k2m9p-1-0123456789ab",
        notice="inc-261205-7k2m9p-1",
        incident="INC-261205-7K2M9P",
        key="k1",
        sequence=1,
        event="opened",
        tier=Tier.HIGH,
        channel=f"{group}-hook",
        group=group,
        groups=(group,),
        language="en",
        timezone="Asia/Shanghai",
        details="summary" if group in ("business", "legal") else "full",
        created_at=START,
        since=START,
        due=START,
    )
    return msgspec.structs.replace(made, **changes)


def message(**changes: Any) -> Message:
    """The rendered delivery to the technical group."""
    return render(notice(**changes), delivery(), external_url="https://tocsin.example")


def vendor_message(event: str = "opened", **changes: Any) -> Message:
    """The rendered delivery to the incident's vendor: of its own part, which has no recovery time, alerts or links."""
    made = notice(event, vendor="acme", scope=SCOPE, **changes)
    to = delivery("vendor", vendor="acme", lane="vendor", details="vendor")
    return render(made, to, external_url="https://tocsin.example")


def alone(event: str = "digest", **changes: Any) -> Message:
    """A message that is about no one incident."""
    subject, text = f"Tocsin: {event}", "Two incidents go on."
    body = {"id": "alone-1", "event": event, "group": "command", "language": "en", "subject": subject, "text": text}
    made = Message(
        id="alone-1", event=event, group="command", incident="", subject=subject, text=text, plain=text,
        body={**body, "at": "2026-12-05T01:02:00.000Z", "links": {}},
    )  # fmt: skip
    return dataclasses.replace(made, **changes)
