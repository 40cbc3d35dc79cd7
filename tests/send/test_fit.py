"""Text is cut where a reader would cut it, and never longer than the tool takes it."""

from __future__ import annotations

import html
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin._core.message import Link
from tocsin.send.fit import fit, fit_json, fit_lines, fit_links, utf8, utf16

FAMILY = "👩‍👩‍👧‍👦"
SCOTLAND = "🏴󠁧󠁢󠁳󠁣󠁴󠁿"


@pytest.mark.parametrize(
    ("text", "most", "shown"),
    [
        ("payments", 8, "payments"),
        ("payments", 7, "paymen…"),
        ("payments are down", 10, "payments…"),
        ("payments", 1, "…"),
        ("payments", 0, ""),
        ("", 0, ""),
        ("支付网关中断", 4, "支付网…"),
        ("café", 4, "café"),
        ("cafe\u0301 noir", 5, "caf…"),
        (f"ok {FAMILY} all", 8, "ok…"),
        (f"ok {FAMILY} all", 11, f"ok {FAMILY}…"),
        ("👍🏽 yes", 2, "…"),
        ("👍🏽 yes", 3, "👍🏽…"),
        ("🇨🇳🇫🇷!!", 4, "🇨🇳…"),
        ("🇨🇳🇫🇷!!", 3, "🇨🇳…"),
        (f"{SCOTLAND}{SCOTLAND}", 10, f"{SCOTLAND}…"),
        ("\u1112\u1161\u11ab\u1100\u1173\u11af", 5, "\u1112\u1161\u11ab…"),
        ("a\ud83d\ude00b", 3, "a…"),
    ],
)
def test_it_is_cut_between_what_a_reader_takes_for_characters(text: str, most: int, shown: str) -> None:
    """With an ellipsis, without space before it; letters keep their accents, and flags and families stay whole."""
    assert fit(text, most) == shown


@pytest.mark.parametrize(
    ("text", "chars", "units", "octets"),
    [("pay", 3, 3, 3), ("支付", 2, 2, 6), ("😀", 1, 2, 4), ("e\u0301", 2, 2, 3), ("\ud800", 1, 1, 3)],
)
def test_tools_count_differently(text: str, chars: int, units: int, octets: int) -> None:
    """Characters, units of UTF-16 and bytes of UTF-8, of broken text too."""
    assert (len(text), utf16(text), utf8(text)) == (chars, units, octets)


@pytest.mark.parametrize(
    ("most", "shown"),
    [
        (80, "- Payment gateway down | INC-1\n- Disk | INC-2\nas before"),
        (50, "- Payment gatewa… | INC-1\n- Disk | INC-2\nas before"),
        (38, "- Pa… | INC-1\n- Di… | INC-2\nas before"),
        (30, "… | INC-1\n… | INC-2\nas before"),
        (12, "… | INC-1\n…"),
    ],
)
def test_of_several_lines_none_is_lost(most: int, shown: str) -> None:
    """The longest are cut first, and keep what they are known by; only where there is no room at all the last goes."""
    assert fit_lines("- Payment gateway down | INC-1\n- Disk | INC-2\nas before", most) == shown


def test_what_escaping_makes_of_it_can_be_counted() -> None:
    """The text is cut before it is escaped, so that no escape sequence is cut in two."""
    cut = fit("a < b < c < d", 15, lambda text: utf8(html.escape(text)))
    assert html.escape(cut) == "a &lt; b…"
    assert utf8(html.escape(cut)) <= 15


@given(
    st.text(st.sampled_from("ab \u0301\u200d👍🏽🇨🇳支\ud83d\ude00<&\n\u1112\u1161") | st.characters(), max_size=60),
    st.integers(0, 80),
    st.sampled_from([len, utf8, utf16, lambda text: utf8(html.escape(text))]),
)
def test_it_is_never_longer_than_allowed(text: str, most: int, size: object) -> None:
    """By any way of counting: what fits is as it was, and what is cut is its beginning and an ellipsis."""
    assert callable(size)
    shown = fit(text, most, size)
    assert size(shown) <= most or not shown
    if size(text) <= most:
        assert shown == text
    elif shown:
        assert shown.endswith("…")
        assert text.startswith(shown[:-1])


@given(st.text(max_size=80), st.integers(40, 200))
def test_a_body_is_cut_by_its_text(text: str, most: int) -> None:
    """As many bytes as the tool takes, in JSON and UTF-8; all else in the body stays."""
    made = fit_json(lambda part: {"kind": "text", "part": part}, text, most)
    assert len(made) <= most
    body = json.loads(made)
    assert body["kind"] == "text"
    if body["part"] != text and max(text) < "\ud800":
        assert body["part"] == "" or text.startswith(body["part"][:-1])


def test_the_first_links_are_kept() -> None:
    """In their order, as long as they fit together."""
    links = [Link(name=str(size), title="支", url="u" * size) for size in (7, 17, 1)]
    assert [link.name for link in fit_links(links, 30)] == ["7", "17"]
    assert [link.name for link in fit_links(links, 29)] == ["7"]
    assert list(fit_links(links, 9)) == []
