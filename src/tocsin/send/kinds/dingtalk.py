"""Channel kind ``dingtalk``: a custom robot of a DingTalk group (钉钉).

With links and nobody to call by name, a message is a card with buttons (``actionCard``); else it is Markdown, since
only that mentions: whom both ``at`` and the text name. It has no threads.

Settings: ``url`` (the robot's address), ``token`` (its ``access_token``, where the address has none) and ``secret``
(signs the address, if the robot asks for that).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import aiohttp
from yarl import URL

from tocsin._core.clock import Clock
from tocsin._core.message import Link, Mention, Message
from tocsin._core.plan import Channel
from tocsin._core.times import MINUTE
from tocsin.send.disarm import disarmed, linked
from tocsin.send.endpoint import Endpoint, revealed
from tocsin.send.fit import fit_json, fit_links
from tocsin.send.icon import icon
from tocsin.send.kind import Kind, Rate
from tocsin.send.look import called
from tocsin.send.verdict import Verdict

HOME = "https://oapi.dingtalk.com/robot/send"
MOST = 20_000
"""Bytes of a body."""

_MOST_LINKS = 4_000
_LIMITED_FOR = 600.0
"""Seconds for which a robot is shut out that sent more than 20 messages in a minute."""

_WRONG_TOKEN = "the robot is not there any more, or its token is wrong; copy its address anew"
VERDICT = Verdict(
    code=("errcode",),
    text=("errmsg",),
    later={-1: None, 130101: _LIMITED_FOR, 130102: _LIMITED_FOR, 410100: _LIMITED_FOR, 90030: _LIMITED_FOR},
    hints={
        310000: "the robot's security settings keep it out: check `secret` and the clock, its keywords, its addresses",
        400102: "the robot is stopped; start it in the settings of the group",
        **dict.fromkeys((300001, 300005, 400013, 400101, 400106), _WRONG_TOKEN),
    },
)


class DingTalk:
    """A ``dingtalk`` channel. The session is shared between channels and not closed here."""

    def __init__(self, channel: Channel, *, session: aiohttp.ClientSession, clock: Clock) -> None:
        token = revealed(channel.settings.get("token", ""))
        self._secret = revealed(channel.settings.get("secret", ""))
        self._clock = clock
        secrets = (token, self._secret)
        self._endpoint = Endpoint.of(channel, session=session, clock=clock, default=HOME, secrets=secrets)
        self._url = self._endpoint.url.update_query(access_token=token) if token else self._endpoint.url

    async def send(self, message: Message) -> str:
        """Post it. There is no thread to answer."""
        body = fit_json(lambda below: written(message, below), message.below, MOST)
        await VERDICT.post(self._endpoint, body, to=self._signed())
        return ""

    async def check(self) -> bool:
        """A robot can be asked nothing."""
        return False

    async def close(self) -> None:
        """Nothing of its own is open."""

    def _signed(self) -> URL:
        if not self._secret:
            return self._url
        now = self._clock.now()
        return self._url.update_query(timestamp=str(now), sign=signature(self._secret, now))


def signature(secret: str, timestamp: int) -> str:
    """What a signed robot wants to see for a time in milliseconds."""
    signed = hmac.digest(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256)
    return base64.b64encode(signed).decode("ascii")


def written(message: Message, below: str) -> Mapping[str, Any]:
    """The body of a message, with this text below its subject."""
    links = list(fit_links(message.links, _MOST_LINKS))
    title = f"{icon(message)} {message.subject}"
    lines = [f"### {icon(message)} {disarmed(message.subject)}", "", *disarmed(below).split("\n")]
    if links and not message.mentions:
        return {"msgtype": "actionCard", "actionCard": {"title": title, "text": _text(lines), **_buttons(links)}}
    if message.mentions:
        lines += ["", " ".join(f"@{disarmed(_named(mention))}" for mention in message.mentions)]
    if links:
        lines += ["", " · ".join(linked(link) for link in links)]
    return {
        "msgtype": "markdown",
        "markdown": {"title": title, "text": _text(lines)},
        "at": {
            "atUserIds": [mention.account for mention in message.mentions if mention.account],
            "atMobiles": [mention.mobile for mention in message.mentions if mention.mobile and not mention.account],
            "isAtAll": False,
        },
    }


def _text(lines: list[str]) -> str:
    """Lines that DingTalk breaks where they end: it wants two spaces before."""
    return "  \n".join(lines)


def _named(mention: Mention) -> str:
    """What DingTalk looks for in the text, or else what people do."""
    return mention.account or mention.mobile or called(mention)


def _buttons(links: list[Link]) -> Mapping[str, Any]:
    if len(links) == 1:
        return {"singleTitle": links[0].title, "singleURL": links[0].url}
    return {"btnOrientation": "0", "btns": [{"title": link.title, "actionURL": link.url} for link in links]}


KIND = Kind(open=DingTalk, rate=Rate(20, MINUTE))
