"""Channel kind ``wecom``: a robot of a WeCom group (企业微信).

A message is Markdown, which mentions by account. Who is known by a mobile number alone can only be mentioned in plain
text, so with such a person the message goes out as that. It has no threads and no buttons.

Settings: ``url`` (the robot's address) and ``key`` (where the address has none).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp

from tocsin._core.clock import Clock
from tocsin._core.message import Mention, Message
from tocsin._core.plan import Channel
from tocsin._core.times import MINUTE
from tocsin.send.disarm import disarmed, linked
from tocsin.send.endpoint import Endpoint, in_json, revealed
from tocsin.send.fit import fit, fit_lines, fit_links, utf8
from tocsin.send.icon import icon
from tocsin.send.kind import Kind, Rate
from tocsin.send.look import called
from tocsin.send.verdict import Verdict

HOME = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"
MOST_MARKDOWN, MOST_TEXT = 4096, 2048
"""Bytes of a content."""

_MOST_SUBJECT, _MOST_LINKS = 900, 800
_ACCOUNT = re.compile(r"[A-Za-z0-9_.@-]{1,64}", re.ASCII)
_EVERYBODY = ("all", "@all")

_COLOURS = {"high": "warning", "medium": "warning", "over": "info"}
"""WeCom has three: orange, green and grey."""

VERDICT = Verdict(
    code=("errcode",),
    text=("errmsg",),
    later={-1: None, 45009: 60.0, 45033: None},
    hints={
        93000: "the robot is not there any more, or its key is wrong; copy its address anew",
        93004: "the robot is disabled; enable it in its group",
        93008: "the robot is not in its group any more; add it again and copy its address anew",
    },
)


class WeCom:
    """A ``wecom`` channel. The session is shared between channels and not closed here."""

    def __init__(self, channel: Channel, *, session: aiohttp.ClientSession, clock: Clock) -> None:
        key = revealed(channel.settings.get("key", ""))
        self._endpoint = Endpoint.of(channel, session=session, clock=clock, default=HOME, secrets=(key,))
        self._url = self._endpoint.url.update_query(key=key) if key else self._endpoint.url

    async def send(self, message: Message) -> str:
        """Post it. There is no thread to answer."""
        written = plainly if any(map(_mobile, message.mentions)) else in_markdown
        await VERDICT.post(self._endpoint, in_json(written(message)), to=self._url)
        return ""

    async def check(self) -> bool:
        """A robot can be asked nothing."""
        return False

    async def close(self) -> None:
        """Nothing of its own is open."""


def in_markdown(message: Message) -> Mapping[str, Any]:
    """A message as WeCom's Markdown."""
    colour = _COLOURS.get(message.tone)
    subject = disarmed(message.subject)
    head = f'{icon(message)} <font color="{colour}">{subject}</font>' if colour else f"{icon(message)} **{subject}**"
    foot = [" ".join(_mentioned(mention) for mention in message.mentions)]
    foot.append(" · ".join(linked(link) for link in fit_links(message.links, MOST_MARKDOWN // 2)))

    def content(below: str) -> str:
        return _paragraphs(head, disarmed(below), *foot)

    below = _cut(message)(message.below, MOST_MARKDOWN, lambda part: utf8(content(part)))
    return {"msgtype": "markdown", "markdown": {"content": content(below)}}


def plainly(message: Message) -> Mapping[str, Any]:
    """A message as plain text; of that WeCom reads nothing but ``<@account>``."""
    head = f"{icon(message)} {fit(message.subject, _MOST_SUBJECT, utf8)}"
    others = [mention for mention in message.mentions if not _account(mention) and not _mobile(mention)]
    links = [f"{link.title}: {link.url}" for link in fit_links(message.links, _MOST_LINKS)]

    def content(below: str) -> str:
        return _paragraphs(head, below, " ".join(map(_mentioned, others)), *links).replace("<", "＜")

    return {
        "msgtype": "text",
        "text": {
            "content": content(_cut(message)(message.below, MOST_TEXT, lambda part: utf8(content(part)))),
            "mentioned_list": [*filter(None, map(_account, message.mentions))],
            "mentioned_mobile_list": [*filter(None, map(_mobile, message.mentions))],
        },
    }


def _cut(message: Message) -> Callable[[str, int, Callable[[str], int]], str]:
    """How its text is cut: a digest has an incident in each line, and none of them may be lost."""
    return fit_lines if message.event == "digest" else fit


def _paragraphs(head: str, below: str, *foot: str) -> str:
    return "\n".join([head, *filter(None, [below, *foot])])


def _account(mention: Mention) -> str:
    """The person's account, if it can be one; there are names for everybody."""
    account = mention.account
    return account if _ACCOUNT.fullmatch(account) and account.lower() not in _EVERYBODY else ""


def _mobile(mention: Mention) -> str:
    """The number of a person that is mentioned by it."""
    return "" if _account(mention) or mention.mobile in _EVERYBODY else mention.mobile


def _mentioned(mention: Mention) -> str:
    account = _account(mention)
    return f"<@{account}>" if account else f"@{disarmed(called(mention))}"


KIND = Kind(open=WeCom, rate=Rate(20, MINUTE))
