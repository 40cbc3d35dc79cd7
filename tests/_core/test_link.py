"""The token of an answer link: what it says, that nobody else can make one, and that it is short."""

from __future__ import annotations

import pytest
from tests.send.samples import delivery

from tocsin._core.ids import delivery_id, incident_id, notice_id
from tocsin._core.link import LIVES, BadLink, Link, link_of, read_token, token_of
from tocsin._core.times import SECOND

KEY = bytes(range(32))


def test_it_says_what_its_delivery_says() -> None:
    """Delivery, groups in the plan's order, and seven days from the delivery on; by the delivery alone, so that every
    try says the same."""
    sent = delivery("command", groups=("technical", "command"), created_at=1_780_000_000_123)
    link = link_of(sent)
    assert link.incident == sent.incident
    assert (link.delivery, link.groups) == (sent.id, ("command", "technical"))
    assert link.expires == (1_780_000_000_123 + LIVES) // SECOND * SECOND
    assert read_token(token_of(link, KEY), KEY) == link
    assert token_of(link_of(sent), KEY) == token_of(link, KEY)


def test_it_is_short_and_plain() -> None:
    """At most 90 characters, however long the incident goes on, of letters, digits and dashes."""
    incident = incident_id("k", 1_780_000_000_000)
    longest = delivery("data", id=delivery_id(notice_id(incident, 99_999_999), "data", "data-hook"))
    token = token_of(link_of(longest), KEY)
    assert len(token) <= 90
    assert set(token) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert read_token(token, KEY).incident == incident


@pytest.mark.parametrize("groups", [("legal",), ("command", "technical", "business", "legal", "data")])
def test_no_character_may_be_changed(groups: tuple[str, ...]) -> None:
    """A token with any one character changed, left out or doubled is refused; so are an end of another time or other
    groups under its seal."""
    token = token_of(link_of(delivery(groups[0], groups=groups)), KEY)
    for place, char in enumerate(token):
        for other in {"a", "b", "z", "2", "7", "-", "A", "é"} - {char}:
            with pytest.raises(BadLink):
                read_token(token[:place] + other + token[place + 1 :], KEY)
        for changed in (token[:place] + token[place + 1 :], token[:place] + char + token[place:]):
            if changed != token:
                with pytest.raises(BadLink):
                    read_token(changed, KEY)


@pytest.mark.parametrize("text", ["", "-", "x", "a" * 200, "%00", "inc-1-1-" + "=" * 34, "inc-1-1-" + "a" * 34])
def test_what_is_no_token_is_refused(text: str) -> None:
    """Whatever else stands in the path."""
    with pytest.raises(BadLink):
        read_token(text, KEY)


def test_another_key_makes_another_seal() -> None:
    """Who has not the key can make none."""
    link = Link(delivery="inc-261205-7k2m9p-1-0123456789ab", groups=("data",), expires=1_780_000_000_000)
    with pytest.raises(BadLink, match="not ours"):
        read_token(token_of(link, KEY), KEY[::-1])
