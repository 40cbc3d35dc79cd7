"""What a message looks like in a chat: its colour by tier, and its text in parts.

The subject says the tier in words too, so nothing is told by colour alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from tocsin._core.message import Mention, Message
from tocsin.send.disarm import disarmed, linked
from tocsin.send.fit import fit_links

_BY_TONE = {"high": 0xD32F2F, "medium": 0xF57C00, "low": 0xFBC02D, "over": 0x388E3C}
_OTHER = 0x607D8B
_CALLS = re.compile(r"(?<![A-Za-z0-9])@(?=\w)")
"""The sign before a name; within a mail address it is none."""


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


def uncalled(text: str) -> str:
    """What others said, in which a chat finds nobody to call: an ``@`` before a name becomes one that looks like it."""
    return _CALLS.sub("＠", text)


def unhidden(text: str) -> str:
    """What others said, of which a chat hides nothing: two bars, which would, become two that look like them."""
    return text.replace("||", "｜｜")


def listed(message: Message, most: int) -> str:
    """The links on one line of Markdown, as many of them as have room in so many bytes."""
    links = (replace(link, title=unhidden(uncalled(disarmed(link.title)))) for link in fit_links(message.links, most))
    return " · ".join(map(linked, links))
