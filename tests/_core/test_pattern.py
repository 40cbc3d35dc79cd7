"""Patterns are read once; what fills them is data."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin._core.pattern import Pattern, PatternError, TextPattern


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("plain", "plain"),
        ("", ""),
        ("{a}", "<a>"),
        ("of {a} and {labels.b}.", "of <a> and <labels.b>."),
        ("{{a}}", "{a}"),
        ("{{{a}}}", "{<a>}"),
        ("{a}{a}", "<a><a>"),
    ],
)
def test_names_in_braces_are_filled_in(text: str, filled: str) -> None:
    """Doubled braces are braces; all else in braces is a name."""
    assert Pattern.parse(text).fill(lambda name: f"<{name}>") == filled


@pytest.mark.parametrize(
    ("text", "offset", "width"), [("a {b", 2, 1), ("a }", 2, 1), ("{}", 0, 2), ("x{ a }", 1, 5), ("{a{b}", 0, 1)]
)
def test_broken_braces_say_where(text: str, offset: int, width: int) -> None:
    """The characters that are meant, for a caret under them."""
    with pytest.raises(PatternError) as caught:
        Pattern.parse(text)
    assert (caught.value.offset, caught.value.width) == (offset, width)


@given(st.text(), st.text())
def test_a_value_is_never_a_pattern(literal: str, value: str) -> None:
    """Any text, with its braces doubled, comes out as it is; and so does any value, whatever is in it."""
    written = literal.replace("{", "{{").replace("}", "}}")
    assert Pattern.parse(f"{written}{{a}}{written}").fill(lambda name: value) == literal + value + literal


def test_which_titles_all_groups_may_read() -> None:
    """Those that show nothing but the plan's words, in both languages."""
    words, label = Pattern.parse("{service} in {location}"), Pattern.parse("{service} on {instance}")
    assert TextPattern(words, words).own_words_only
    assert not TextPattern(words, label).own_words_only
    assert TextPattern(words, label).names == {"service", "location", "instance"}
