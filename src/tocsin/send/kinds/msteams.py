"""Channel kind ``msteams``: a Teams channel or chat, by a webhook of Workflows (Power Automate).

A message is an Adaptive Card. All text of others stands in text runs, in which Teams reads no Markdown, so it mentions
nobody and is no mark-up. A workflow answers 202 before it has posted; what goes wrong after that is in its run history
alone. It has no threads.

Settings: ``url`` (the workflow's address).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import aiohttp

from tocsin._core.clock import Clock
from tocsin._core.message import Mention, Message
from tocsin._core.plan import Channel
from tocsin._core.times import SECOND
from tocsin.send.disarm import disarmed
from tocsin.send.endpoint import Endpoint, in_json
from tocsin.send.fit import fit, fit_links, utf16
from tocsin.send.kind import Kind, Rate
from tocsin.send.look import called

MOST = 28_000
"""Bytes of a body, of UTF-16 as Teams keeps it: a little less than 28 KB."""

_MOST_LINKS, _MOST_BUTTONS = 3_000, 6
_COLOURS = {"high": "Attention", "medium": "Warning", "low": "Accent", "over": "Good"}


class Teams:
    """An ``msteams`` channel. The session is shared between channels and not closed here."""

    def __init__(self, channel: Channel, *, session: aiohttp.ClientSession, clock: Clock) -> None:
        self._endpoint = Endpoint.of(channel, session=session, clock=clock)

    async def send(self, message: Message) -> str:
        """Post it. A page in place of the empty answer comes from a proxy on the way, which has sent nothing on."""
        below = fit(message.below, MOST, lambda part: 2 * utf16(in_json(posted(message, part)).decode()))
        answer = await self._endpoint.post(in_json(posted(message, below)), {"Content-Type": "application/json"})
        if answer.lstrip().startswith(b"<"):
            raise self._endpoint.again(f"a page, not the answer of a workflow: {answer.decode('utf-8', 'replace')}")
        return ""

    async def check(self) -> bool:
        """A workflow can be asked nothing."""
        return False

    async def close(self) -> None:
        """Nothing of its own is open."""


def posted(message: Message, below: str) -> Mapping[str, Any]:
    """What a workflow takes: a message with one card."""
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card(message, below),
    }
    return {"type": "message", "attachments": [attachment]}


def card(message: Message, below: str) -> Mapping[str, Any]:
    """The card of a message, with this text below its subject."""
    colour = _COLOURS.get(message.tone, "Default")
    head = _line({"text": message.subject, "weight": "Bolder", "size": "Medium", "color": colour})
    people = [_Called(mention) for mention in message.mentions]
    mentions = [{"type": "TextBlock", "text": " ".join(each.text for each in people), "wrap": True}] if people else []
    links = list(fit_links(message.links[:_MOST_BUTTONS], _MOST_LINKS))
    return {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": message.subject,
        "msteams": {"width": "Full", "entities": [each.entity for each in people if each.entity]},
        "body": [head, *_lines(below), *mentions],
        "actions": [{"type": "Action.OpenUrl", "title": link.title, "url": link.url} for link in links],
    }


class _Called:
    """A person in a card: the ``text`` to be read, and the ``entity`` that makes it a mention of a known account."""

    def __init__(self, mention: Mention) -> None:
        name = disarmed(called(mention)).replace(">", "＞")
        account = mention.account or mention.email
        self.text = f"<at>{name}</at>" if account else f"@{name}"
        self.entity: Mapping[str, Any] | None = None
        if account:
            self.entity = {"type": "mention", "text": self.text, "mentioned": {"id": account, "name": name}}


def _lines(text: str) -> Iterator[dict[str, Any]]:
    """A block for each line, since a line break within one is not shown everywhere; an empty line is a gap."""
    gap = "Medium"
    for line in text.split("\n"):
        if line:
            yield _line({"text": line}, gap)
        gap = "None" if line else "Medium"


def _line(run: Mapping[str, Any], gap: str = "None") -> dict[str, Any]:
    return {"type": "RichTextBlock", "spacing": gap, "inlines": [{"type": "TextRun", **run}]}


KIND = Kind(open=Teams, rate=Rate(4, SECOND))
