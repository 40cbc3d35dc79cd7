"""Which notices call people, which say that somebody has it or that it is over, and which only tell."""

from __future__ import annotations

from typing import get_args

import pytest
from tests.send.samples import alone, message, vendor_message
from tests.support.plans import plan as demo_plan

from tocsin._core.events import Event
from tocsin.send.paging import Deed, deed, key_of
from tocsin.send.specimen import about_channel

NEWS = ("channel_down", "channel_up")
DEEDS = {
    Deed.CALL: {
        "opened", "reopened", "tier_raised", "reclassified", "escalated", "untold", "stale", "update_due",
        "rto_warning", "rto_missed", "eta_late",
    },
    Deed.OVER: {"restored", "closed", "merged", "false_alarm"},
    Deed.TELL: {"alerts_added", "tier_lowered", "cleared", "assigned", "noted", "updated"},
    Deed.TAKEN: {"acknowledged", "contained"},
}  # fmt: skip
STATES = {"acknowledged": "acknowledged", "contained": "contained", "restored": "restored"} | dict.fromkeys(
    ("closed", "merged", "false_alarm"), "closed"
)


def test_every_event_has_its_deed() -> None:
    """No event is forgotten here, and none is in two places."""
    assert sorted(event for events in DEEDS.values() for event in events) == sorted(get_args(Event))


@pytest.mark.parametrize(
    ("event", "wanted"), [(event, done) for done, events in DEEDS.items() for event in sorted(events)]
)
def test_each_event_does_this(event: str, wanted: Deed) -> None:
    """With the incident in the state that the event brings."""
    assert deed(message(event=event, incident={"state": STATES.get(event, "open")})) is wanted


def test_another_groups_acknowledgement_stops_no_calls() -> None:
    """Only the lead's or command's counts, which is seen by the state: an incident that is open goes on calling."""
    assert deed(message(event="acknowledged", incident={"state": "open"})) is Deed.TELL


def test_what_is_over_calls_nobody() -> None:
    """An event that was made before the end, and comes after it, does not open the alert again."""
    assert deed(message(event="escalated", incident={"state": "closed"})) is Deed.TELL


@pytest.mark.parametrize(
    ("event", "wanted"),
    [("digest", Deed.CALL), ("test", Deed.CALL), ("channel_down", Deed.CALL), ("channel_up", Deed.OVER)],
)
def test_what_is_about_no_incident(event: str, wanted: Deed) -> None:
    """A digest, a test and the failure of a channel are told by an alert of their own."""
    assert deed(alone(event)) is wanted


def test_a_channel_that_is_up_again_ends_what_said_that_it_was_down() -> None:
    """Both are about the channel; a digest and a test are about themselves."""
    plan = demo_plan()
    down, up = (about_channel(event, "business-hook", "command-hook", plan, 0, error="") for event in NEWS)
    assert key_of(down) == key_of(up) == "channel-business-hook"
    assert key_of(alone("digest")) == "alone-1"
    assert key_of(message()) == "INC-261205-7K2M9P"


def test_a_vendor_that_is_not_asked_any_more_is_called_no_more() -> None:
    """To a vendor ``reclassified`` says that the incident is another's now."""
    assert deed(vendor_message("reclassified")) is Deed.OVER
    assert deed(vendor_message("escalated")) is Deed.CALL
