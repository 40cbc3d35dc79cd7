"""What an incident was, and why it was decided so."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin._core.timeline import entry_item, first_break, number_left_out
from tocsin.report.markdown import bullets, heading, plain, table
from tocsin.report.page import Page


def facts(page: Page) -> Iterator[str]:
    """Who and what, and its times."""
    yield from heading(2, page.say("facts"))
    rows = (*_what(page), *_when(page), ("timeline", _chain(page)))
    first, *others = ((page.say(name), text) for name, text in rows if text)
    yield from table(first, others)


def _what(page: Page) -> Iterator[tuple[str, str]]:
    incident, words = page.incident, page.words
    decision = incident.decision
    yield "incident", page.say("revision", id=incident.id, revision=incident.revision)
    yield "tier", words.tiers[incident.tier.value]
    yield "class", page.class_title(incident.class_)
    yield "secondary", words.comma.join(page.class_title(name) for name in incident.secondary_classes)
    yield "subtype", page.value(incident.subtype, "subtype") if incident.subtype else ""
    yield "state", _state(page)
    yield "services", page.listed(incident.services)
    yield "place", page.listed(name for name in (decision.environment, decision.location) if name)
    yield "vendor", _vendor(page)
    total = incident.total + incident.truncated
    yield "alerts", page.say("alert_count", total=total, firing=incident.firing) if total else ""
    yield "declared", plain(incident.declared_by)
    yield "assigned", plain(incident.assigned_to)
    yield "follows", incident.follows
    yield "merged_into", plain(incident.merged_into)


def _state(page: Page) -> str:
    incident, words = page.incident, page.words
    if incident.outcome:
        return f"{words.states['closed']} ({words.outcomes[incident.outcome]})"
    still = (words.states["still_broken"],) if incident.still_broken and incident.cleared_at is not None else ()
    signals = (words.states[incident.signals],) if incident.total else ()  # declared, it may have no alerts
    return words.comma.join((words.states[incident.state], *signals, *still))


def _vendor(page: Page) -> str:
    name = page.incident.decision.vendor
    vendor = page.plan.vendors.get(name)
    if vendor is None:
        return plain(name)
    contract = f" ({page.say('contract', contract=plain(vendor.contract))})" if vendor.contract else ""
    return plain(vendor.title.in_(page.language)) + contract


def _when(page: Page) -> Iterator[tuple[str, str]]:
    incident = page.incident
    start = incident.started_at
    yield "started", page.at(start)
    yield "accepted", "" if incident.declared_by else page.after(incident.first_at, start)
    yield "announced", page.after(incident.announced_at, start)
    yield "acknowledged", _by(page, incident.acknowledged_at, incident.acknowledged_by)
    yield "contained", _by(page, incident.contained_at, incident.contained_by)
    lost = f" ({page.say('signal_lost')})" if incident.cleared_reason == "not_seen" else ""
    yield "cleared", page.after(incident.cleared_at, start) + lost if incident.cleared_at is not None else ""
    yield "restored", _by(page, incident.restored_at, incident.restored_by)
    yield "closed", page.after(incident.closed_at, start)


def _by(page: Page, time: int | None, person: str) -> str:
    shown = page.after(time, page.incident.started_at)
    return page.say("by", time=shown, person=plain(person)) if shown and person else shown


def _chain(page: Page) -> str:
    incident = page.incident
    items = [entry_item(entry) for entry in page.whole.timeline]
    fault = first_break(incident.id, items, incident.timeline_head)
    if fault:
        return page.say("timeline_broken", seq=fault.seq)
    gone = sum(map(number_left_out, items))
    if gone:
        return page.say("timeline_cut", count=incident.timeline_entries, gone=gone, hash=incident.timeline_hash)
    return page.say("timeline_sound", count=incident.timeline_entries, hash=incident.timeline_hash)


def why(page: Page) -> Iterator[str]:
    """The rule that decided, and its reasons."""
    decision, kept, words = page.incident.decision, page.whole.why, page.words
    yield from heading(2, page.say("why"))
    place = next((each.place for each in kept.tried if each.rule == decision.rule and each.matched), "") if kept else ""
    person = page.incident.declared_by
    by_whom = "decided" if decision.rule else "declared_by" if person else "decided_by_none"
    yield page.say(
        by_whom,
        person=plain(person),
        rule=plain(f"{decision.rule} ({place})" if place else decision.rule),
        plan=plain(decision.plan),
        impact=words.impacts.get(decision.impact, plain(decision.impact)),
        importance=words.importances.get(decision.importance, page.say("unknown")),
    )
    reasons = list(dict.fromkeys((*(kept.reasons if kept else ()), *decision.reasons)))
    if reasons:
        yield from ("", page.say("reasons"), "", *bullets(plain(reason) for reason in reasons))
