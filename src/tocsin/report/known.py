"""What people, the catalogue and the alerts have said of an incident: the record, updates, changes and the vendor."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin._core.record import ChangeRecord, Record
from tocsin._core.times import Millis
from tocsin.report.clocks import kept
from tocsin.report.markdown import heading, plain, table
from tocsin.report.page import Page

_FIRST = ("location", "affected_business", "impact_scope", "known_cause", "interim_measures")
"""Fields of the first record, beside the time, which is always known."""

_ASSESSED = (
    "systems", "modules", "datasets", "business_lines", "customer_groups", "direct_impact", "indirect_impact",
    "potential_risks", "continuity", "measures_done", "measures_planned", "responsible_party",
)  # fmt: skip


def record(page: Page) -> Iterator[str]:
    """The first record, what is missing of it named; and of the assessment what was said."""
    said = page.incident.record
    yield from heading(2, page.say("record"))
    yield page.say("completeness", percent=round(said.completeness * 100))
    yield ""
    rows = [(page.field("occurred"), page.at(page.incident.started_at))]
    rows += [(page.field(name), _said(page, said, name) or page.say("unknown")) for name in _FIRST]
    rows += [(page.field(name), text) for name in _ASSESSED if (text := _said(page, said, name))]
    eta = page.incident.eta
    if eta is not None:
        rows.append(
            (page.say("eta"), page.say("eta_by", at=page.at(eta.at), person=plain(eta.by), said=page.at(eta.said_at)))
        )
    yield from table((page.say("field"), page.say("known")), rows)


def _said(page: Page, said: Record, name: str) -> str:
    value = getattr(said, name)
    return page.value(value, name) if value else ""


def updates(page: Page) -> Iterator[str]:
    """How it stood, by each update."""
    entries = [entry for entry in page.whole.timeline if entry.action == "updated"]
    if not entries:
        return
    yield from heading(2, page.say("updates"))
    parts = ("goal", "progress", "risks", "next_step")
    rows = (
        (page.at(entry.at), plain(entry.actor), *(page.value(entry.detail.get(part)) for part in parts))
        for entry in entries
    )
    yield from table((page.say("time"), page.say("who"), *(page.field(part) for part in parts)), rows)


def changes(page: Page) -> Iterator[str]:
    """The emergency changes; what must not be missing and is, stands out."""
    if not page.incident.changes:
        return
    yield from heading(2, page.say("changes"))
    names = ("what", "scope", "approver", "rollback_plan", "assessed", "tested", "result")
    header = ("#", page.say("time"), page.say("who"), *(page.field(name) for name in names))
    yield from table(header, (_change(page, each, names) for each in page.incident.changes))


def _change(page: Page, change: ChangeRecord, names: tuple[str, ...]) -> tuple[str, ...]:
    missing = {"assessed" if flag == "assessment" else flag for flag in change.flags}
    cells = (page.say("flagged") if name in missing else page.value(getattr(change, name), name) for name in names)
    return str(change.number), page.at(change.at), plain(change.by), *cells


def vendor(page: Page) -> Iterator[str]:
    """What the vendor's contract promises, and when that was done."""
    terms = page.incident.vendor_terms
    if terms is None:
        return
    found = page.plan.vendors.get(terms.vendor)
    name = plain(found.title.in_(page.language) if found else terms.vendor)
    contract = page.say("contract", contract=plain(terms.contract)) if terms.contract else page.say("no_contract")
    yield from heading(2, page.say("vendor_terms"))
    yield page.say("of_vendor", vendor=name, contract=contract)
    yield ""
    who = page.say("said_by", person=plain(terms.acknowledged_by)) if terms.acknowledged_by else ""
    rows = (
        (page.say("vendor_ack"), *_promise(page, terms.acknowledge_by, terms.acknowledged_at, who)),
        (page.say("vendor_restore"), *_promise(page, terms.restore_by, terms.restored_at, "")),
    )
    yield from table((page.say("promise"), page.say("due"), page.say("result")), rows)


def _promise(page: Page, due: Millis | None, done: Millis | None, who: str) -> tuple[str, str]:
    if due is None:
        return page.say("not_promised"), (page.at(done) if done is not None else "–") + who
    if done is None and page.incident.closed_at is not None:
        return page.at(due), page.say("never")
    return page.at(due), kept(page, due, done) + who
