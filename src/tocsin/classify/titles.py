"""What an incident is called and where to read on: a rule's patterns filled in, or the class's own title."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from tocsin._core.model import Text
from tocsin._core.pattern import Pattern, TextPattern
from tocsin.classify.sight import Sight, shown

LONGEST_LINK = 1000
"""Characters; a longer link would be cut on its way, and is left out."""


@dataclass(frozen=True, slots=True)
class Titles:
    """A title, and the one for groups that see no raw labels where the first shows one."""

    title: Text
    plain: Text | None = None


def titles_of(pattern: TextPattern | None, class_title: Text, sight: Sight, usual: str) -> Titles:
    """The rule's title with each value on one line; where there is none, or nothing is left of it, the class's."""
    if pattern is None:
        return Titles(_usual_title(class_title, sight, usual))
    filled = pattern.fill(lambda name: shown(sight.value(name)))
    if pattern.own_words_only and filled.en.strip() and filled.zh.strip():
        return Titles(filled)
    plain = _usual_title(class_title, sight, usual)
    title = Text(filled.en if filled.en.strip() else plain.en, filled.zh if filled.zh.strip() else plain.zh)
    return Titles(title, plain)


def links_of(patterns: Mapping[str, Pattern], sight: Sight) -> dict[str, str]:
    """The links by name; each value is percent-encoded, so that it stays within its place in the address."""
    filled = {
        name: pattern.fill(lambda label: quote(sight.value(label)[: LONGEST_LINK + 1], safe="", errors="replace"))
        for name, pattern in patterns.items()
    }
    return {name: link for name, link in filled.items() if 0 < len(link) <= LONGEST_LINK}


def _usual_title(title: Text, sight: Sight, usual: str) -> Text:
    """The class's title and what it is about; never a host's name, since all groups read it. An environment
    is named if it is not the usual one."""
    about = next(filter(None, map(sight.value, ("service", "namespace", "alertname"))), "")
    environment = sight.value("environment")
    place_en, place_zh = (f" ({shown(environment)})", f"（{shown(environment)}）") if environment != usual else ("", "")
    if not (about := shown(about)):
        return Text(title.en + place_en, title.zh + place_zh)
    return Text(f"{title.en}: {about}{place_en}", f"{title.zh}：{about}{place_zh}")
