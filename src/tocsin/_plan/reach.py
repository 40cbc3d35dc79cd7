"""Rules that can never decide: whatever they match, an earlier rule has matched and decided before.

Sound, not complete. Near-linear in the number of rules: the alternatives of earlier rules are filed under their
rarest matcher, and only those are compared whose rarest matcher follows from the later rule's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import re2

from tocsin._core.matcher import Matcher
from tocsin._core.regex import encode, options
from tocsin._plan.implied import Alternative, excluded, follows, possible
from tocsin._plan.rules import RuleEntry

_SHARD = 500
_SET_MEMORY = 64 << 20


def alternatives(rule: RuleEntry) -> list[Alternative]:
    """What a rule matches: any of these."""
    always = tuple(matcher for text in rule.match for matcher in text)
    return [(*always, *each) for each in rule.match_any or [()]]


def decides(rule: RuleEntry) -> bool:
    """Whether no later rule is looked at where this one matches, for ever."""
    return not rule.continue_ and (rule.drop is None or rule.until is None)


class Blocked:
    """Finds, for rules in their order, the earlier rule behind which they stand."""

    def __init__(self, rules: Iterable[tuple[int, RuleEntry]]) -> None:
        self._rules = [(index, rule, alternatives(rule)) for index, rule in rules]
        self._often = Counter(matcher for _, _, each in self._rules for one in each for matcher in one)
        self._patterns = _Patterns({matcher for matcher in self._often if matcher.operator == "=~"})
        self._filed: dict[Matcher, list[tuple[int, Alternative]]] = {}
        self._negative: list[tuple[int, Alternative]] = []

    def found(self) -> Iterator[tuple[int, tuple[int, ...]]]:
        """The index of each rule that can never decide, and those of the earlier ones that together say so."""
        for index, rule, each in self._rules:
            blockers = [self._blocker(one) for one in each if not excluded(one)]
            if blockers and None not in blockers:
                yield index, tuple(sorted({blocker for blocker in blockers if blocker is not None}))
            elif decides(rule):
                self._file(index, each)

    def _file(self, index: int, each: Sequence[Alternative]) -> None:
        for one in each:
            positive = [matcher for matcher in one if matcher.operator in ("=", "=~")]
            if positive:
                rarest = min(positive, key=lambda matcher: self._often[matcher])
                self._filed.setdefault(rarest, []).append((index, one))
            else:
                self._negative.append((index, one))

    def _blocker(self, alternative: Alternative) -> int | None:
        values = possible(alternative)
        keys = [*alternative]
        for name, words in values.items():
            keys += (Matcher(name, "=", words[0]), *self._patterns.matching(name, words[0]))
        candidates = [pair for key in dict.fromkeys(keys) for pair in self._filed.get(key, ())]
        for index, earlier in (*candidates, *self._negative):
            if all(follows(matcher, alternative, values) for matcher in earlier):
                return index
        return None


class _Patterns:
    """All regular expressions on each label, to find those that match a value."""

    def __init__(self, matchers: Iterable[Matcher]) -> None:
        by_name: dict[str, list[Matcher]] = {}
        for matcher in matchers:
            by_name.setdefault(matcher.name, []).append(matcher)
        self._sets = {name: [*_sets(each)] for name, each in by_name.items()}
        self._known: dict[tuple[str, str], list[Matcher]] = {}

    def matching(self, name: str, value: str) -> list[Matcher]:
        """The matchers on this label that match the value."""
        found = self._known.get((name, value))
        if found is None:
            data = encode(value)
            found = [
                matchers[place]
                for together, matchers in self._sets.get(name, ())
                for place in (together.Match(data) or () if together is not None else range(len(matchers)))
            ]
            self._known[name, value] = found
        return found


def _sets(matchers: Sequence[Matcher]) -> Iterator[tuple[Any, Sequence[Matcher]]]:
    """The patterns in sets; ``None`` for one that is too large, whose patterns are then all compared."""
    for first in range(0, len(matchers), _SHARD):
        part = matchers[first : first + _SHARD]
        together = re2.Set.FullMatchSet(options(_SET_MEMORY))
        try:
            for matcher in part:
                together.Add(encode(matcher.value))
            together.Compile()
        except re2.error:
            together = None
        yield together, part
