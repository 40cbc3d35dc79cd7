"""What people have put on record of an incident, as clients see it: one shape for notices, lists and answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tocsin._core.incident import Incident
from tocsin._core.record import ChangeRecord, Estimate, VendorTerms
from tocsin._core.times import Millis, format_time

FIRST_RECORD = ("location", "affected_business", "impact_scope", "known_cause", "interim_measures")
"""The fields of the first record beside the times. One that nobody knows yet is an empty text, or list."""


def recorded(incident: Incident) -> dict[str, Any]:
    """The first record, whole; the assessment, as far as there is one; the last update, changes and the vendor."""
    record = incident.record
    fields = msgspec.to_builtins(record)
    first = {name: fields.get(name, [] if name == "affected_business" else "") for name in FIRST_RECORD}
    shown: dict[str, Any] = {
        "record": {
            "occurred_at": format_time(incident.started_at),
            "detected_at": format_time(incident.first_at),
            **first,
            "completeness": round(record.completeness, 2),
        },
        "responsible_party": record.responsible_party,
    }
    found = {name: value for name, value in fields.items() if name not in FIRST_RECORD and name != "responsible_party"}
    if found:
        shown["assessment"] = found
    if incident.eta is not None:
        shown["eta"] = _eta(incident.eta, incident.rto_deadline)
    if incident.progress is not None:
        shown["update"] = _with_times(msgspec.to_builtins(incident.progress))
    if incident.changes:
        shown["changes"] = [_change(change) for change in incident.changes]
    if incident.vendor_terms is not None:
        shown["vendor_terms"] = _terms(incident.vendor_terms)
    return shown


def _eta(eta: Estimate, deadline: Millis) -> dict[str, Any]:
    late = {"late": True} if eta.at > deadline else {}
    return {"at": format_time(eta.at), "by": eta.by, "said_at": format_time(eta.said_at), **late}


def _change(change: ChangeRecord) -> dict[str, Any]:
    """A change; ``missing`` is the red flag: what it must have and has not."""
    fields = _with_times(msgspec.to_builtins(change))
    return {**fields, "missing": list(change.flags)} if change.flags else fields


def _terms(terms: VendorTerms) -> dict[str, Any]:
    times = ("acknowledge_by", "restore_by", "acknowledged_at", "restored_at")
    fields = msgspec.to_builtins(terms)
    return {name: format_time(value) if name in times else value for name, value in fields.items() if value is not None}


def _with_times(fields: Mapping[str, Any]) -> dict[str, Any]:
    known = {name: value for name, value in fields.items() if value is not None}
    return {**known, "at": format_time(fields["at"])}
