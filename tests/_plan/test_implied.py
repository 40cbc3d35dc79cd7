"""What matchers say of each other, and rules that can never decide: what is said so is so."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin._core.matcher import Matcher, holds
from tocsin._plan.implied import Alternative, excluded, follows, possible, words_of
from tocsin._plan.matchers import parse_matchers
from tocsin._plan.reach import Blocked, alternatives, decides
from tocsin._plan.rules import RuleEntry


def all_of(text: str) -> Alternative:
    """Matchers as they are written."""
    return parse_matchers(text)


@pytest.mark.parametrize(
    "text",
    ['a="x", a="y"', 'a="x", a!="x"', 'a="x", a=~"y.*"', 'a="x", a!~"x|y"', 'a=~"x|y", a=~"z|w"', 'a=~"x.*", a!~"x.*"'],
)
def test_what_excludes_itself(text: str) -> None:
    """No value fits them all."""
    assert excluded(all_of(text)) == "a"


@pytest.mark.parametrize("text", ['a="x", b="y"', 'a=~"x|y", a!="x"', 'a!="x", a!="y"', 'a=~"x.*", a=~".*y"', 'a=""'])
def test_what_does_not_exclude_itself(text: str) -> None:
    """Some value fits, or none is known not to."""
    assert excluded(all_of(text)) == ""


@pytest.mark.parametrize(
    ("wider", "narrower", "expected"),
    [
        ('a=~"x.*"', 'a="xy"', True),
        ('a=~"x.*"', 'a=~"xy|xz"', True),
        ('a=~"x.*"', 'a=~"xy|z"', False),
        ('a=~"x.*"', 'a=~"x.*", b="1"', True),
        ('a!="x"', 'a="y"', True),
        ('a!~"x|z"', 'a=~"y|w"', True),
        ('a!="x"', 'b="y"', False),
        ('a=~".*"', 'b="y"', True),
        ('a=""', 'b="y"', False),
    ],
)
def test_what_follows(wider: str, narrower: str, expected: bool) -> None:
    """A matcher follows from others where it holds for every value that they leave."""
    (matcher,), alternative = all_of(wider), all_of(narrower)
    assert follows(matcher, alternative, possible(alternative)) is expected


def test_words() -> None:
    """A list of words is known as such; anything with a character that means something is not."""
    assert words_of(Matcher("a", "=~", "x y|z-1")) == ("x y", "z-1")
    assert words_of(Matcher("a", "=~", "x.y")) is None
    assert words_of(Matcher("a", "=~", "(?i)x")) is None
    assert words_of(Matcher("a", "!=", "x")) is None


VALUES = ("", "x", "y", "xy")
PATTERNS = ("x|y", "x.*", ".*y", "x", ".+", ".*", "z|")
MATCHERS = st.builds(
    lambda name, operator, value, pattern: Matcher(name, operator, pattern if "~" in operator else value),
    st.sampled_from("ab"),
    st.sampled_from(("=", "!=", "=~", "!~")),
    st.sampled_from(VALUES),
    st.sampled_from(PATTERNS),
)
TEXTS = st.lists(MATCHERS, max_size=3).map(lambda matchers: ", ".join(map(str, matchers)))


def entry(number: int, match: str, either: list[str], **fields: Any) -> RuleEntry:
    """A rule with these matchers."""
    texts: dict[str, Any] = {"name": f"r{number}", "match": [match] if match else [], **fields}
    texts["match_any"] = [text for text in either if text]
    return RuleEntry.model_validate(texts)


RULES = st.lists(
    st.tuples(TEXTS, st.lists(TEXTS, max_size=2), st.sampled_from(("decide", "go on", "drop"))), max_size=8
)
KINDS: dict[str, dict[str, Any]] = {"decide": {}, "go on": {"continue": True}, "drop": {"drop": "why"}}


@given(RULES)
def test_what_is_said_never_to_decide_never_does(written: list[tuple[str, list[str], str]]) -> None:
    """Over all alerts of two labels with four values each, a rule that is said to be blocked is never reached."""
    rules = [entry(number, match, either, **KINDS[kind]) for number, (match, either, kind) in enumerate(written)]
    blocked = {index for index, _ in Blocked(enumerate(rules)).found()}
    for a in VALUES:
        for b in VALUES:
            labels = {"a": a, "b": b}
            for number, rule in enumerate(rules):
                if any(all(holds(m, labels[m.name]) for m in each) for each in alternatives(rule)):
                    assert number not in blocked
                    if decides(rule):
                        break


def test_ten_thousand_rules_are_compared_soon() -> None:
    """Each rule is compared with few others, however many there are: this would take minutes else."""
    rules = [
        entry(number, f'alertname="Alert{number}", service=~"shop-{number % 50}.*", severity!="info"', [])
        for number in range(10_000)
    ]
    rules.append(entry(10_000, 'alertname="Alert7", service="shop-7-x", severity="critical"', []))
    assert [index for index, _ in Blocked(enumerate(rules)).found()] == [10_000]
