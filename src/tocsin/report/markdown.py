"""Markdown, made of text that is nobody's markup: what comes from alerts and people is shown as it is.

Every character with which Markdown, or GitHub's kind of it, could begin something is escaped. Nothing here makes a
link, an image or HTML. An e-mail address, or a bare domain, may still be linked by those who link any.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from tocsin._core.clean import one_line

LONGEST = 2_000
"""Characters of one text; people's words are bounded by that where they come in."""

_SPECIAL = re.compile(r"[\\`*_\[\]<>|&~$^!#]|(?<=\w):(?=//)|(?<=\bwww)\.", re.IGNORECASE)
_FIRST = re.compile(r"^(?:[-+=]|\d{1,9}(?=[.)]))")


def plain(text: str) -> str:
    """Text on one line that Markdown shows as it is, wherever it stands."""
    shown = _SPECIAL.sub(r"\\\g<0>", one_line(text, LONGEST))
    first = _FIRST.match(shown)
    if first is None:
        return shown
    # A digit cannot be escaped, but what makes a list of it can.
    place = first.end() if first.group()[-1].isdigit() else 0
    return f"{shown[:place]}\\{shown[place:]}"


def heading(level: int, text: str) -> Iterator[str]:
    """A heading, with a blank line before and after it. ``text`` is escaped already."""
    yield from ("", f"{'#' * level} {text}", "") if level > 1 else (f"# {text}", "")


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table. Cells are escaped already, and no line goes beyond its own."""
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def bullets(items: Iterable[str]) -> Iterator[str]:
    """A list. Its items are escaped already."""
    return (f"- {item}" for item in items)
