"""What a notice is to a tool that calls people: which of its few verbs, if any. Pure.

Such a tool keeps one alert for an incident. It calls people until somebody has taken it, and forgets it when it is
over; so an update that asks nobody for anything must not open it again.
"""

from __future__ import annotations

from enum import Enum

from tocsin._core.message import Message
from tocsin._core.plan import VENDOR


class Deed(Enum):
    """What a notice does to the alert."""

    CALL = "call"
    """Somebody should be called: the alert is opened, or told again where it is open."""
    TAKEN = "taken"
    """Somebody has it: nobody else is called."""
    OVER = "over"
    """It is over: the alert is closed."""
    TELL = "tell"
    """It is only told; the alert stays as it is."""


_CALLS = frozenset({
    "opened", "reopened", "tier_raised", "reclassified", "escalated", "untold", "stale", "update_due", "rto_warning",
    "rto_missed", "eta_late",
})  # fmt: skip
_TAKES = {"acknowledged": ("acknowledged", "contained"), "contained": ("contained",)}
"""With the states in which it counts: another group's acknowledgement leaves the incident open, and stops nothing."""

_ENDS = frozenset({"restored", "closed", "merged", "false_alarm"})


def key_of(message: Message) -> str:
    """What names the alert at the tool: the incident, the channel that is down, or the message itself."""
    if message.event in ("channel_down", "channel_up"):
        return f"channel-{message.body['channel']}"
    return message.incident or message.id


def deed(message: Message) -> Deed:
    """What this message does to the alert at the tool."""
    event = message.event
    if not message.incident:
        return Deed.OVER if event == "channel_up" else Deed.CALL
    if event in _ENDS or (event == "reclassified" and message.group == VENDOR):  # a vendor that is not asked any more
        return Deed.OVER
    if message.body["incident"]["state"] in _TAKES.get(event, ()):
        return Deed.TAKEN
    return Deed.CALL if event in _CALLS and not message.is_over else Deed.TELL
