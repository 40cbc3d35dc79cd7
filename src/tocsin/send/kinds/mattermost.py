"""Channel kind ``mattermost``: a post with an attachment, by a bot or by an incoming webhook.

Settings: ``url`` (the incoming webhook; with a ``token``, the server), ``token`` and ``channel_id`` (a bot and where it
posts), and those of the way there. Only a bot's posts about one incident are one thread. It gives each post the
delivery's id as its pending one, by which a server knows for half a minute a post that it has already taken.
"""

from __future__ import annotations

import re
from typing import Any

import aiohttp

from tocsin._core.clock import Clock
from tocsin._core.errors import SendRefused
from tocsin._core.message import Mention, Message
from tocsin._core.plan import Channel
from tocsin._core.times import SECOND
from tocsin.send.disarm import disarmed
from tocsin.send.endpoint import Endpoint, answered, bearer, in_json
from tocsin.send.fit import fit
from tocsin.send.icon import icon
from tocsin.send.kind import Kind, Rate
from tocsin.send.look import called, colour, listed, uncalled

_SUBJECT, _TEXT, _LINKS, _PEOPLE = 500, 10_000, 4000, 30
_ACCOUNT = re.compile(r"@?([a-z0-9][a-z0-9._-]{0,63})", re.ASCII)
_EVERYBODY = frozenset({"all", "channel", "here"})
_NO_ROOT = re.compile(r"\.(root|parent)_id\.")


class Mattermost:
    """A ``mattermost`` channel. The session is shared between channels and not closed here."""

    def __init__(self, channel: Channel, *, session: aiohttp.ClientSession, clock: Clock) -> None:
        authorization = bearer(channel)
        self._endpoint = Endpoint.of(channel, session=session, clock=clock, secrets=authorization.values())
        self._api = self._endpoint.url.with_user(None) / "api" / "v4"
        self._headers = {"Content-Type": "application/json", **authorization}
        self._channel_id: str = channel.settings.get("channel_id", "")

    async def send(self, message: Message) -> str:
        """Post it, in the incident's thread where it has one. Raises ``TrySendAgain`` or ``SendRefused``."""
        text, attachment = post(message)
        if not self._channel_id:
            answer = await self._endpoint.post(in_json({"text": text, "attachments": [attachment]}), self._headers)
            if answer.strip() != b"ok":
                raise self._endpoint.again(answer.decode("utf-8", "replace") or "an empty answer, where it says ok")
            return ""
        made = {"channel_id": self._channel_id, "message": text, "props": {"attachments": [attachment]}}
        root, _, channel_id = message.thread.partition(" ")
        if root and channel_id == self._channel_id:
            try:
                await self._post({**made, "root_id": root, "pending_post_id": message.id})
            except SendRefused as error:
                if not _NO_ROOT.search(str(answered(error.answer).get("id", ""))):
                    raise
            else:
                return message.thread
        posted = await self._post({**made, "pending_post_id": message.id})
        return f"{posted} {self._channel_id}" if message.incident else ""

    async def check(self) -> bool:
        """Ask whose token it is. An incoming webhook cannot be asked."""
        if self._channel_id:
            self._sure(await self._endpoint.call("GET", None, self._headers, to=self._api / "users" / "me"))
        return bool(self._channel_id)

    async def close(self) -> None:
        """Nothing of its own is open."""

    async def _post(self, made: dict[str, Any]) -> str:
        return self._sure(await self._endpoint.post(in_json(made), self._headers, to=self._api / "posts"))

    def _sure(self, answer: bytes) -> str:
        found = answered(answer).get("id")
        if not isinstance(found, str) or not found:
            raise self._endpoint.again("the answer is not from Mattermost")
        return found


def post(message: Message) -> tuple[str, dict[str, Any]]:
    """The subject and who is called, which a lock screen shows; the rest, in an attachment of the tier's colour."""
    subject = f"{icon(message)} **{fit(_still(message.subject), _SUBJECT)}**"
    people = " ".join(map(_mention, message.mentions[:_PEOPLE]))
    links = listed(message, _LINKS)
    text = fit(_still(message.below), _TEXT)
    attachment = {
        "color": f"#{colour(message):06x}",
        "fallback": fit(_still(message.subject), _SUBJECT),
        "text": "\n\n".join(filter(None, (text, links))),
    }
    return "\n".join(filter(None, (subject, people))), attachment


def _mention(mention: Mention) -> str:
    found = _ACCOUNT.fullmatch(mention.account)
    return f"@{found[1]}" if found and found[1] not in _EVERYBODY else _still(called(mention))


def _still(said: str) -> str:
    return uncalled(disarmed(said))


KIND = Kind(open=Mattermost, rate=Rate(10, 1 * SECOND))
