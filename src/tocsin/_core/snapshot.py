"""An incident as clients see it: one shape for notices, lists and answers."""

from __future__ import annotations

from typing import Any

from tocsin._core.incident import Incident
from tocsin._core.times import SECOND, Millis, format_time


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
        "vendor": incident.decision.vendor,
        "location": incident.decision.location,
        "started_at": format_time(incident.started_at),
        "rule": incident.decision.rule,
        "acknowledged_by": None,
        "rto": {
            "target_seconds": incident.rto // SECOND,
            "deadline": format_time(incident.rto_deadline),
            "consumed_ratio": round(incident.rto_consumed(now), 4),
        },
        "alerts": {"firing": incident.firing, "total": incident.total},
    }
    if incident.decision.subtype:
        fields["subtype"] = incident.decision.subtype
    for name in ("cleared_at", "restored_at", "closed_at"):
        at = getattr(incident, name)
        if at is not None:
            fields[name] = format_time(at)
    if incident.cleared_at is not None:
        fields["cleared_reason"] = incident.cleared_reason
    if incident.outcome:
        fields["outcome"] = incident.outcome
    if incident.follows:
        fields["follows"] = incident.follows
    if incident.truncated:
        fields["truncated_alerts"] = incident.truncated
    if incident.drill:
        fields["drill"] = True
    return fields
