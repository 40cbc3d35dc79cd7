"""Channel kind ``slack``: a card of blocks, by an incoming webhook or by a bot.

Settings: ``url`` (the incoming webhook), or ``token`` and ``channel`` (a bot; ``url`` is then the address of the API),
and those of the way there. Only a bot's messages about one incident are one thread: the first is the card at its
head, whose last line tells how the incident stands and is kept up to date, the others are replies, and what must be
seen by all is shown in the channel too.

The head is changed before the reply is posted: that can be done twice, and what keeps it from being done is no reason
to try the reply again, which would be posted twice.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import aiohttp

from tocsin._core.clock import Clock
from tocsin._core.errors import SendError
from tocsin._core.message import Message
from tocsin._core.plan import Channel
from tocsin._core.times import SECOND, Millis
from tocsin.send.blocks import card, standing
from tocsin.send.endpoint import DEFAULT_TIMEOUT, Endpoint, answered, bearer, in_json
from tocsin.send.kind import Kind, Rate
from tocsin.send.press import buttons

API = "https://slack.com/api"
UPDATE_WITHIN: Millis = 5 * SECOND
"""How long the change of a head may take, so that there is time left for the reply."""

_LOUD = frozenset({"tier_raised", "reopened", "rto_missed"})
_MAY_PASS = frozenset(
    {
        "ratelimited", "rate_limited", "message_limit_exceeded", "internal_error", "fatal_error", "service_unavailable",
        "request_timeout", "team_added_to_org", "org_login_required", "external_channel_migrating",
    }
)  # fmt: skip
_NO_THREAD = frozenset(
    {
        "cannot_reply_to_message", "invalid_thread_ts", "thread_not_found", "message_not_found",
        "restricted_action_non_threadable_channel", "restricted_action_thread_locked",
    }
)  # fmt: skip


class Slack:
    """A ``slack`` channel. The session is shared between channels and not closed here."""

    def __init__(self, channel: Channel, *, session: aiohttp.ClientSession, clock: Clock) -> None:
        self._own = channel
        authorization = bearer(channel)
        timeout = min(channel.settings.get("timeout", DEFAULT_TIMEOUT), UPDATE_WITHIN)
        brief = replace(channel, settings={**channel.settings, "timeout": timeout})
        self._posts, self._updates = (
            Endpoint.of(each, session=session, clock=clock, default=API, secrets=authorization.values())
            for each in (channel, brief)
        )
        self._channel: str = channel.settings.get("channel", "")
        self._headers = {"Content-Type": "application/json; charset=utf-8", **authorization}

    async def send(self, message: Message) -> str:
        """Post it, as a reply where the incident has a thread. Raises ``TrySendAgain`` or ``SendRefused``."""
        made = card(message, buttons(message, self._own))
        if not self._channel:
            answer = await self._posts.post(in_json(made), self._headers)
            if answer.strip() != b"ok":
                raise self._posts.again(answer.decode("utf-8", "replace") or "an empty answer, where Slack says ok")
            return ""
        head, place = self._head(message.thread)
        if head:
            with contextlib.suppress(SendError):
                update = {"channel": place, "ts": head, "attachments": [standing(message)]}
                await self._call(self._updates, "chat.update", update)
        post = {"channel": self._channel, "unfurl_links": False, "unfurl_media": False, **made}
        if head:
            reply = {**post, "thread_ts": head, "reply_broadcast": message.event in _LOUD}
            try:
                await self._call(self._posts, "chat.postMessage", reply)
            except SendError as error:
                if answered(error.answer).get("error") not in _NO_THREAD:
                    raise
            else:
                return message.thread
        said = await self._call(self._posts, "chat.postMessage", post)
        return f"{said.get('ts', '')} {said.get('channel', '')} {self._channel}" if message.incident else ""

    async def check(self) -> bool:
        """Ask whose token it is. An incoming webhook cannot be asked."""
        if self._channel:
            await self._call(self._posts, "auth.test", {})
        return bool(self._channel)

    async def close(self) -> None:
        """Nothing of its own is open."""

    def _head(self, thread: str) -> tuple[str, str]:
        """The message at a thread's head and where it is; empty where the plan has sent elsewhere since."""
        ts, _, rest = thread.partition(" ")
        place, _, channel = rest.partition(" ")
        return (ts, place) if channel == self._channel else ("", "")

    async def _call(self, endpoint: Endpoint, method: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = await endpoint.post(in_json(arguments), self._headers, to=endpoint.url.with_user(None) / method)
        said = answered(answer)
        if said.get("ok") is True:
            return said
        code = str(said.get("error", ""))
        no = endpoint.again if code in _MAY_PASS or not code else endpoint.refused
        error = no(f"{method} answered {code or 'what is not from Slack'}")
        error.answer = answer
        raise error


KIND = Kind(open=Slack, rate=Rate(1, 1 * SECOND))
