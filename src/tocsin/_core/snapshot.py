"""An incident and a decision as clients see them: one shape each for notices, lists and answers."""

from __future__ import annotations

from typing import Any

from tocsin._core.incident import Incident
from tocsin._core.model import Classification
from tocsin._core.times import SECOND, Millis, format_time
from tocsin._core.why import Tried, Why
from tocsin._core.written import recorded

_WORDS = (
    *("outcome", "follows", "merged_into", "declared_by", "description"),
    *("assigned_to", "contained_by", "restored_by"),
)
_STEPS = ("acknowledged", "contained", "cleared", "restored", "closed")


def snapshot(incident: Incident, now: Millis) -> dict[str, Any]:
    """The fields of a notice's ``incident``, JSON-ready; ``title`` is still in both languages."""
    fields: dict[str, Any] = {
        "id": incident.id,
        "revision": incident.revision,
        "key": incident.key_text,
        "class": incident.class_,
        "secondary_classes": list(incident.secondary_classes),
        "tier": incident.tier.value,
        "state": incident.state,
        "signals": incident.signals,
        "title": {"en": incident.title.en, "zh": incident.title.zh},
        "services": list(incident.services),
        "environment": incident.decision.environment,
        "vendor": incident.vendor,
        "location": incident.decision.location,
        "started_at": format_time(incident.started_at),
        "rule": incident.decision.rule,
        "acknowledged_by": incident.acknowledged_by or None,
        "rto": {
            "target_seconds": incident.rto // SECOND,
            "deadline": format_time(incident.rto_deadline),
            "consumed_ratio": round(incident.rto_consumed(now), 4),
        },
        "alerts": {"firing": incident.firing, "total": incident.total},
    }
    if incident.subtype:
        fields["subtype"] = incident.subtype
    if incident.cleared_at is not None:
        fields["cleared_reason"] = incident.cleared_reason
    for name in (
        "outcome",
        "follows",
        "merged_into",
        "declared_by",
        "description",
        "assigned_to",
        "contained_by",
        "restored_by",
    ):
        if value := getattr(incident, name):
            fields[name] = value
    for name in ("still_broken", "drill"):
        if getattr(incident, name):
            fields[name] = True
    if incident.untold:
        fields["untold"] = list(incident.untold)
    if incident.truncated:
        fields["truncated_alerts"] = incident.truncated
    return {**fields, **_times(incident), **recorded(incident)}


def _times(incident: Incident) -> dict[str, Any]:
    """The times that are known."""
    times = {
        "next_update_due": incident.update_due,
        "snoozed_until": incident.snoozed_until,
        "sla_deadline": incident.sla_deadline,
        **{f"{step}_at": getattr(incident, f"{step}_at") for step in _STEPS},
    }
    return {name: format_time(at) for name, at in times.items() if at is not None}


def decided_item(decision: Classification) -> dict[str, Any]:
    """What a classification says, JSON-ready, without its reasons."""
    item: dict[str, Any] = {
        "rule": decision.rule,
        "class": decision.class_,
        "tier": decision.tier.value,
        "impact": decision.impact,
        "importance": decision.importance,
        "outage": decision.outage,
        "rto_seconds": decision.rto // SECOND,
        "wait_seconds": decision.wait / SECOND,
        "service": decision.service,
        "environment": decision.environment,
        "location": decision.location,
        "vendor": decision.vendor,
        "title": {"en": decision.title.en, "zh": decision.title.zh},
        "incident_key": decision.key_text,
        "drill": decision.drill,
    }
    if decision.links:
        item["links"] = dict(decision.links)
    if decision.subtype:
        item["subtype"] = decision.subtype
    return item


def why_item(why: Why) -> dict[str, Any]:
    """The reasons for a decision, JSON-ready. ``tried_left_out`` counts rules tried that were not kept."""
    item: dict[str, Any] = {
        "groups": list(why.groups),
        "channels": list(why.channels),
        "reasons": list(why.reasons),
        "tried": [_tried_item(each) for each in why.tried],
        "plan": why.plan,
    }
    if why.left_out:
        item["tried_left_out"] = why.left_out
    return item


def _tried_item(tried: Tried) -> dict[str, Any]:
    item: dict[str, Any] = {"rule": tried.rule, "place": tried.place, "matched": tried.matched}
    if tried.matched:
        return {**item, "note": tried.note}
    return {**item, "failed": tried.failed, "saw": tried.saw}
