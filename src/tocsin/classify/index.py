"""Which of many conditions hold for an alert, without trying one after the other.

Every alternative of every condition is one bit. For a label name and a value there is one mask: the bits
that this label rules out, found by a dictionary for ``=`` and ``!=`` and by sets of RE2 for ``=~`` and ``!~``, then
remembered. So the cost grows with the number of names that occur in conditions at all, hardly with the number of
conditions. Dictionaries come first: what they leave is mostly so little that the patterns of values never seen
before are tried one by one, and no set of thousands is. An absent label is ``""``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import re2

from tocsin._core.matcher import Matcher
from tocsin._core.regex import compile_pattern, encode, options

Condition = Sequence[Sequence[Matcher]]
"""Alternatives, of which one must hold; in an alternative all matchers must. No alternative: never holds."""

SHARD = 1_000
"""Patterns in one RE2 set: beyond that, its cache thrashes on varied values."""

_SET_MEMORY = 16 << 20
_MEMO_BYTES = 8 << 20
_LONGEST_REMEMBERED = 512
FEW = 8
"""Alternatives whose patterns are tried one by one rather than in sets of all."""

COMPILED = 64
"""Patterns of one label name that are kept compiled by themselves."""


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
        unseen = []
        for name, label in self._labels:
            value = value_of(name)
            found = label.known(value)
            if found is None:
                found = label.unequal(value)
                unseen.append((label, value, found))
            left &= ~found
            if not left:
                return
        for label, value, found in unseen:
            left &= ~label.unmatched(value, found, left)
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
        self.equals = 0
        self.equal: dict[str, int] = {}
        self.matches = 0
        self.pattern: dict[int, int] = {}


class _Label:
    """What all matchers on one label name make of a value."""

    def __init__(self) -> None:
        self._layers: list[_Layer] = []
        self._unequal: dict[str, int] = {}
        self._refused: dict[int, int] = {}
        self._patterns: dict[str, int] = {}
        self._tried: dict[int, list[tuple[str, bool]]] = {}
        self._with_patterns = 0
        self._sets: _Patterns | None = None
        self._compiled: dict[str, Any] = {}
        self._memo: dict[str, int] = {}
        self._room = 0

    def add(self, matcher: Matcher, bit: int) -> None:
        """Note that the alternative of this bit needs this matcher to hold."""
        if matcher.operator == "!=":
            self._unequal[matcher.value] = self._unequal.get(matcher.value, 0) | bit
            return
        if matcher.operator == "=":
            layer = self._layer_without(bit)
            layer.equals |= bit
            layer.equal[matcher.value] = layer.equal.get(matcher.value, 0) | bit
            return
        number = self._patterns.setdefault(matcher.value, len(self._patterns))
        self._with_patterns |= bit
        self._tried.setdefault(bit.bit_length(), []).append((matcher.value, matcher.operator == "=~"))
        if matcher.operator == "!~":
            self._refused[number] = self._refused.get(number, 0) | bit
        else:
            layer = self._layer_without(bit)
            layer.matches |= bit
            layer.pattern[number] = layer.pattern.get(number, 0) | bit

    def seal(self, room: int) -> None:
        """No more matchers come; compile the patterns. ``room`` is how many values are remembered."""
        self._sets = _Patterns(list(self._patterns))
        self._room = room

    def known(self, value: str) -> int | None:
        """The bits that do not hold for this value, if it is remembered."""
        return self._memo.get(value)

    def unequal(self, value: str) -> int:
        """The bits that do not hold for this value by ``=`` and ``!=``."""
        out = self._unequal.get(value, 0)
        for layer in self._layers:
            out |= layer.equals & ~layer.equal.get(value, 0)
        if not self._with_patterns:
            self._remember(value, out)
        return out

    def unmatched(self, value: str, unequal: int, left: int) -> int:
        """The bits, at least of those that are left, that do not hold for this value."""
        concerned = left & self._with_patterns
        if not concerned:
            return 0
        if concerned.bit_count() <= FEW:
            return self._one_by_one(value, concerned)
        out = unequal
        matched = self._sets.matching(value) if self._sets is not None else ()
        for number in matched:
            out |= self._refused.get(number, 0)
        for layer in self._layers:
            hit = 0
            for number in matched:
                hit |= layer.pattern.get(number, 0)
            out |= layer.matches & ~hit
        self._remember(value, out)
        return out

    def _one_by_one(self, value: str, concerned: int) -> int:
        data, out = encode(value), 0
        while concerned:
            lowest = concerned & -concerned
            tried = self._tried[lowest.bit_length()]
            if any((self._pattern(text).fullmatch(data) is not None) is not wanted for text, wanted in tried):
                out |= lowest
            concerned ^= lowest
        return out

    def _pattern(self, text: str) -> Any:
        found = self._compiled.get(text)
        if found is None:
            if len(self._compiled) >= COMPILED:
                del self._compiled[next(iter(self._compiled))]
            found = self._compiled[text] = compile_pattern(text)
        return found

    def _remember(self, value: str, out: int) -> None:
        if len(value) <= _LONGEST_REMEMBERED:
            if len(self._memo) >= self._room:
                del self._memo[next(iter(self._memo))]
            self._memo[value] = out

    def _layer_without(self, bit: int) -> _Layer:
        for layer in self._layers:
            if not (layer.equals | layer.matches) & bit:
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
