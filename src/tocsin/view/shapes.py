"""Stored values as the API answers them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tocsin._core.incident import Delivery, Incident, TimelineEntry
from tocsin._core.plan import GROUPS
from tocsin._core.snapshot import snapshot
from tocsin._core.times import SECOND, Millis, format_time


def incident_item(incident: Incident, language: str, now: Millis) -> dict[str, Any]:
    """An incident as a list shows it: the fields of a notice's ``incident``."""
    return {**snapshot(incident, now), "title": incident.title.in_(language)}


def delivery_item(delivery: Delivery) -> dict[str, Any]:
    """A delivery with its attempts; ``due`` only while it waits."""
    item: dict[str, Any] = {
        "id": delivery.id,
        "notice": delivery.notice,
        "incident": delivery.incident,
        "event": delivery.event,
        "group": delivery.group,
        "channel": delivery.channel,
        "state": delivery.state,
        "attempts": [
            {"at": format_time(attempt.at), "result": attempt.result, "error": attempt.error}
            if attempt.error
            else {"at": format_time(attempt.at), "result": attempt.result}
            for attempt in delivery.attempts
        ],
        "created_at": format_time(delivery.created_at),
    }
    if len(delivery.groups) > 1:
        item["groups"] = list(delivery.groups)
    if delivery.fallback:
        item["fallback"] = True
    if delivery.state == "waiting":
        item["due"] = format_time(delivery.due)
    return item


def timeline_item(entry: TimelineEntry) -> dict[str, Any]:
    """One step of the record: when, who, what."""
    item: dict[str, Any] = {"at": format_time(entry.at), "actor": entry.actor, "action": entry.action}
    if entry.detail:
        item["detail"] = entry.detail
    return item


def decision_item(incident: Incident, deliveries: Sequence[Delivery]) -> dict[str, Any]:
    """Why the incident is as it is: the decision about the alert that graded it."""
    made = incident.decision
    item: dict[str, Any] = {
        "rule": made.rule,
        "class": made.class_,
        "tier": made.tier.value,
        "impact": made.impact,
        "importance": made.importance,
        "outage": made.outage,
        "rto_seconds": made.rto // SECOND,
        "service": made.service,
        "environment": made.environment,
        "location": made.location,
        "vendor": made.vendor,
        "incident_key": incident.key_text,
        "groups": [group for group in GROUPS if group in incident.told],
        "channels": sorted({delivery.channel for delivery in deliveries}),
        "reasons": list(made.reasons),
        "plan": made.plan,
    }
    if made.subtype:
        item["subtype"] = made.subtype
    return item
