"""The sign before a subject where a tool has no colours, so that a list of messages can be read at a glance."""

from __future__ import annotations

from tocsin._core.message import Message

_BY_TIER = {"high": "🔴", "medium": "🟠", "low": "🟡"}
_OVER = "🟢"
_OTHER = "🔔"


def icon(message: Message) -> str:
    """One emoji: by tier, another when the incident is over, and a third where it is about no incident."""
    return _OVER if message.is_over else _BY_TIER.get(message.tier, _OTHER)
