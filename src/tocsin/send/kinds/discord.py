"""Channel kind ``discord``: a message with an embed, by a webhook.

Settings: ``url`` (the webhook), ``forum`` (its channel is a forum, and each incident a post of its own), and those of
the way there. A webhook can neither reply nor begin a thread but in a forum, so elsewhere each message stands alone.
It is asked to wait, so that a yes means that the message is there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import aiohttp

from tocsin._core.clock import Clock
from tocsin._core.errors import SendRefused, TrySendAgain
from tocsin._core.message import Mention, Message
from tocsin._core.plan import Channel
from tocsin._core.times import MINUTE
from tocsin.send.disarm import disarmed
from tocsin.send.endpoint import LONGEST_RETRY_AFTER, Endpoint, answered, in_json
from tocsin.send.fit import fit, utf16
from tocsin.send.icon import icon
from tocsin.send.kind import Kind, Rate
from tocsin.send.look import called, colour, listed, uncalled, unhidden

_CONTENT, _DESCRIPTION, _NAME, _LINKS, _PEOPLE = 2000, 4096, 100, 1500, 15
_ACCOUNT = re.compile(r"(&?)(\d{15,20})", re.ASCII)
_GONE = frozenset({10003, 160005})
"""There is no such thread any more; it is locked."""


class Discord:
    """A ``discord`` channel. The session is shared between channels and not closed here."""

    def __init__(self, channel: Channel, *, session: aiohttp.ClientSession, clock: Clock) -> None:
        self._endpoint = Endpoint.of(channel, session=session, clock=clock)
        self._is_forum: bool = channel.settings.get("forum", False)

    async def send(self, message: Message) -> str:
        """Post it, in the incident's thread where it has one. Raises ``TrySendAgain`` or ``SendRefused``."""
        post = body(message)
        if not self._is_forum:
            await self._post(post)
            return ""
        if message.thread:
            try:
                await self._post(post, thread_id=message.thread)
            except SendRefused as error:
                if answered(error.answer).get("code") not in _GONE:
                    raise
            else:
                return message.thread
        said = await self._post({**post, "thread_name": fit(message.subject, _NAME, utf16) or message.event})
        return str(said.get("channel_id", "")) if message.incident else ""

    async def check(self) -> bool:
        """Ask for the webhook itself."""
        self._sure(await self._endpoint.get(self._endpoint.url.with_query(None)))
        return True

    async def close(self) -> None:
        """Nothing of its own is open."""

    async def _post(self, post: Mapping[str, Any], **query: str) -> Mapping[str, Any]:
        to = self._endpoint.url.update_query(wait="true", **query)
        try:
            answer = await self._endpoint.post(in_json(post), {"Content-Type": "application/json"}, to=to)
        except TrySendAgain as error:
            seconds = answered(error.answer).get("retry_after")
            if error.retry_after is None and isinstance(seconds, (int, float)):
                error.retry_after = min(max(float(seconds), 0.0), LONGEST_RETRY_AFTER)
            raise
        return self._sure(answer)

    def _sure(self, answer: bytes) -> Mapping[str, Any]:
        said = answered(answer)
        if "id" not in said:
            raise self._endpoint.again("the answer is not from Discord")
        return said


def body(message: Message) -> dict[str, Any]:
    """The subject and who is called as text, which a lock screen shows; the rest in an embed of the tier's colour."""
    people = message.mentions[:_PEOPLE]
    calls = " ".join(map(_mention, people))
    subject = fit(f"{icon(message)} {_still(message.subject)}", _CONTENT - utf16(calls) - 1, utf16)
    links = listed(message, _LINKS)
    text = fit(_still(message.below), _DESCRIPTION - utf16(links) - 2, utf16)
    description = "\n\n".join(filter(None, (text, links)))
    return {
        "content": "\n".join(filter(None, (subject, calls))),
        "embeds": [{"description": description, "color": colour(message)}] if description else [],
        "allowed_mentions": {"parse": [], "users": _accounts(people, ""), "roles": _accounts(people, "&")},
    }


def _accounts(people: tuple[Mention, ...], sign: str) -> list[str]:
    found = (_ACCOUNT.fullmatch(each.account) for each in people)
    return list(dict.fromkeys(match[2] for match in found if match and match[1] == sign))


def _mention(mention: Mention) -> str:
    return f"<@{mention.account}>" if _ACCOUNT.fullmatch(mention.account) else _still(called(mention))


def _still(said: str) -> str:
    return unhidden(uncalled(disarmed(said)))


KIND = Kind(open=Discord, rate=Rate(30, 1 * MINUTE))
