"""The report as a whole: its parts in order, those left out about which nothing is known."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin._core.plan import Language, Plan
from tocsin._core.times import Millis
from tocsin._store.listing import Whole
from tocsin.report import clocks, facts, history, known
from tocsin.report.markdown import bullets, heading, plain
from tocsin.report.page import Page

_PARTS = (
    *(facts.facts, known.record, facts.why, clocks.clocks, known.vendor),
    *(history.acknowledgements, known.updates, known.changes, history.told, history.timeline),
)


def report(whole: Whole, plan: Plan, language: Language, now: Millis) -> str:
    """The report of an incident in a language, by the plan's names and its time zone, as of now."""
    page = Page(whole=whole, plan=plan, language=language, now=now)
    lines = [*_head(page), *(line for part in _PARTS for line in part(page)), *_review(page)]
    return "\n".join(lines) + "\n"


def _head(page: Page) -> Iterator[str]:
    incident = page.incident
    drill = plain(page.say("drill")) if incident.drill else ""
    yield from heading(1, drill + page.say("title", title=plain(incident.title.in_(page.language))))
    yield "> " + page.say("draft", zone=plain(str(page.plan.timezone)), unknown=page.say("unknown"))
    if incident.drill:
        yield "> " + page.say("is_drill")


def _review(page: Page) -> Iterator[str]:
    yield from heading(2, page.say("review"))
    yield page.say("review_what")
    yield ""
    names = ("review_cause", "review_well", "review_badly", "review_actions")
    yield from bullets(page.say(name) + page.words.colon.rstrip() for name in names)
