"""Text that is nobody's markup: what alerts and people say is shown as it is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.report.reading import marks, shown

from tocsin._core.clean import one_line
from tocsin.report.markdown import bullets, plain, table

PIECES = (
    *"\\`*_[]()<>|&~$^!#+-=.:{}\"'@ 1x\n\t",
    *("https://a.b", "www.a.b", "<b>", "</td>", "&amp;", "![a](b)", "[a](b)", "[a]: b", "~~x~~", "1. ", "---", "```"),
    *("    x", "文", "http:\\//a.b", "<!--", "\u2028", "\x1b[2J"),
)
texts = st.lists(st.sampled_from(PIECES), max_size=10).map("".join) | st.text(max_size=20)


@given(texts)
def test_text_is_shown_as_it_is(text: str) -> None:
    """Alone, in a list and in a table any text is read as it was written, and makes no mark."""
    words = one_line(text, 2000)
    assert shown(plain(text)).strip() == words
    assert marks(plain(text)) <= {"p"}
    listed = "\n".join(bullets([plain(text)]))
    assert (shown(listed).strip(), marks(listed)) == (words, {"ul", "li"})
    cells = "\n".join(table(["a", "b"], [[plain(text), "c"]]))
    assert marks(cells) == {"table", "thead", "tbody", "tr", "th", "td"}
    assert shown(cells).split("\n")[-6].strip() == words


def test_no_link_is_made_of_an_address() -> None:
    """The ways in which GitHub's kind of Markdown links what stands bare are broken."""
    assert plain("see https://evil.example and www.evil.example") == "see https\\://evil.example and www\\.evil.example"
