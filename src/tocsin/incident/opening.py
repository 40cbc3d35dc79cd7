"""Opening an incident, joining alerts to it, and announcing it. Pure."""

from __future__ import annotations

from msgspec.structs import replace

from tocsin._core.declaration import Declared
from tocsin._core.ids import incident_id
from tocsin._core.incident import Change, Incident
from tocsin._core.model import Classification
from tocsin._core.plan import Plan
from tocsin._core.record import Estimate
from tocsin._core.times import MINUTE, SECOND, Millis, format_duration
from tocsin._core.view import Joined, View
from tocsin.incident import audience, vendors
from tocsin.incident.draft import Draft
from tocsin.incident.recording import first_record, found_in, vendor_terms

ADDED_EVERY: Millis = 5 * MINUTE
"""Joining alerts are told at most once in this time, combined."""


def open_incident(view: View, joined: Joined, plan: Plan, now: Millis, *, counter: int, follows: str) -> Draft:
    """A new incident for alerts that fired on a key without one."""
    top = joined.top
    start = joined.earliest_start
    backdated = start is not None and joined.first_at - plan.incidents.backdate <= start < joined.first_at
    incident = Incident(
        id=incident_id(view.key, joined.first_at, counter),
        key=view.key,
        key_text=top.key_text,
        class_=top.class_,
        secondary_classes=tuple(name for name in joined.classes if name != top.class_),
        tier=top.tier,
        subtype=top.subtype,
        title=top.title,
        services=joined.services,
        decision=top,
        record=first_record(top, joined.services, plan),
        rto=joined.shortest.rto,
        sla_limit=top.sla_limit,
        drill=top.drill,
        started_at=start if start is not None and backdated else joined.first_at,
        first_at=joined.first_at,
        announce_at=joined.first_at + top.wait,
        follows=follows,
        firing=view.firing,
        total=view.total,
        truncated=view.truncated,
    )
    incident = replace(incident, vendor_terms=vendor_terms(top, incident.started_at, plan))
    draft = Draft(incident, plan, now, is_new=True)
    draft.note("opened", tier=top.tier.value, **{"class": top.class_}, rule=top.rule, reasons=list(top.reasons))
    _count_opened(draft)
    return draft


def declare(view: View, declared: Declared, plan: Plan, now: Millis, *, counter: int, follows: str) -> Draft:
    """A new incident by a person's word: told at once, and its clocks run until somebody restores it."""
    asked, decision = declared.asked, declared.decision
    said = asked.declaration
    start = said.started_at
    services = (decision.service,) if decision.service else ()
    incident = Incident(
        id=incident_id(asked.request, now, counter),
        key=view.key,
        key_text=decision.key_text,
        class_=decision.class_,
        tier=decision.tier,
        subtype=decision.subtype,
        title=decision.title,
        services=services,
        decision=decision,
        record=replace(first_record(decision, services, plan), **found_in(said)),
        rto=decision.rto,
        sla_limit=decision.sla_limit,
        drill=decision.drill,
        started_at=now if start is None else min(start, now),
        first_at=now,
        announce_at=now,
        follows=follows,
        declared_by=asked.by,
        request=asked.request,
        description=said.description or "",
        still_broken=True,
    )
    if said.eta is not None:
        incident = replace(incident, eta=Estimate(at=said.eta, by=asked.by, said_at=now))
    incident = replace(incident, vendor_terms=vendor_terms(decision, incident.started_at, plan))
    draft = Draft(incident, plan, now, is_new=True)
    text = {"description": said.description} if said.description else {}
    group = {"group": asked.group} if asked.group else {}
    detail = {"tier": decision.tier.value, "class": decision.class_, "reasons": list(decision.reasons)}
    draft.enter(asked.by, "declared", via=asked.via, verified=asked.verified, **group, **detail, **text)
    _count_opened(draft)
    return draft


def _count_opened(draft: Draft) -> None:
    incident = draft.incident
    service = incident.decision.service
    draft.count("opened", incident.class_, incident.tier.value)
    draft.count("service", service if service in draft.plan.services else "_other", incident.tier.value)
    if incident.follows:
        draft.note("follows", incident=incident.follows)


def join(draft: Draft, joined: Joined) -> None:
    """Alerts that fired anew on an open incident. A worse one raises its tier and gives it its class."""
    incident, top = draft.incident, joined.top
    others = [name for name in (*incident.secondary_classes, *joined.classes) if name != incident.class_]
    draft.set(
        joined=incident.joined + joined.count,
        services=tuple(dict.fromkeys((*incident.services, *joined.services)))[:20],
        secondary_classes=tuple(dict.fromkeys(others)),
    )
    for service in joined.services:
        if service not in incident.services:
            draft.extend_record(service)
    limits = [limit for limit in (incident.sla_limit, top.sla_limit) if limit is not None]
    draft.set(sla_limit=min(limits, default=None))
    if incident.lowered and not joined.count:
        return  # what a person has lowered is raised by an alert that it had not had, not by one that fires again
    if top.tier.rank > incident.tier.rank:
        _raise(draft, joined)
    elif joined.shortest.rto < incident.rto:
        _shorten(draft, joined.shortest)


def _shorten(draft: Draft, shorter: Classification) -> None:
    """An alert that joined wants a shorter recovery time: it holds, and says why."""
    rto = shorter.rto
    by = f" by rule {shorter.rule}" if shorter.rule else ""
    of = f", of vendor {shorter.vendor}" if shorter.vendor else ""
    reason = f"recovery time shortened to {format_duration(rto)}{by}{of}, for an alert that joined"
    decision = draft.incident.decision
    changes = [("rto_seconds", draft.incident.rto // SECOND, rto // SECOND)]
    draft.note("rto_shortened", reason=reason, changes=changes)
    draft.set(rto=rto, decision=replace(decision, rto=rto, reasons=(*decision.reasons, reason)))


def _raise(draft: Draft, joined: Joined) -> None:
    before, top = draft.incident, joined.top
    changes = [Change("tier", before.tier.value, top.tier.value)]
    if top.class_ != before.class_:
        changes.append(Change("class", before.class_, top.class_))
    classes = dict.fromkeys((before.class_, *before.secondary_classes))
    draft.set(
        tier=top.tier,
        class_=top.class_,
        subtype=top.subtype or (before.subtype if top.class_ == before.class_ else ""),
        secondary_classes=tuple(name for name in classes if name != top.class_),
        title=top.title,
        decision=top,
        rto=min(before.rto, joined.shortest.rto),
        announce_at=min(before.announce_at, before.first_at + top.wait),
        snoozed_until=None,
    )
    vendors.bind(draft, top)
    draft.note(
        "tier_raised", reason="worse_alert", changes=[[c.field, c.from_, c.to] for c in changes], reasons=[*top.reasons]
    )
    if before.announced_at is not None:
        groups = audience.in_order((*before.told, *audience.named_by_tier(draft.incident, draft.plan)))
        asks = audience.acknowledgements(draft.incident, draft.plan, groups)
        draft.tell("tier_raised", groups, reason="worse_alert", changes=tuple(changes), asks=asks)
        draft.set(joined=0)


def announce(draft: Draft, view: View) -> None:
    """Tell of the incident once its wait is over, or close it untold if all its alerts had ended by then.

    What ended later is told, though it be over: nobody may have been able to look in time."""
    incident = draft.incident
    if incident.announced_at is not None or draft.now < incident.announce_at:
        return
    if view.firing == 0 and view.zero_at <= incident.announce_at and not incident.still_broken:
        draft.set(state="closed", outcome="transient", closed_at=draft.now, joined=0)
        draft.note("closed", outcome="transient")
        draft.count("closed", incident.class_, incident.tier.value, "transient")
        draft.suppressed.append("transient")
        return
    groups = audience.named_by_tier(incident, draft.plan)
    draft.set(announced_at=draft.now, joined=0, vendor_terms=vendors.bound(incident, draft))
    said = {"by": incident.declared_by, "text": incident.description} if incident.declared_by else {}
    asks = audience.acknowledgements(draft.incident, draft.plan, groups)
    draft.tell("opened", groups, asks=asks, said={name: value for name, value in said.items() if value})


def added_due(incident: Incident) -> Millis | None:
    """When the alerts that joined may be told of next; ``None`` while there are none to tell of."""
    if incident.announced_at is None or incident.joined == 0 or incident.cleared_at is not None:
        return None
    if incident.joined_told_at is None:
        return incident.announced_at
    return incident.joined_told_at + ADDED_EVERY


def tell_added(draft: Draft) -> None:
    """Tell the lead of alerts that joined."""
    due = added_due(draft.incident)
    if due is not None and draft.now >= due:
        draft.note("alerts_joined", count=draft.incident.joined, total=draft.incident.total)
        draft.tell("alerts_added", audience.lead(draft.incident, draft.plan))
        draft.set(joined=0, joined_told_at=draft.now)
