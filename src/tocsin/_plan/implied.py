"""What matchers say of each other: which follow from others, and which exclude each other. Pure.

Sound, not complete: what is said to follow follows, and what is said to exclude excludes; of regular expressions
that are no plain list of words nothing is known but that equal ones are equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from tocsin._core.matcher import Matcher, holds

Alternative = tuple[Matcher, ...]
"""Matchers that must all hold."""

_WORDS = re.compile(r"[\w :/@%,-]*(?:\|[\w :/@%,-]*)*")
_MOST_WORDS = 200


def words_of(matcher: Matcher) -> tuple[str, ...] | None:
    """The values for which a matcher can hold, where those are few and written out."""
    if matcher.operator == "=":
        return (matcher.value,)
    if matcher.operator == "=~" and _WORDS.fullmatch(matcher.value):
        words = tuple(dict.fromkeys(matcher.value.split("|")))
        return words if len(words) <= _MOST_WORDS else None
    return None


def possible(alternative: Alternative) -> dict[str, tuple[str, ...]]:
    """For labels of which few values are possible, those: they fit every matcher on the label."""
    found: dict[str, tuple[str, ...]] = {}
    for matcher in alternative:
        words = words_of(matcher)
        if words is not None:
            before = found.get(matcher.name)
            found[matcher.name] = words if before is None else tuple(word for word in before if word in words)
    for matcher in alternative:
        if matcher.name in found:
            found[matcher.name] = tuple(word for word in found[matcher.name] if holds(matcher, word))
    return found


def excluded(alternative: Alternative) -> str:
    """The label for which no value fits all matchers; ``""`` if none is known to be so."""
    for name, words in possible(alternative).items():
        if not words:
            return name
    sure = {matcher for matcher in alternative if matcher.operator in ("=", "=~")}
    opposite = {"!=": "=", "!~": "=~"}
    for matcher in alternative:
        wanted = opposite.get(matcher.operator)
        if wanted and Matcher(matcher.name, wanted, matcher.value) in sure:  # type: ignore[arg-type]
            return matcher.name
    return ""


def follows(matcher: Matcher, alternative: Iterable[Matcher], values: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a matcher holds wherever the alternative does, of which ``possible`` says ``values``."""
    if matcher in alternative or (matcher.operator == "=~" and matcher.value == ".*"):
        return True
    words = values.get(matcher.name)
    return words is not None and all(holds(matcher, word) for word in words)
