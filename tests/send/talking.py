"""What tests of kinds send: messages with people, about no incident, very long or nasty; and a channel to send by."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from aiohttp import web
from hypothesis import strategies as st
from tests.send.contract import StandingClock, receiving
from tests.send.samples import delivery, notice
from yarl import URL

from tocsin._core.message import Link, Mention, Message, Sender
from tocsin._core.model import Tier
from tocsin._core.plan import Channel
from tocsin.send.body import render
from tocsin.send.registry import KINDS, open_session

PEOPLE = (
    Mention(person="zhang.wei", title="张伟", account="zhangwei"),
    Mention(person="li.na", title="李娜", mobile="13800138000", email="li.na@shop.example"),
    Mention(person="wang.qiang", title="王强"),
)
"""Known by account, by mobile number and mail, and by name alone."""

_ANSWER = "https://tocsin.example/r/inc-261205-7k2m9p-1-nmhmq5"
_PIECES = (
    "<@all>", "<!channel>", "@everyone", "@all", "@所有人", "<at id=all></at>", "<at>Boss</at>", "</at>",
    '<at user_id="all"></at>', "[pay](http://evil.example)", "![x](http://evil.example)", "&lt;@all&gt;", "**", "`",
    "<a href='http://evil.example'>", "```", "\n# ", "\n> ", "</font>", '<font color="info">', "|", "_x_", "\\", '"',
    "{{DATE(now)}}", "支付", "👩\u200d👩\u200d👧",
)  # fmt: skip
NASTY = st.lists(st.sampled_from(_PIECES) | st.text(max_size=4), max_size=12).map("".join)
"""Text that tries to mention everybody, to forge a link or to break markup."""


def said(language: str = "en", group: str = "technical", event: str = "opened", **incident: Any) -> Message:
    """The sample notice, for a group in a language."""
    made = notice(event, incident, tier=Tier(incident.get("tier", "high")))
    to = delivery(group, language=language)
    return render(made, to, external_url="https://tocsin.example", respond=_ANSWER)


def calling(message: Message, *people: Mention) -> Message:
    """The message, with these people called."""
    return dataclasses.replace(message, mentions=people or PEOPLE)


def about_none(text: str = "This is a test of the channel.") -> Message:
    """A message that is about no incident and has no links."""
    body = {"language": "en", "event": "test"}
    return Message(
        id="d-1", event="test", group="command", incident="", subject="Test", text=text, body=body, plain=text
    )


def nasty(text: str) -> Message:
    """A message in which all that others may have written is this."""
    subject = " ".join(text.split())[:400] or "-"
    links = (
        Link(name="respond", title="Answer", url=_ANSWER),
        Link(name="x", title=text or "-", url="https://a.example/(b)"),
    )
    return dataclasses.replace(said(), subject=subject, plain=f"{subject} | INC-1\n{text}", links=links)


def giant() -> Message:
    """A message much longer than any tool takes, in Chinese."""
    message = said("zh")
    return dataclasses.replace(message, plain=message.plain + "\n" + "支付网关无响应👩‍👩‍👧。" * 5000)


@contextlib.asynccontextmanager
async def channel(
    kind: str, answer: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]], path: str = "", **settings: Any
) -> AsyncIterator[Sender]:
    """A channel of this kind whose tool answers like this; ``path`` is that of its address."""
    async with receiving() as receiver, open_session() as session:
        receiver.answer = answer
        address = str(URL(receiver.address).join(URL(path, encoded=True))) if path else receiver.address
        made = Channel(name="the-robot", type=kind, settings={"url": address, **settings})
        yield KINDS[kind].open(made, session=session, clock=StandingClock())
