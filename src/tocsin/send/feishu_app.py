"""Channel kind ``feishu`` by an app (自建应用) in place of a group's custom robot.

Only an app has buttons that act, and threads. All messages about an incident are one thread: the first is a card in the
chat, the others are replies in its topic, and what must be seen by all is a card in the chat too. Feishu itself
drops a message that is posted a second time within an hour (``uuid``).

Settings: ``app_id``, ``app_secret``, ``chat`` (where it posts) and ``url`` (where its API is, Feishu's by default).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aiohttp

from tocsin._core.clock import Clock
from tocsin._core.errors import SendError
from tocsin._core.message import Message
from tocsin._core.plan import Channel
from tocsin._core.times import SECOND, Millis
from tocsin.send.endpoint import Endpoint, answered, in_json, revealed
from tocsin.send.feishu_card import card
from tocsin.send.fit import fit_json
from tocsin.send.press import buttons
from tocsin.send.verdict import Verdict

HOME = "https://open.feishu.cn"
MOST = 28_000
"""Bytes of a body: Feishu takes cards of 30 KB."""

EARLY: Millis = 60 * SECOND
"""How long before its end an access token is used no more."""

_LOUD = frozenset({"tier_raised", "reopened", "rto_missed"})
_NO_ACCESS = (99991661, 99991663, 99991664, 99991668)
_NO_THREAD = frozenset({230011, 230019, 230071, 231003})
"""The message at the head was taken back, or the chat has no topics."""

VERDICT = Verdict(
    code=("code",),
    text=("msg",),
    later={99991400: None, 230020: None, 230049: None, **dict.fromkeys(_NO_ACCESS)},
    hints={
        10003: "`app_id` or `app_secret` is wrong; copy both from the app's credentials",
        10014: "`app_secret` is wrong; copy it from the app's credentials",
        99991672: "the app lacks a permission: give it im:message:send_as_bot, and publish it",
        230002: "the app's bot is not in the chat; add it to the group",
        230006: "the app has no bot; switch that on, and publish the app",
    },
)


class FeishuApp:
    """A ``feishu`` channel by an app. The session is shared between channels and not closed here."""

    def __init__(self, channel: Channel, *, session: aiohttp.ClientSession, clock: Clock) -> None:
        self._channel = channel
        self._session = session
        self._clock = clock
        self._secret = revealed(channel.settings["app_secret"])
        self._chat: str = channel.settings["chat"]
        self._access = self._endpoint()
        self._calls = self._access
        self._token = ""
        self._until: Millis = 0

    async def send(self, message: Message) -> str:
        """Post it, as a reply where the incident has a thread. Raises ``TrySendAgain`` or ``SendRefused``."""
        head, _, chat = message.thread.partition(" ")
        if head and chat == self._chat and message.event not in _LOUD:
            try:
                await self._post(message, "im", "v1", "messages", head, "reply", reply_in_thread=True)
            except SendError as error:
                if answered(error.answer).get("code") not in _NO_THREAD:
                    raise
            else:
                return message.thread
        said = await self._post(message, "im", "v1", "messages", receive_id=self._chat)
        if head and chat == self._chat and message.event in _LOUD:
            return message.thread
        data = said.get("data")
        name = data.get("message_id", "") if isinstance(data, dict) else ""
        return f"{name} {self._chat}" if name and message.incident else ""

    async def check(self) -> bool:
        """Ask for an access token, as whoever posts must."""
        self._token = ""
        await self._authorized()
        return True

    async def close(self) -> None:
        """Nothing of its own is open."""

    async def _post(self, message: Message, *path: str, **around: Any) -> Mapping[str, Any]:
        headers = await self._authorized()
        presses = buttons(message, self._channel)
        fixed = {**around, "msg_type": "interactive", "uuid": message.id}
        body = fit_json(
            lambda below: {**fixed, "content": in_json(card(message, below, presses)).decode()}, message.below, MOST
        )
        to = self._calls.url.joinpath("open-apis", *path)
        if "receive_id" in around:
            to = to.with_query(receive_id_type="chat_id")
        try:
            return await VERDICT.post(self._calls, body, to=to, headers=headers)
        except SendError as error:
            if answered(error.answer).get("code") in _NO_ACCESS:
                self._token = ""
            raise

    async def _authorized(self) -> dict[str, str]:
        """The header that proves who posts; good for two hours, and then fetched anew."""
        if not self._token or self._clock.now() >= self._until:
            asked = in_json({"app_id": self._channel.settings["app_id"], "app_secret": self._secret})
            to = self._access.url.joinpath("open-apis", "auth", "v3", "tenant_access_token", "internal")
            said = await VERDICT.post(self._access, asked, to=to)
            token, expire = said.get("tenant_access_token"), said.get("expire")
            if not isinstance(token, str) or not token or not isinstance(expire, int):
                raise self._access.again("the answer has no access token")
            self._token, self._until = token, self._clock.now() + expire * SECOND - EARLY
            self._calls = self._endpoint(token)
        return {"Authorization": f"Bearer {self._token}"}

    def _endpoint(self, *tokens: str) -> Endpoint:
        secrets = (self._secret, *tokens)
        return Endpoint.of(self._channel, session=self._session, clock=self._clock, default=HOME, secrets=secrets)
