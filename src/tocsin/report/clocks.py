"""The clocks of an incident: when each was due, and whether it was met."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tocsin._core.times import Millis
from tocsin.incident.recording import within_hours
from tocsin.report.markdown import heading, table
from tocsin.report.page import Page

Row = tuple[str, str, str]


def clocks(page: Page) -> Iterator[str]:
    """A row for each clock that there was."""
    yield from heading(2, page.say("clocks"))
    rows = (*_recovery(page), *_sla(page), *_estimates(page), *_acknowledgement(page), *_updates(page), *_stages(page))
    yield from table((page.say("clock"), page.say("due"), page.say("result")), rows)


def _recovery(page: Page) -> Iterator[Row]:
    incident = page.incident
    yield page.say("rto", span=page.span(incident.rto)), page.at(incident.rto_deadline), _recovered(page)


def _recovered(page: Page) -> str:
    incident = page.incident
    done, due = incident.restored_at, incident.rto_deadline
    if incident.rto_outcome == "missed" and (done is None or done <= due):
        return page.say("missed")
    if incident.closed_at is not None and not incident.rto_outcome:
        return page.say("not_counted")
    if done is not None:
        return kept(page, due, done)
    used = int(incident.rto_consumed(page.now) * 100)
    is_quiet = incident.cleared_at is not None and not incident.still_broken
    return page.say("quiet" if is_quiet else "running", used=used)


def _sla(page: Page) -> Iterator[Row]:
    incident, due = page.incident, page.incident.sla_deadline
    if due is None:
        return
    over = incident.restored_at if incident.restored_at is not None else incident.closed_at
    yield page.say("sla", span=page.span(due - incident.started_at)), page.at(due), kept(page, due, over)


def _estimates(page: Page) -> Iterator[Row]:
    """Estimates that went beyond the recovery time."""
    for entry in page.whole.timeline:
        if entry.action == "eta_late":
            eta = page.moment(entry.detail.get("eta"))
            told = page.say("told_at", at=page.at(entry.at))
            yield page.say("eta_late", eta=eta), page.moment(entry.detail.get("deadline")), told


def _updates(page: Page) -> Iterator[Row]:
    """How often somebody said how it stands, and had to be asked."""
    incident = page.incident
    every = page.plan.tiers[incident.tier].update_every
    counts = Counter(entry.action for entry in page.whole.timeline)
    if every is None or incident.announced_at is None:
        return
    due = page.at(incident.update_due) if incident.update_due is not None and incident.is_running else "–"
    result = page.say(
        "updates_said", said=counts["updated"], asked=counts["update_due"], overdue=counts["update_overdue"]
    )
    yield page.say("update_every", span=page.span(every)), due, result


def kept(page: Page, due: Millis, done: Millis | None) -> str:
    """Whether what was due was done in time."""
    if done is None:
        left = due - page.now
        return page.say("not_yet" if left >= 0 else "overdue", span=page.span(abs(left)))
    return page.say("met_at" if done <= due else "missed_at", at=page.at(done), span=page.span(abs(due - done)))


def _acknowledgement(page: Page) -> Iterator[Row]:
    """By the tier as it is now: a raise restarts nothing, and the new tier's time holds."""
    incident = page.incident
    within = page.plan.tiers[incident.tier].ack_within
    if within is None or incident.announced_at is None:
        return
    calendar, done = page.plan.tiers[incident.tier].calendar, incident.acknowledged_at
    due = within_hours(page.plan, calendar, incident.announced_at, within)
    ended = incident.cleared_at if incident.closed_at is None else incident.closed_at
    is_needless = done is None and ended is not None and ended < due
    yield page.say("ack"), page.at(due), page.say("none_needed") if is_needless else kept(page, due, done)


def _stages(page: Page) -> Iterator[Row]:
    for entry in page.whole.timeline:
        if entry.action == "escalated":
            stages = page.value(entry.detail.get("stages"), "stages")
            yield page.say("stage", stage=stages), "–", page.say("told_at", at=page.at(entry.at))
