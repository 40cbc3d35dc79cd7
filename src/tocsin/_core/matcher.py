"""One condition on a label, as Alertmanager writes it: ``severity=~"warn.*"``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from tocsin._core.regex import compile_pattern, encode

Operator = Literal["=", "!=", "=~", "!~"]


@dataclass(frozen=True, slots=True)
class Matcher:
    """``name operator value``; a regex is RE2, anchored at both ends. An absent label is ``""``."""

    name: str
    operator: Operator
    value: str

    def __str__(self) -> str:
        quoted = self.value.replace("\\", "\\\\").replace('"', '\\"')
        return f'{self.name}{self.operator}"{quoted}"'


@lru_cache(maxsize=65_536)
def holds(matcher: Matcher, value: str) -> bool:
    """Whether a matcher holds for a value."""
    if matcher.operator in ("=", "!="):
        return (matcher.value == value) == (matcher.operator == "=")
    matches = compile_pattern(matcher.value).fullmatch(encode(value)) is not None
    return bool(matches == (matcher.operator == "=~"))
