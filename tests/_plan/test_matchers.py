"""The matcher grammar, which is Alertmanager's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin._core.matcher import Matcher, Operator
from tocsin._plan.matchers import MatcherError, parse_matchers

SOUND: list[tuple[str, list[tuple[str, str, str]]]] = [
    ('severity="critical"', [("severity", "=", "critical")]),
    (" severity = critical ", [("severity", "=", "critical")]),
    ('a!="x",b=~"y.*" , c!~z', [("a", "!=", "x"), ("b", "=~", "y.*"), ("c", "!~", "z")]),
    ('{a="x",}', [("a", "=", "x")]),
    ('foo=""', [("foo", "=", "")]),
    ('"with space/."="x"', [("with space/.", "=", "x")]),
    ('标签="支付"', [("标签", "=", "支付")]),
    ('labels.service="kube-dns"', [("labels.service", "=", "kube-dns")]),
    (r'a="say \"hi\" \\ \n"', [("a", "=", 'say "hi" \\ \n')]),
    (r'a=~"x\.y\d+"', [("a", "=~", r"x\.y\d+")]),
    (r'a=~"x\\.y"', [("a", "=~", r"x\.y")]),
    ('a=~"(?i)warn(ing)?"', [("a", "=~", "(?i)warn(ing)?")]),
    ('a="b,c}d"', [("a", "=", "b,c}d")]),
    (r'a=~"\Q\C\E"', [("a", "=~", r"\Q\C\E")]),
]

BROKEN: list[tuple[str, int, str]] = [
    ("", 0, "expected a label name"),
    ("{}", 1, "expected a label name"),
    ("a", 1, "write =, !=, =~ or !~ after a"),
    ('a=="x"', 2, "expected a value after ="),
    ("a=", 2, "the text ends"),
    ('=~"x"', 0, "expected a label name"),
    ('""="x"', 0, "cannot be empty"),
    ('a="x', 2, "never closed"),
    ('{a="x"', 6, "never closed"),
    ('a="x"}', 5, "unexpected '}'"),
    ("a=x y", 4, "put a comma between matchers"),
    ("a='x'", 2, "in double quotes"),
    ('a="x",,b="y"', 6, "expected a label name"),
    ('a=~"("', 3, "missing )"),
    ('a=~"x(?=y)"', 3, "no regular expression that RE2 takes"),
    (r'a=~"(x)\1"', 3, "no regular expression that RE2 takes"),
    (r'a!~"\C"', 3, r"\C is not taken"),
]


@pytest.mark.parametrize(("text", "expected"), SOUND, ids=[text for text, _ in SOUND])
def test_sound_matchers(text: str, expected: list[tuple[str, Operator, str]]) -> None:
    """Quoted and bare words, all operators, several by commas, braces, any UTF-8, escapes as Alertmanager has them."""
    assert parse_matchers(text) == tuple(Matcher(*parts) for parts in expected)


@pytest.mark.parametrize(("text", "offset", "said"), BROKEN, ids=[text or "empty" for text, _, _ in BROKEN])
def test_broken_matchers_say_where_and_what(text: str, offset: int, said: str) -> None:
    """Each mistake is found at its character, with words that say what to write."""
    with pytest.raises(MatcherError) as caught:
        parse_matchers(text)
    assert said in str(caught.value)
    assert caught.value.offset == offset


@given(st.text(min_size=1).filter(lambda name: name.isprintable()), st.sampled_from(["=", "!="]), st.text())
def test_what_is_printed_can_be_read_again(name: str, operator: Operator, value: str) -> None:
    """A matcher with any value at all survives being written out and parsed."""
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    written = str(Matcher("x", operator, value)).replace("x", f'"{quoted}"', 1)
    assert parse_matchers(written) == (Matcher(name, operator, value),)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes the parser fail in another way than by saying what is wrong, at a place within the text."""
    try:
        assert parse_matchers(text)
    except MatcherError as error:
        assert 0 <= error.offset <= len(text)
