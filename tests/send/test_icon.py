"""A message can be told by its sign: by tier, over, or about no incident."""

from __future__ import annotations

import dataclasses

import pytest
from tests.send.samples import message
from tests.send.talking import about_none, said

from tocsin._core.message import Message
from tocsin.send.digest import merged
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


@pytest.mark.parametrize(
    ("incidents", "sign"),
    [
        ([{"tier": "low"}, {"tier": "high"}], "🔴"),
        ([{"tier": "low"}, {"tier": "medium", "state": "restored"}], "🟡"),
        ([{"tier": "high", "state": "closed"}, {"tier": "low", "state": "restored"}], "🟢"),
    ],
)
def test_several_incidents_have_the_sign_of_the_highest(incidents: list[dict[str, str]], sign: str) -> None:
    """Of those that are not over, until all are."""
    several = [message(incident=each, incident_id=f"INC-{number}") for number, each in enumerate(incidents)]
    assert icon(merged(several)) == sign


def test_what_is_about_no_incident_has_a_sign_of_its_own() -> None:
    """Tests, and news of channels."""
    made = Message(id="d", event="test", group="command", incident="", subject="Test", text="Test", body={})
    assert icon(made) == "🔔"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("event", ["opened", "restored", "escalated"])
def test_below_a_subject_the_title_is_not_repeated(event: str, language: str) -> None:
    """The text's head begins with the title, and so does the subject, which may say more after it."""
    made = said(language, event=event)
    assert made.plain.startswith(made.subject.split(":")[0].split("(")[0])
    assert made.below.startswith("INC-261205-7K2M9P v3 | ")


def test_a_text_of_another_form_stays_whole() -> None:
    """Of a template that begins otherwise, and of a message that is about no incident."""
    assert about_none("Test\n\n- a | INC-1").below == "- a | INC-1"
    assert about_none("Test | 12:00\nAll is well.").below == "12:00\nAll is well."
    assert about_none("Tested | a | b").below == "Tested | a | b"
    other = dataclasses.replace(said(), plain="Down! | INC-261205-7K2M9P now")
    assert other.below == other.plain
