"""An incident's vendor: what its contract binds it to, that it learns of the incident, and what of it. Pure.

A vendor that has channels is told of an incident once it answers for it, be that later than the groups; from then on it
is told what becomes of it, and of nothing that is no concern of its own. When another comes to answer for it, the one
before is told so, and then nothing any more.
"""

from __future__ import annotations

from msgspec.structs import replace

from tocsin._core.incident import Change, Incident
from tocsin._core.model import Classification
from tocsin._core.plan import VENDOR
from tocsin._core.record import VendorTerms
from tocsin.incident import audience
from tocsin.incident.draft import Draft
from tocsin.incident.recording import responsible_for, vendor_terms, within_hours

UNACKNOWLEDGED = "vendor_unacknowledged"
OVERDUE = "vendor_overdue"
"""The stages of a vendor that has not done by the contract's time what it promises."""


def bind(draft: Draft, decision: Classification) -> None:
    """Hold the vendor of a decision to its contract, if it is another than before; where the plan has no such vendor,
    the one before stays bound."""
    incident = draft.incident
    if incident.vendor_terms is not None and incident.vendor_terms.vendor == decision.vendor:
        return
    terms = vendor_terms(decision, incident.started_at, draft.plan)
    if terms is None:
        return
    kept = tuple(entry for entry in incident.escalated if entry.stage not in (UNACKNOWLEDGED, OVERDUE))
    draft.set(vendor_terms=terms, escalated=kept)
    if incident.announced_at is not None:
        draft.set(vendor_terms=bound(draft.incident, draft))


def name_vendor(draft: Draft, vendor: str | None) -> list[Change]:
    """Let a vendor of the plan answer for it, because a person says so; answers what that changes."""
    incident, before = draft.incident, draft.incident.vendor
    if vendor is None or vendor == before:
        return []
    decision = replace(incident.decision, vendor=vendor)
    party = responsible_for(vendor, draft.plan)
    draft.set(decision=decision, record=replace(incident.record, responsible_party=party))
    bind(draft, decision)
    return [Change("vendor", before, vendor)]


def bound(incident: Incident, draft: Draft) -> VendorTerms | None:
    """The vendor's terms, now that its time to acknowledge begins."""
    terms, plan = incident.vendor_terms, draft.plan
    vendor = plan.vendors.get(terms.vendor) if terms is not None else None
    if terms is None or vendor is None or vendor.ack_within is None:
        return terms
    return replace(terms, acknowledge_by=within_hours(plan, vendor.calendar, draft.now, vendor.ack_within))


def follow(draft: Draft) -> None:
    """Tell a vendor that it answers for the incident, and the one before it that it does so no longer."""
    incident = draft.incident
    if incident.announced_at is None:
        return
    former = incident.told_vendor
    if former and former != incident.vendor:
        draft.set(
            told_vendor="",
            unconfirmed=tuple(entry for entry in incident.unconfirmed if entry.group != VENDOR),
            untold=tuple(group for group in incident.untold if group != VENDOR),
        )
        draft.tell("reclassified", (), changes=(Change("vendor", former, ""),), vendor=former)
    present = audience.vendor_of(incident, draft.plan)
    if present and present != former and incident.restored_at is None:
        draft.tell("opened", (), vendor=present)
