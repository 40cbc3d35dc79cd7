"""What a message looks like in a chat: its colour by tier, and its text in parts.

The subject says the tier in words too, so nothing is told by colour alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from tocsin._core.message import Mention, Message

_BY_TONE = {"high": 0xD32F2F, "medium": 0xF57C00, "low": 0xFBC02D, "over": 0x388E3C}
_OTHER = 0x607D8B


@dataclass(frozen=True, slots=True)
class Parts:
    """A message's plain text. ``state`` is how the incident stands, on one line: what its head says after the title,
    which the subject says too; ``""`` where it has no such head. ``rest`` is all below."""

    state: str
    rest: str


def colour(message: Message) -> int:
    """Red, green and blue in one number: by tier, another when the incident is over or the message is about none."""
    return _BY_TONE.get(message.tone, _OTHER)


def parts(message: Message) -> Parts:
    """The plain text in parts."""
    head, _, rest = message.below.partition("\n")
    if message.incident and head.startswith(f"{message.incident} "):
        return Parts(head, rest.strip("\n"))
    return Parts("", message.below.strip("\n"))


def called(mention: Mention) -> str:
    """A mentioned person's name for people, where the tool has no account of theirs."""
    return mention.title or mention.person
