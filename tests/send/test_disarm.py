"""Untrusted text makes no mark-up where a tool's Markdown knows no escape, and is hardly changed by that."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tocsin._core.message import Link
from tocsin.send.disarm import disarmed, linked

PARSER = MarkdownIt("commonmark", {"html": True})
TEXT_ALONE = {"text", "softbreak", "hardbreak"}
PIECES = [
    "<@all>", "<at id=all></at>", "<font color=\"info\">", "[pay](http://evil.example)", "![x](http://evil.example/x)",
    "[a]: http://evil.example", "<http://evil.example>", "&lt;@all&gt;", "**bold**", "__bold__", "_it_", "`code`",
    "~~no~~", "\\", "\n# head", "\n > quote", "\n  ## h", "\n---\n", "\n===",
    "] (", "snake_case_name", "支付", "\n", " ", "(", ")", "&", "a",
]  # fmt: skip


def markup(text: str) -> list[str]:
    """What CommonMark makes of a text, beyond paragraphs, their lines and lists."""
    tokens = PARSER.parse(text)
    inner = [child.type for token in tokens for child in token.children or () if child.type not in TEXT_ALONE]
    return inner + [token.type for token in tokens if token.type.startswith(("heading", "blockquote", "html", "hr"))]


@pytest.mark.parametrize(
    "text",
    [
        "【高】【关键功能中断】支付网关中断 | INC-261205-7K2M9P v3 | RTO 截止 2026-12-05 11:00 UTC+8,已用 1%",
        "[HIGH][Critical function outage] Payment gateway down",
        "instances: pay_gw_1.internal:9100, cpu > 80 %, a -> b; R&D (x)",
    ],
)
def test_plain_text_stays_as_it_is(text: str) -> None:
    """Brackets, dashes, names with underscores and arrows are no mark-up by themselves."""
    assert disarmed(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<@all> now", "＜@all> now"),
        ("<font color='info'>fine</font>", "＜font color='info'>fine＜/font>"),
        ("[pay](http://evil.example)", "[pay］(http://evil.example)"),
        ("**loud** `code` __init__", "∗∗loud∗∗ ˋcodeˋ ＿＿init＿＿"),
        ("# 1\n> 2\na # b", "＃ 1\n＞ 2\na # b"),
        ("one\n   ## 2\n---\ntwo\n=", "one\n   ＃# 2\n–––\ntwo\n＝"),
        ("&lt;@all&gt;", "＆lt;@all＆gt;"),
    ],
)
def test_what_would_be_markup_becomes_what_looks_like_it(text: str, shown: str) -> None:
    """So that it reads as it was written."""
    assert disarmed(text) == shown


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join))
def test_no_text_makes_markup(text: str) -> None:
    """By a real parser: no link, picture, tag, code, emphasis, heading or quotation; nothing that begins a tag."""
    shown = disarmed(text)
    assert markup(shown.replace("\u0000", "")) == []
    assert "<" not in shown
    assert not re.search(r"\]\s*\(", shown)


@given(st.text(max_size=20), st.text(st.sampled_from("ab()<>[]\"'` \n_*~é/"), max_size=20))
def test_a_link_is_one_link(title: str, rest: str) -> None:
    """Whatever its title and its address are, it goes to that address and ends where it should."""
    made = linked(Link(name="x", title=f"t{title}", url=f"https://wiki.example/{rest}"))
    assert re.fullmatch(r"\[[^\[\]]*\]\(https://wiki\.example/[^\s()<>\[\]]*\)", made, re.DOTALL)
