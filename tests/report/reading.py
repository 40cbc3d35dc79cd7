"""A report as those see it who open it in something that shows Markdown."""

from __future__ import annotations

import html
import re

from markdown_it import MarkdownIt
from tests.support.world import World

from tocsin._core.plan import Language
from tocsin._store.listing import show_incident
from tocsin.report.write import report

_READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_TAG = re.compile(r"</?([a-z0-9]+)[^>]*>")
OURS = {"h1", "h2", "p", "blockquote", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "strong"}
"""The marks that a report is made of."""


def shown(markdown: str) -> str:
    """The text that is read, without marks."""
    return html.unescape(_TAG.sub("", rendered(markdown)))


def rendered(markdown: str) -> str:
    """The HTML that is made of it."""
    return str(_READER.render(markdown))


def marks(markdown: str) -> set[str]:
    """The names of all HTML elements that it becomes."""
    return set(_TAG.findall(rendered(markdown)))


async def written(world: World, language: Language = "en") -> str:
    """The report of the only incident, as of now."""
    whole = await show_incident(world.store, (await world.incident()).id)
    return report(whole, world.plan, language, world.clock.now())


def rows(markdown: str, title: str) -> list[list[str]]:
    """The rows of the first table of a part, by its heading; the cells as they are written."""
    (part,) = (part for part in markdown.split("\n## ") if part.startswith(title + "\n"))
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[1:]]
