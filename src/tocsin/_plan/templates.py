"""A text of a plan's own for notices, as a rule file writes it. What is in its templates is looked at where they are
filled in."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin._core.events import Event
from tocsin._core.plan import Language, TextTemplate
from tocsin._plan.entry import Addressed, Entry
from tocsin._plan.fields import Plain


class TemplateEntry(Entry):
    """Texts in the place of the shipped ones, for the notices that it names; the one that names most goes first."""

    event: Event | None = None
    """The event; left out, all of them."""
    group: Addressed | None = None
    """`command`, `technical`, `business`, `legal`, `data` or `vendor`; left out, all but `vendor`."""
    language: Language | None = None
    """The language, `en` or `zh`; left out, both."""
    subject: Plain | None = None
    """The template of the subject."""
    text: Plain | None = None
    """The template of the text."""


def templates(entries: Iterable[tuple[str, TemplateEntry]]) -> tuple[TextTemplate, ...]:
    """The texts of the plan's own; each comes with its place (``file:line``)."""
    return tuple(
        TextTemplate(
            place=place,
            event=entry.event or "",
            group=entry.group or "",
            language=entry.language or "",
            subject=entry.subject or "",
            text=entry.text or "",
        )
        for place, entry in entries
    )
