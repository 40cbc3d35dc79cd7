"""An alert's labels as matchers see them: the plan's own words, and the alert's labels beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tocsin._core.model import Alert
from tocsin._core.plan import Plan

RAW = "labels."


@dataclass(frozen=True, slots=True)
class Sight:
    """``words`` are what the plan has found so far; ``labels`` the alert's own, filled by its source."""

    words: Mapping[str, str]
    labels: Mapping[str, str]

    def value(self, name: str) -> str:
        """A word, ``labels.x`` for the label x itself, or a label; ``""`` if there is none."""
        word = self.words.get(name)
        if word is not None:
            return word
        if name.startswith(RAW):
            return self.labels.get(name[len(RAW) :], "")
        return self.labels.get(name, "")

    def knowing(self, **words: str) -> Sight:
        """The same with more words known."""
        return Sight({**self.words, **words}, self.labels)


def first_sight(alert: Alert, plan: Plan) -> Sight:
    """The alert's labels, then its source's where the alert has none, then the words that ``labels`` finds."""
    source = plan.sources.get(alert.source)
    labels = {**source.labels, **alert.labels} if source is not None else dict(alert.labels)
    words = {word: next(iter(found_values(labels, names)), "") for word, names in plan.labels.items()}
    return Sight({**words, "source": alert.source}, labels)


def found_values(labels: Mapping[str, str], names: tuple[str, ...]) -> list[str]:
    """The values of those of the names that the alert has, in order."""
    return [labels[name] for name in names if labels.get(name)]


def shown(text: str, limit: int = 80) -> str:
    """A label's value for people: on one line, and not longer than anyone reads."""
    if len(text) <= limit and text.isprintable() and " " not in text:
        return text
    line = " ".join("".join(character if character.isprintable() else " " for character in text[: 4 * limit]).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
