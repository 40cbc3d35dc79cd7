"""Stored values as the API answers them. Pure."""

from __future__ import annotations

from typing import Any

from tocsin._core.incident import Delivery, Incident
from tocsin._core.plan import GROUPS
from tocsin._core.snapshot import decided_item, snapshot, why_item
from tocsin._core.timeline import entry_item
from tocsin._core.times import Millis, format_time
from tocsin._core.why import Why
from tocsin._store.whole import Whole


def incident_item(incident: Incident, language: str, now: Millis) -> dict[str, Any]:
    """An incident as a list shows it: the fields of a notice's ``incident``, who acknowledged it, and the head of its
    timeline's chain."""
    item = {**snapshot(incident, now), "title": incident.title.in_(language)}
    item["chain"] = chain_item(incident)
    if incident.acknowledgements:
        item["acknowledgements"] = [
            {"group": given.group, "by": given.by, "at": format_time(given.at)} for given in incident.acknowledgements
        ]
    return item


def chain_item(incident: Incident) -> dict[str, Any]:
    """Where the chain of an incident's timeline ends."""
    return {"entries": incident.timeline_entries, "hash": incident.timeline_hash}


def whole_item(whole: Whole, language: str, now: Millis) -> dict[str, Any]:
    """One incident with its timeline, its deliveries and why it is as it is; of a compacted one, what was kept."""
    item = incident_item(whole.incident, language, now)
    item["timeline"] = [entry_item(entry) for entry in whole.timeline]
    item["deliveries"] = [delivery_item(delivery) for delivery in whole.deliveries]
    if whole.deliveries_left_out:
        item["deliveries_left_out"] = whole.deliveries_left_out
    if whole.archived_in:
        item["archived_in"] = whole.archived_in
    item["decision"] = decision_item(whole)
    return item


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
    if delivery.vendor:
        item["vendor"] = delivery.vendor
    if delivery.fallback:
        item["fallback"] = True
    if delivery.state == "waiting":
        item["due"] = format_time(delivery.due)
    if dropped := delivery.dropped:
        item["dropped"] = {"at": format_time(dropped.at), "by": dropped.by, "reason": dropped.reason}
        item["dropped"] |= {"via": dropped.via, "verified": dropped.verified}
    return item


def decision_item(whole: Whole) -> dict[str, Any]:
    """Why the incident is as it is: the explanation that was kept of the alert that graded it, with what has become of
    it since: whom it was told to, on which channels, and later changes of its recovery time."""
    incident = whole.incident
    made = incident.decision
    item = {**decided_item(made), "dropped": None, **why_item(whole.why or Why(plan=made.plan))}
    item["reasons"] += [reason for reason in made.reasons if reason not in item["reasons"]]
    item["incident_key"] = incident.key_text
    told = [group for group in GROUPS if group in incident.told]
    if told:
        item["groups"] = told
        item["channels"] = sorted({delivery.channel for delivery in whole.deliveries})
    return item
