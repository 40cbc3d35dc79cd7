"""What rich tools are given beside the text: its lines that are links, apart from the others."""

from __future__ import annotations

from tests.send.samples import delivery, notice

from tocsin._core.message import Link
from tocsin.send.body import render


def test_links_are_apart_from_the_text() -> None:
    """The plain text has no line that is a link; each link has a title in the notice's language, the answer first."""
    said = render(notice(), delivery(), external_url="https://t.example", respond="https://t.example/r/abc")
    assert "Answer: https://t.example/r/abc" in said.text.split("\n")
    assert "https://" not in said.plain
    assert said.plain.split("\n")[0] == said.text.split("\n")[0]
    assert said.links[0] == Link(name="respond", title="Answer", url="https://t.example/r/abc")
    assert all(link.title and f"{link.title}: {link.url}" in said.text for link in said.links)


def test_its_tier_and_end_are_at_hand() -> None:
    """Tools colour by tier, and stop asking when it is over."""
    said = render(notice(), delivery(), external_url="")
    assert (said.tier, said.is_over) == ("high", False)
