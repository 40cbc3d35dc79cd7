"""An incident as far as it is one vendor's own: all that this vendor is told of it. Pure.

Left out is what is the client's, or others': alerts, labels and places, recovery time and SLA, persons, services that
others run, and what people have found out.
"""

from __future__ import annotations

from typing import Any

from tocsin._core.incident import Incident
from tocsin._core.model import Text
from tocsin._core.plan import Plan
from tocsin._core.times import format_time

_PROMISED = ("acknowledge_by", "restore_by", "acknowledged_at")


def scope_of(incident: Incident, name: str, plan: Plan) -> dict[str, Any]:
    """The fields of a notice's ``scope``, JSON-ready; titles are still in both languages."""
    vendor, klass = plan.vendors.get(name), plan.classes.get(incident.class_)
    scope: dict[str, Any] = {
        "id": incident.id,
        "revision": incident.revision,
        "class": incident.class_,
        "tier": incident.tier.value,
        "state": incident.state,
        "title": _both(incident.decision.plain_title or incident.title),
        "services": list(_services(incident, name, plan)),
        "vendor": name,
        "started_at": format_time(incident.started_at),
        "contract": vendor.contract if vendor is not None else "",
    }
    if incident.outcome is not None:
        scope["outcome"] = incident.outcome
    if incident.restored_at is not None:
        scope["restored_at"] = format_time(incident.restored_at)
    if klass is not None:
        scope["class_title"] = _both(klass.title)
    if vendor is not None:
        scope["vendor_title"] = _both(vendor.title)
    terms = incident.vendor_terms
    if terms is not None and terms.vendor == name:
        times = ((field, getattr(terms, field)) for field in _PROMISED)
        scope["vendor_terms"] = {field: format_time(at) for field, at in times if at is not None}
    return scope


def _services(incident: Incident, name: str, plan: Plan) -> tuple[str, ...]:
    """Those of the incident that the catalogue names the vendor for, and the one that was decided to be its."""
    decided = incident.decision
    own = {service for service in incident.services if service in plan.services}
    own = {service for service in own if plan.services[service].vendor == name}
    if decided.vendor == name and decided.service:
        own.add(decided.service)
    return tuple(service for service in dict.fromkeys((*incident.services, decided.service)) if service in own)


def _both(text: Text) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}
