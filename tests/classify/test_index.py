"""The bitmask index against trying one condition after the other."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin._core.matcher import Matcher, Operator
from tocsin._core.regex import compile_pattern, encode
from tocsin.classify import index
from tocsin.classify.index import Condition, MatcherIndex

NAMES = ["a", "b", "namespace", "标签", "with space/."]
VALUES = ["", "x", "y", "xy", "xx", "支付", "a\nb", "\ud800"]
PATTERNS = ["x", "x*", "x+", ".*", ".+", "", "x|y", "(?i)X.?", "支.*", "[^x]*", "a.b", "(?s)a.b"]

equalities = st.builds(Matcher, st.sampled_from(NAMES), st.sampled_from(["=", "!="]), st.sampled_from(VALUES))
regexes = st.builds(Matcher, st.sampled_from(NAMES), st.sampled_from(["=~", "!~"]), st.sampled_from(PATTERNS))
alternatives = st.lists(equalities | regexes, max_size=4)
conditions = st.lists(st.lists(alternatives, max_size=3), max_size=12)
label_sets = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES))


def holds(matcher: Matcher, labels: dict[str, str]) -> bool:
    """One matcher, as its definition says."""
    value = labels.get(matcher.name, "")
    if matcher.operator in ("=", "!="):
        return (value == matcher.value) is (matcher.operator == "=")
    matches = compile_pattern(matcher.value).fullmatch(encode(value)) is not None
    return matches is (matcher.operator == "=~")


def hits(found: MatcherIndex, labels: dict[str, str]) -> list[int]:
    """What the index finds for these labels."""
    return list(found.hits(lambda name: labels.get(name, "")))


def naive(all_conditions: Sequence[Condition], labels: dict[str, str]) -> list[int]:
    """The numbers of the conditions that hold, by trying each."""
    return [
        number
        for number, condition in enumerate(all_conditions)
        if any(all(holds(matcher, labels) for matcher in alternative) for alternative in condition)
    ]


@settings(max_examples=300, deadline=None)
@given(conditions, st.lists(label_sets, min_size=1, max_size=6), st.sampled_from([0, 1, index.FEW]))
def test_the_index_finds_what_trying_each_condition_finds(
    all_conditions: list[list[list[Matcher]]], alerts: list[dict[str, str]], few: int
) -> None:
    """For any conditions and labels, several on one name and absent labels among them, the answer is the same,
    whether patterns are tried one by one or in sets."""
    found = MatcherIndex(all_conditions)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index, "FEW", few)
        for labels in [*alerts, *alerts]:
            assert hits(found, labels) == naive(all_conditions, labels)


def test_many_patterns_are_sharded_and_still_found() -> None:
    """More patterns than one set holds: each value finds its own rule, and its own alone."""
    count = 2 * index.SHARD + 50
    found = MatcherIndex([[[Matcher("alertname", "=~", f"Disk{number}(Full|Broken)")]] for number in range(count)])
    for number in (0, index.SHARD - 1, index.SHARD, count - 1):
        assert hits(found, {"alertname": f"Disk{number}Full"}) == [number]
    assert hits(found, {"alertname": "DiskFull"}) == []


def test_patterns_too_large_for_one_set_are_split() -> None:
    """Where RE2 refuses a set for its size, the patterns are matched in smaller sets, and none is lost."""
    patterns = [f"x{number}.{{0,900}}y" for number in range(60)]
    found = MatcherIndex([[[Matcher("a", "=~", pattern)]] for pattern in patterns])
    assert hits(found, {"a": "x7" + "z" * 800 + "y"}) == [7]


def test_memory_for_values_is_bounded() -> None:
    """However many values pass by, only so many are remembered, and the answers stay right."""
    found = MatcherIndex([[[Matcher("a", "=", "1")]]])
    (label,) = (label for _, label in found._labels)
    label._room = 16
    for number in range(1_000):
        assert hits(found, {"a": str(number)}) == ([0] if number == 1 else [])
    assert len(label._memo) == 16


def test_patterns_kept_by_themselves_are_bounded() -> None:
    """Values of which equality leaves one pattern each compile that one alone, and only the last of them are kept."""
    count = 200
    both = [
        [[Matcher("a", "=", str(number)), Matcher("b", "=~", f"x{number}.*"), Matcher("b", "!~", f".*y{number}")]]
        for number in range(count)
    ]
    found = MatcherIndex(both)
    for number in range(count):
        assert hits(found, {"a": str(number), "b": f"x{number}-{number}"}) == [number]
        assert hits(found, {"a": str(number), "b": f"x{number}-y{number}"}) == []
        assert hits(found, {"a": str(number), "b": f"z{number}"}) == []
    (label,) = (label for name, label in found._labels if name == "b")
    assert len(label._compiled) <= index.COMPILED


def test_a_condition_without_matchers_always_holds() -> None:
    """A rule that names no matcher is for every alert; one without any alternative is for none."""
    assert hits(MatcherIndex([[[]], []]), {}) == [0]


def test_operators_are_alertmanagers() -> None:
    """The four operators, and that a regular expression is anchored and an absent label is empty."""
    cases: list[tuple[Operator, str, str, bool]] = [
        ("=", "x", "x", True),
        ("!=", "x", "", True),
        ("=~", "x", "xx", False),
        ("=~", "x?", "", True),
        ("!~", "x", "xx", True),
        ("!~", "x.*", "xx", False),
    ]
    for operator, wanted, value, expected in cases:
        found = MatcherIndex([[[Matcher("a", operator, wanted)]]])
        assert bool(hits(found, {"a": value})) is expected


HOSTILE = [
    "(a+)+$",
    "(a|aa)+$",
    "(a|a?)+c",
    "([a-zA-Z]+)*$",
    "(.*a){12}c",
    "(a*)*(a*)*c",
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
]


@pytest.mark.parametrize("few", [0, index.FEW])
def test_no_pattern_can_make_matching_slow(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Patterns that take backtracking engines exponential time find their answer all the same, on the longest label."""
    monkeypatch.setattr(index, "FEW", few)
    found = MatcherIndex([[[Matcher("a", "=~", pattern)]] for pattern in HOSTILE])
    assert hits(found, {"a": "a" * (64 << 10)}) == [0, 1, 3]
    assert hits(found, {"a": "a" * ((64 << 10) - 1) + "!"}) == []
