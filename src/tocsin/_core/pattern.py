"""Patterns of titles and links: text of the plan with ``{label}`` in it, filled in from an alert.

A pattern is parsed once, when the plan is read. What fills it is data: a brace in a label's value is a brace.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tocsin._core.model import Text

WORDS = frozenset({"service", "environment", "location", "importance", "vendor", "source"})
"""What the plan itself knows of an alert; every other name in a pattern is a label of the alert."""

_TOKEN = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}]*)\}|[{}]")


class PatternError(ValueError):
    """A text that is no pattern: what is wrong, and which characters are meant."""

    def __init__(self, message: str, offset: int, width: int = 1) -> None:
        super().__init__(message)
        self.offset = offset
        self.width = width


@dataclass(frozen=True, slots=True)
class Pattern:
    """``literals`` are the texts around ``names``: one more than there are names."""

    literals: tuple[str, ...]
    names: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Pattern:
        """Read ``{name}``; ``{{`` and ``}}`` stand for a brace. Raises ``PatternError``."""
        literals, names = [""], list[str]()
        end = 0
        for token in _TOKEN.finditer(text):
            literals[-1] += text[end : token.start()]
            end = token.end()
            if token[0] in ("{{", "}}"):
                literals[-1] += token[0][0]
            else:
                names.append(_name(token))
                literals.append("")
        literals[-1] += text[end:]
        return cls(tuple(literals), tuple(names))

    def fill(self, value: Callable[[str], str]) -> str:
        """The text with each name's value in its place."""
        if not self.names:
            return self.literals[0]
        filled = "".join(literal + value(name) for literal, name in zip(self.literals[:-1], self.names, strict=True))
        return filled + self.literals[-1]


@dataclass(frozen=True, slots=True)
class TextPattern:
    """A pattern in both languages of the house."""

    en: Pattern
    zh: Pattern

    @property
    def names(self) -> frozenset[str]:
        """All names in it."""
        return frozenset((*self.en.names, *self.zh.names))

    @property
    def own_words_only(self) -> bool:
        """Whether it shows nothing but the plan's words, so that all groups may read it."""
        return self.names <= WORDS

    def fill(self, value: Callable[[str], str]) -> Text:
        """The text in both languages."""
        return Text(self.en.fill(value), self.zh.fill(value))


def _name(token: re.Match[str]) -> str:
    at, name = token.start(), token["name"]
    if token[0] == "}":
        raise PatternError("this brace closes none; write }} for a brace that is meant as one", at)
    if token[0] == "{":
        raise PatternError("this brace is never closed; write {label}, or {{ for a brace that is meant as one", at)
    if not name or name != name.strip() or not name.isprintable():
        raise PatternError("write the name of a label between the braces, as in {alertname}", at, len(token[0]))
    return name
