"""Text made short enough for a tool, cut where a reader would cut it.

A tool counts characters, UTF-16 units or bytes, and some count what escaping has made of them: so ``size`` says how
long a text is, and may escape it first. What is cut is the text itself, before any escaping, so that no escape
sequence and no mark-up can be cut in two.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from tocsin._core.clean import ELLIPSIS
from tocsin._core.message import Link
from tocsin.send.endpoint import in_json

_JOINERS = "\u200c\u200d"
_FIRST_FLAG, _LAST_FLAG = "\U0001f1e6", "\U0001f1ff"


def utf8(text: str) -> int:
    """How many bytes of UTF-8 a text is."""
    return len(text.encode("utf-8", "surrogatepass"))


def utf16(text: str) -> int:
    """How many units of UTF-16 a text is: what a tool counts that is written in Java, C# or JavaScript."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def fit(text: str, most: int, size: Callable[[str], int] = len) -> str:
    """The text if its ``size`` is at most ``most``, else as much of its beginning as that leaves room for, and an
    ellipsis; nothing where not even that has room. What a reader takes for one character stays whole: a letter with
    its accents, an emoji of several parts, a flag. A longer text must never have a smaller ``size``."""
    if size(text) <= most:
        return text
    if size(ELLIPSIS) > most:
        return ""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if size(text[:middle] + ELLIPSIS) <= most:
            low = middle
        else:
            high = middle - 1
    while low and _is_within(text, low):
        low -= 1
    return text[:low].rstrip().removesuffix(ELLIPSIS) + ELLIPSIS


def fit_lines(text: str, most: int, size: Callable[[str], int] = len) -> str:
    """The text with each of its lines, where all are of the same weight: if they are too much, the longest are cut, but
    for what stands after their last `` | ``. What is too much even so loses its end."""
    lines = text.split("\n")
    low, high = 0, max(map(len, lines))
    while low < high:
        middle = (low + high + 1) // 2
        if size("\n".join(_squeezed(line, middle) for line in lines)) <= most:
            low = middle
        else:
            high = middle - 1
    return fit("\n".join(_squeezed(line, low) for line in lines), most, size)


def _squeezed(line: str, most: int) -> str:
    if len(line) <= most:
        return line
    head, bar, tail = line.rpartition(" | ")
    return fit(head, max(most - len(bar + tail), 1)) + bar + tail if bar else fit(tail, most)


def fit_json(body: Callable[[str], Mapping[str, Any]], text: str, most: int) -> bytes:
    """The JSON of a body that holds a text, with as much of the text as leaves it at most so many bytes."""
    return in_json(body(fit(text, most, lambda part: len(in_json(body(part))))))


def fit_links(links: Iterable[Link], most: int) -> Iterator[Link]:
    """The first of these links, as long as all of them together are at most so many bytes."""
    for link in links:
        most -= utf8(link.title) + utf8(link.url)
        if most < 0:
            return
        yield link


def _is_within(text: str, at: int) -> bool:
    """Whether what a reader takes for one character would be cut here. By the rules of Unicode's annex 29, without
    those for scripts that no tool here cuts by."""
    if at >= len(text):
        return False
    before, after = text[at - 1], text[at]
    if before == "\u200d" or after in _JOINERS or unicodedata.category(after) in ("Mn", "Mc", "Me"):
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return True  # the colour of a skin; the letters of a region within a flag
    if "\u1160" <= after <= "\u11ff":
        return True  # the vowel or the end of a Korean syllable that is written in parts
    if "\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff":
        return True  # a pair that a broken source has left in two halves
    return _is_flag(before) and _is_flag(after) and _flags_before(text, at) % 2 == 1


def _is_flag(char: str) -> bool:
    return _FIRST_FLAG <= char <= _LAST_FLAG


def _flags_before(text: str, at: int) -> int:
    start = at
    while start and _is_flag(text[start - 1]):
        start -= 1
    return at - start
