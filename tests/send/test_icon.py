"""A message can be told by its sign: by tier, over, or about no incident."""

from __future__ import annotations

import pytest
from tests.send.samples import message

from tocsin._core.message import Message
from tocsin.send.icon import icon


@pytest.mark.parametrize(
    ("incident", "sign"),
    [
        ({}, "🔴"),
        ({"tier": "medium"}, "🟠"),
        ({"tier": "low", "state": "contained"}, "🟡"),
        ({"state": "restored"}, "🟢"),
        ({"tier": "low", "state": "closed"}, "🟢"),
    ],
)
def test_the_sign_follows_tier_and_state(incident: dict[str, str], sign: str) -> None:
    """Over goes before the tier."""
    assert icon(message(incident=incident)) == sign


def test_what_is_about_no_incident_has_a_sign_of_its_own() -> None:
    """Digests, tests and news of channels."""
    made = Message(id="d", event="test", group="command", incident="", subject="Test", text="Test", body={})
    assert icon(made) == "🔔"


def test_below_a_title_the_subject_is_not_repeated() -> None:
    """The text begins with the subject; a text that does not stays whole."""
    made = message()
    assert made.plain.startswith(f"{made.subject} | INC-261205-7K2M9P")
    assert made.below.startswith("INC-261205-7K2M9P v3 | open")
    assert (
        Message(id="d", event="test", group="data", incident="", subject="S", text="", body={}, plain="T").below == "T"
    )
