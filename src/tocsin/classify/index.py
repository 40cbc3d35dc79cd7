"""Which of many conditions hold for an alert, without trying one after the other.

Every alternative of every condition is one bit. For a label name and a value there is one mask: the bits
that this label does not rule out. Masks are found by a dictionary for ``=`` and ``!=`` and by sets of RE2 for
``=~`` and ``!~``, then remembered, and AND-ed over the label names that occur in conditions at all. So the
cost grows with the number of names, hardly with the number of conditions. An absent label is ``""``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import re2

from tocsin._core.matcher import Matcher
from tocsin._plan.patterns import compile_pattern, encode, options

Condition = Sequence[Sequence[Matcher]]
"""Alternatives, of which one must hold; in an alternative all matchers must. No alternative: never holds."""

SHARD = 1_000
"""Patterns in one RE2 set: beyond that, its cache thrashes on varied values."""

_SET_MEMORY = 16 << 20
_MEMO_BYTES = 8 << 20
_LONGEST_REMEMBERED = 512


class MatcherIndex:
    """Conditions by number; ``hits`` yields the numbers of those that hold, in order."""

    def __init__(self, conditions: Sequence[Condition]) -> None:
        self._owners: list[int] = []
        names: dict[str, _Label] = {}
        for owner, condition in enumerate(conditions):
            for alternative in condition:
                bit = 1 << len(self._owners)
                self._owners.append(owner)
                for matcher in alternative:
                    names.setdefault(matcher.name, _Label()).add(matcher, bit)
        self._all = (1 << len(self._owners)) - 1
        self._labels = tuple(names.items())
        room = _MEMO_BYTES // max(1, len(self._labels)) // (len(self._owners) // 8 + 600)
        for label in names.values():
            label.seal(max(16, room))

    @property
    def names(self) -> Iterator[str]:
        """The names that conditions look at."""
        return (name for name, _ in self._labels)

    def hits(self, value_of: Callable[[str], str]) -> Iterator[int]:
        """The conditions that hold, by number and each once; ``value_of`` gives a label's value or ``""``."""
        left = self._all
        for name, label in self._labels:
            left &= ~label.ruled_out(value_of(name))
            if not left:
                return
        last = -1
        while left:
            lowest = left & -left
            owner = self._owners[lowest.bit_length() - 1]
            if owner != last:
                yield owner
            last = owner
            left ^= lowest


class _Layer:
    """At most one ``=`` or ``=~`` of each alternative, so that what is not hit is ruled out."""

    def __init__(self) -> None:
        self.required = 0
        self.equal: dict[str, int] = {}
        self.pattern: dict[int, int] = {}


class _Label:
    """What all matchers on one label name make of a value."""

    def __init__(self) -> None:
        self._layers: list[_Layer] = []
        self._unequal: dict[str, int] = {}
        self._refused: dict[int, int] = {}
        self._patterns: dict[str, int] = {}
        self._sets: _Patterns | None = None
        self._memo: dict[str, int] = {}
        self._room = 0

    def add(self, matcher: Matcher, bit: int) -> None:
        """Note that the alternative of this bit needs this matcher to hold."""
        if matcher.operator == "!=":
            self._unequal[matcher.value] = self._unequal.get(matcher.value, 0) | bit
        elif matcher.operator == "!~":
            number = self._number(matcher.value)
            self._refused[number] = self._refused.get(number, 0) | bit
        else:
            layer = self._layer_without(bit)
            layer.required |= bit
            if matcher.operator == "=":
                layer.equal[matcher.value] = layer.equal.get(matcher.value, 0) | bit
            else:
                number = self._number(matcher.value)
                layer.pattern[number] = layer.pattern.get(number, 0) | bit

    def seal(self, room: int) -> None:
        """No more matchers come; compile the patterns. ``room`` is how many values are remembered."""
        self._sets = _Patterns(list(self._patterns))
        self._room = room

    def ruled_out(self, value: str) -> int:
        """The bits of the alternatives that do not hold for this value."""
        found = self._memo.get(value)
        if found is not None:
            return found
        found = self._find(value)
        if len(value) <= _LONGEST_REMEMBERED:
            if len(self._memo) >= self._room:
                del self._memo[next(iter(self._memo))]
            self._memo[value] = found
        return found

    def _find(self, value: str) -> int:
        matched = self._sets.matching(value) if self._sets is not None else ()
        out = self._unequal.get(value, 0)
        for number in matched:
            out |= self._refused.get(number, 0)
        for layer in self._layers:
            hit = layer.equal.get(value, 0)
            for number in matched:
                hit |= layer.pattern.get(number, 0)
            out |= layer.required & ~hit
        return out

    def _number(self, pattern: str) -> int:
        return self._patterns.setdefault(pattern, len(self._patterns))

    def _layer_without(self, bit: int) -> _Layer:
        for layer in self._layers:
            if not layer.required & bit:
                return layer
        self._layers.append(_Layer())
        return self._layers[-1]


class _Patterns:
    """Numbered patterns, matched all at once. A set that is too large for RE2 is halved, down to one pattern."""

    def __init__(self, patterns: list[str]) -> None:
        self._sets: list[tuple[Any, int]] = []
        self._single: list[tuple[Any, int]] = []
        for first in range(0, len(patterns), SHARD):
            self._add(patterns[first : first + SHARD], first)

    def _add(self, patterns: list[str], first: int) -> None:
        if len(patterns) == 1:
            self._single.append((compile_pattern(patterns[0]), first))
            return
        together = re2.Set.FullMatchSet(options(_SET_MEMORY))
        try:
            for pattern in patterns:
                together.Add(encode(pattern))
            together.Compile()
        except re2.error:
            half = len(patterns) // 2
            self._add(patterns[:half], first)
            self._add(patterns[half:], first + half)
        else:
            self._sets.append((together, first))

    def matching(self, value: str) -> list[int]:
        """The numbers of the patterns that match the whole value."""
        if not self._sets and not self._single:
            return []
        data = encode(value)
        found = [first for pattern, first in self._single if pattern.fullmatch(data) is not None]
        for together, first in self._sets:
            found.extend(first + number for number in together.Match(data) or ())
        return found
