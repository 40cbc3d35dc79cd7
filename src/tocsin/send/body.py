"""A notice and one of its deliveries → the message to send. Pure: the same on every try.

``Notice.incident`` is the one snapshot behind all bodies. Besides what clients see it may hold facts for the texts
(``class_title``, ``vendor_title``, ``contract``, …); those stay out of the body. Groups whose details are a
summary get no alerts, no incident key, no host names and no annotations; a vendor gets its own part of the incident.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from tocsin._core.incident import AlertRecord, Delivery, Notice
from tocsin._core.message import Link, Mention, Message
from tocsin._core.times import format_time
from tocsin.send.facts import Facts
from tocsin.send.known import shown_links
from tocsin.send.text import SHIPPED, Failed, Writer, facts_of, unheard
from tocsin.send.texts import Texts

VERSION = "1"
"""Of the body: changes only when a field is removed or changes its meaning."""

MOST_ALERTS = 20

_INCIDENT_FIELDS = (
    "id", "revision", "key", "class", "secondary_classes", "tier", "state", "signals", "title", "services",
    "environment", "vendor", "location", "started_at", "rule", "acknowledged_by", "next_update_due", "rto", "alerts",
    "follows", "outcome",
)  # fmt: skip

_VENDOR_FIELDS = ("contract", "restored_at")
"""What a vendor's body has beside those, and what its contract promises."""

_FNV_OFFSET = 0xCBF29CE484222325
_FNV_PRIME = 0x100000001B3
_FNV_MASK = 0xFFFFFFFFFFFFFFFF


def render(
    notice: Notice,
    delivery: Delivery,
    *,
    external_url: str,
    respond: str = "",
    texts: Texts = SHIPPED,
    failed: Failed = unheard,
    mentions: tuple[Mention, ...] = (),
) -> Message:
    """The message of this delivery. ``external_url`` is where people reach Tocsin, and ``respond`` where they answer
    it, ``""`` where that is not known. ``texts`` are the plan's own; ``failed`` is told of one of them that failed.
    ``mentions`` are the people whom it calls by name."""
    facts = facts_of(notice, delivery, external_url=external_url, respond=respond)
    writer = Writer(facts, texts, failed=failed)
    subject, text = writer.subject(), writer.text()
    notice = facts.notice
    return Message(
        id=delivery.id,
        event=notice.event,
        group=delivery.group,
        incident=notice.incident_id,
        subject=subject,
        text=text,
        body=_body(facts, subject, text),
        plain=_without(text, facts.links.values()),
        mentions=mentions,
        links=tuple(Link(**link) for link in shown_links(facts)),
    )


def _body(facts: Facts, subject: str, text: str) -> dict[str, Any]:
    notice, delivery = facts.notice, facts.delivery
    full = delivery.details == "full"
    alerts = notice.alerts[:MOST_ALERTS] if full else ()
    return {
        "version": VERSION,
        "id": delivery.id,
        "notice": notice.id,
        "sequence": notice.sequence,
        "event": notice.event,
        "at": format_time(notice.at),
        "group": delivery.group,
        **({"groups": list(delivery.groups)} if len(delivery.groups) > 1 else {}),
        **({"mention": list(delivery.mention)} if delivery.mention else {}),
        "language": delivery.language,
        "subject": subject,
        "text": text,
        "drill": notice.drill,
        "unconfirmed": False,
        "delayed": False,
        "reason": notice.reason,
        "changes": [{"field": change.field, "from": change.from_, "to": change.to} for change in notice.changes],
        "asks": list(facts.asks),
        "incident": _incident(facts, full=full),
        "alerts": [_alert(alert) for alert in alerts],
        "truncated_alerts": notice.truncated_alerts + max(0, len(notice.alerts) - MOST_ALERTS),
        "links": facts.links,
    }


def _without(text: str, addresses: Iterable[str]) -> str:
    """The text without the lines that end in one of these addresses."""
    ends = tuple(addresses)
    return "\n".join(line for line in text.split("\n") if not ends or not line.endswith(ends)).rstrip("\n")


def _incident(facts: Facts, *, full: bool) -> dict[str, Any]:
    incident = facts.incident
    shown = {name: incident[name] for name in _INCIDENT_FIELDS if name in incident}
    shown["title"] = facts.title
    if facts.is_vendors:
        own = {name: incident[name] for name in _VENDOR_FIELDS if name in incident}
        return {**shown, **own, **incident.get("vendor_terms", {})}
    if not full:
        shown.pop("key", None)
    return shown


def _alert(alert: AlertRecord) -> dict[str, Any]:
    ends_at = None if alert.firing or alert.ends_at is None else format_time(alert.ends_at)
    return {
        "labels": alert.labels,
        "annotations": alert.annotations,
        "status": "firing" if alert.firing else "resolved",
        **({"starts_at": format_time(alert.starts_at)} if alert.starts_at is not None else {}),
        "ends_at": ends_at,
        "generator_url": alert.generator_url,
        "fingerprint": fingerprint(alert.labels),
    }


def fingerprint(labels: Mapping[str, str]) -> str:
    """Alertmanager's fingerprint: FNV-1a, 64 bits, over the labels sorted by name; 16 hexadecimal digits."""
    return _fingerprint(tuple(sorted(labels.items())))


@lru_cache(maxsize=4096)
def _fingerprint(labels: tuple[tuple[str, str], ...]) -> str:
    """A byte at a time is slow here, and one alert goes to five groups and is in many notices."""
    value = _FNV_OFFSET
    for text in (text for label in labels for text in label):
        for byte in (*text.encode("utf-8", "surrogatepass"), 0xFF):
            value = ((value ^ byte) * _FNV_PRIME) & _FNV_MASK
    return f"{value:016x}"
