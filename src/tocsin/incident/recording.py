"""The first record of an incident, filled from its alerts and the catalogue as far as they say. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from tocsin._core.action import Findings
from tocsin._core.calendar import active, after
from tocsin._core.model import Classification
from tocsin._core.plan import Plan
from tocsin._core.record import Record, ResponsibleParty, VendorTerms
from tocsin._core.times import Millis

MOST = 20
"""Of each list of the record."""


def first_record(decision: Classification, services: Iterable[str], plan: Plan) -> Record:
    """What can be known when the incident opens."""
    record = Record(
        location=decision.location,
        impact_scope=decision.impact,
        responsible_party=responsible_for(decision.vendor, plan),
    )
    for service in services:
        record = with_service(record, service, plan)
    return record


def found_in(findings: Findings) -> dict[str, Any]:
    """What somebody has found out, by the fields of the record."""
    return {name: value for name in Record.__struct_fields__ if (value := getattr(findings, name)) is not None}


def with_service(record: Record, name: str, plan: Plan) -> Record:
    """The record with what the catalogue says of a further service."""
    service = plan.services.get(name)
    systems = _joined(record.systems, (name,))
    if service is None:
        return replace(record, systems=systems)
    return replace(
        record,
        systems=systems,
        location=record.location or service.location,
        affected_business=_joined(record.affected_business, service.business_lines),
        business_lines=_joined(record.business_lines, service.business_lines),
        customer_groups=_joined(record.customer_groups, service.customer_groups),
        datasets=_joined(record.datasets, service.datasets),
    )


def responsible_for(vendor: str, plan: Plan) -> ResponsibleParty:
    """The party whose work it is: the vendor's kind says so, else it is the client's own."""
    kind = plan.vendors[vendor].kind if vendor in plan.vendors else ""
    return "contractor" if kind == "contractor" else "third_party" if kind == "third_party" else "client"


def vendor_terms(decision: Classification, started_at: Millis, plan: Plan) -> VendorTerms | None:
    """What the contract of the incident's vendor promises; it binds for a recovery in an outage only. The time to
    acknowledge begins when the incident is told."""
    vendor = plan.vendors.get(decision.vendor)
    if vendor is None:
        return None
    restore_by = None
    if decision.outage and vendor.rto is not None:
        restore_by = within_hours(plan, vendor.calendar, started_at, vendor.rto)
    return VendorTerms(vendor=vendor.name, contract=vendor.contract, restore_by=restore_by)


def within_hours(plan: Plan, calendar: str, start: Millis, duration: Millis) -> Millis:
    """When a duration that runs only within a calendar is over; ``""`` is always, and so is one that never comes."""
    if calendar not in plan.calendars:
        return start + duration
    end = after(plan.calendars[calendar], start, duration)
    return start + duration if end is None else end


def at_work(plan: Plan, calendar: str, at: Millis) -> Millis:
    """The time itself if it is within a calendar, else when that begins next."""
    if calendar not in plan.calendars or active(plan.calendars[calendar], at):
        return at
    return within_hours(plan, calendar, at, 1)


def _joined(known: tuple[str, ...], more: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *more)))[:MOST]
