"""The sign before a subject where a tool has no colours, so that a list of messages can be read at a glance."""

from __future__ import annotations

from tocsin._core.message import Message

_BY_TONE = {"high": "🔴", "medium": "🟠", "low": "🟡", "over": "🟢"}
_OTHER = "🔔"


def icon(message: Message) -> str:
    """One emoji: by tier, another when all is over, and a third where it is about no incident."""
    return _BY_TONE.get(message.tone, _OTHER)
