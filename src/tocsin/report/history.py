"""What happened: who had the incident, who was told by which channel, and every step of the timeline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tocsin._core.incident import Delivery
from tocsin._core.plan import GROUPS
from tocsin._core.timeline import TimelineEntry
from tocsin.report.markdown import heading, plain, table
from tocsin.report.page import Page

_UNSHOWN = frozenset({"reasons"})
"""Details that stand elsewhere in the report."""

_TIMES = frozenset({"eta", "deadline", "due", "restored_at", "until"})
"""Details that are times."""


def acknowledgements(page: Page) -> Iterator[str]:
    """Who said that a group has it, and how long after the group was told."""
    incident = page.incident
    if incident.announced_at is None:
        return
    yield from heading(2, page.say("has_it"))
    given = incident.acknowledgements
    if not given:
        yield page.say("nobody")
        return
    rows = ((page.group(each.group), plain(each.by), page.after(each.at, incident.started_at)) for each in given)
    yield from table((page.say("group"), page.say("person"), page.say("time")), rows)
    spoke = {each.group for each in given}
    silent = [group for group in incident.told if group not in spoke]
    if silent:
        yield ""
        yield page.say("silent", groups=page.groups(silent))


def told(page: Page) -> Iterator[str]:
    """Every notice, whom it was told on which channel, and what became of that."""
    if not page.whole.deliveries:
        return
    yield from heading(2, page.say("told"))
    notices: dict[str, list[Delivery]] = {}
    for delivery in sorted(page.whole.deliveries, key=_order):
        notices.setdefault(delivery.notice, []).append(delivery)
    header = (page.say("notice"), page.say("owed"), page.say("became"))
    yield from table(header, (_notice(page, deliveries) for deliveries in notices.values()))
    if page.whole.deliveries_left_out:
        yield from ("", page.say("more_told", count=page.whole.deliveries_left_out))


def _order(delivery: Delivery) -> tuple[int, int, bool, str]:
    first = (delivery.groups or (delivery.group,))[0]
    place = GROUPS.index(first) if first in GROUPS else len(GROUPS)
    return delivery.sequence, place, delivery.fallback, delivery.id


def _notice(page: Page, deliveries: Sequence[Delivery]) -> tuple[str, ...]:
    first = deliveries[0]
    event = page.words.events.get(first.event) or plain(first.event)
    owed = min(delivery.created_at for delivery in deliveries)
    return f"{first.sequence} {event}", page.at(owed), "; ".join(_delivery(page, each) for each in deliveries)


def _delivery(page: Page, delivery: Delivery) -> str:
    channel = plain(delivery.channel)
    shown = page.say("fallback", channel=channel) if delivery.fallback else channel
    groups = page.vendor(delivery.vendor) if delivery.vendor else page.groups(delivery.groups or (delivery.group,))
    return page.say("delivery", groups=groups, channel=shown, result=_became(page, delivery))


def _became(page: Page, delivery: Delivery) -> str:
    attempts = delivery.attempts
    error = plain(attempts[-1].error) if attempts else ""
    if delivery.state == "waiting":
        return page.say("waiting_error" if error else "waiting", count=len(attempts), error=error)
    if delivery.state == "dead":
        return page.say("dead", error=error or page.say("unknown"))
    if delivery.dropped:
        by, reason = plain(delivery.dropped.by), plain(delivery.dropped.reason)
        return page.say("dropped", error=error or page.say("unknown"), by=by, reason=reason)
    if delivery.state == "superseded":
        return page.say("superseded")
    done = next((attempt.at for attempt in reversed(attempts) if attempt.result == "accepted"), delivery.created_at)
    shown = page.say("arrived", span=page.span(done - delivery.created_at))
    return shown if len(attempts) < 2 else page.say("tries", result=shown, count=len(attempts))


def timeline(page: Page) -> Iterator[str]:
    """Every step, as it was written down."""
    yield from heading(2, page.say("timeline"))
    header = ("#", page.say("time"), page.say("who"), page.say("what"), page.say("details"))
    yield from table(header, (_entry(page, entry) for entry in page.whole.timeline))


def _entry(page: Page, entry: TimelineEntry) -> tuple[str, ...]:
    what = page.words.actions.get(entry.action) or plain(entry.action)
    actor = plain(entry.actor)
    if entry.verified is False:
        actor = page.say("unverified", actor=actor, via=plain(entry.via) or page.say("unknown"))
    return str(entry.seq), page.at(entry.at), actor, what, _details(page, entry)


def _details(page: Page, entry: TimelineEntry) -> str:
    known = [
        page.say(
            "changed",
            field=page.field(name),
            before=_detail(page, name, entry.before.get(name)),
            after=_detail(page, name, value),
        )
        for name, value in entry.after.items()
    ]
    for name, value in entry.detail.items():
        if name not in _UNSHOWN:
            known.append(f"{page.field(name)}{page.words.colon}{_detail(page, name, value)}")
    return "; ".join(known)


def _detail(page: Page, name: str, value: object) -> str:
    """A detail's value, by the name that people know it by."""
    words = page.words
    known = {"event": words.events, "tier": words.tiers, "state": words.states, "outcome": words.outcomes}
    if name == "groups" and isinstance(value, list | tuple):
        return page.groups(str(each) for each in value)
    if name == "missing" and isinstance(value, list | tuple):
        return page.words.comma.join(page.field(str(each)) for each in value)
    if name in _TIMES:
        return page.moment(value)
    if name == "group":
        return page.group(str(value))
    if name == "class":
        return page.class_title(str(value))
    return known.get(name, {}).get(str(value)) or page.value(value, name)
