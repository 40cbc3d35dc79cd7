"""Channel kind ``telegram``: a message by a bot, with links as buttons, in reply to the first one about its incident.
What is asked has buttons too, which act where they are pressed.

Settings: ``token`` (the bot's), ``chat_id`` (where it speaks), and if wanted ``topic`` (of a forum), ``url`` (an API
server of one's own) and those of the way there.

Two refusals are no end. A group that became a supergroup has another id, which the refusal names: the message goes
there. And a button whose address Telegram does not take, such as one of a host without a dot, becomes a line of text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import aiohttp

from tocsin._core.clock import Clock
from tocsin._core.errors import ConfigurationError, SendRefused, TrySendAgain
from tocsin._core.message import Message
from tocsin._core.plan import Channel
from tocsin._core.times import MINUTE
from tocsin.send.endpoint import LONGEST_RETRY_AFTER, Endpoint, answered, in_json, revealed
from tocsin.send.kind import Kind, Rate
from tocsin.send.press import buttons
from tocsin.send.telegram_text import keyboard, text

API = "https://api.telegram.org"

_TOKEN = re.compile(r"\d+:[\w-]+", re.ASCII)
_NO_BUTTON = re.compile(r"button url|button_url_invalid", re.IGNORECASE)


class Telegram:
    """A ``telegram`` channel. The session is shared between channels and not closed here."""

    def __init__(self, channel: Channel, *, session: aiohttp.ClientSession, clock: Clock) -> None:
        self._own = channel
        token = revealed(channel.settings["token"]).strip()
        if not _TOKEN.fullmatch(token):
            raise ConfigurationError(
                f"channels.{channel.name}.token is no bot's token, which looks like 123456:ABC-def"
            )
        self._endpoint = Endpoint.of(channel, session=session, clock=clock, default=API, secrets=(token,))
        self._bot = self._endpoint.url / f"bot{token}"
        self._chat_id: str = channel.settings["chat_id"]
        self._chat = self._chat_id
        self._topic: int = channel.settings.get("topic", 0)

    async def send(self, message: Message) -> str:
        """Send it once, to where the group is now. Raises ``TrySendAgain`` or ``SendRefused``."""
        try:
            return await self._send(message)
        except SendRefused as error:
            moved = _moved_to(error)
            if not moved:
                raise
            self._chat = moved
            return await self._send(message)

    async def check(self) -> bool:
        """Ask for the chat that the plan names, as the bot that it names."""
        try:
            await self._call("getChat", {"chat_id": self._chat_id})
        except SendRefused as error:
            if moved := _moved_to(error):
                raise self._endpoint.refused(f"the group has become a supergroup; write chat_id: {moved}") from None
            raise
        return True

    async def close(self) -> None:
        """Nothing of its own is open."""

    async def _send(self, message: Message) -> str:
        try:
            return await self._post(message, has_buttons=True)
        except SendRefused as error:
            if not _NO_BUTTON.search(_described(error)):
                raise
            return await self._post(message, has_buttons=False)

    async def _post(self, message: Message, *, has_buttons: bool) -> str:
        head, _, chat = message.thread.partition(" ")
        post: dict[str, Any] = {
            "chat_id": self._chat,
            "text": text(message, has_buttons=has_buttons),
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
        }
        if self._topic:
            post["message_thread_id"] = self._topic
        if head and chat == self._chat:
            post["reply_parameters"] = {"message_id": int(head), "allow_sending_without_reply": True}
        if rows := keyboard(message.links if has_buttons else (), buttons(message, self._own)):
            post["reply_markup"] = {"inline_keyboard": rows}
        said = await self._call("sendMessage", post)
        if "reply_to_message" in said:
            return message.thread
        return f"{said.get('message_id', '')} {self._chat}" if message.incident else ""

    async def _call(self, method: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            answer = await self._endpoint.post(
                in_json(arguments), {"Content-Type": "application/json"}, to=self._bot / method
            )
        except TrySendAgain as error:
            error.retry_after = _retry_after(answered(error.answer), error.retry_after)
            raise
        said = answered(answer)
        if said.get("ok") is True:
            result = said.get("result")
            return result if isinstance(result, dict) else {}
        told = f"{method}: {said.get('description', 'an answer that is not from Telegram')}"
        code = said.get("error_code")
        if not isinstance(code, int) or code == 429 or code >= 500:
            raise self._endpoint.again(told, retry_after=_retry_after(said, None))
        refused = self._endpoint.refused(told)
        refused.answer = answer
        raise refused


def _described(error: SendRefused) -> str:
    return str(answered(error.answer).get("description", ""))


def _parameters(said: Mapping[str, Any]) -> Mapping[str, Any]:
    found = said.get("parameters")
    return found if isinstance(found, dict) else {}


def _moved_to(error: SendRefused) -> str:
    moved = _parameters(answered(error.answer)).get("migrate_to_chat_id")
    return str(moved) if isinstance(moved, int) else ""


def _retry_after(said: Mapping[str, Any], otherwise: float | None) -> float | None:
    seconds = _parameters(said).get("retry_after")
    return min(max(float(seconds), 0.0), LONGEST_RETRY_AFTER) if isinstance(seconds, int) else otherwise


KIND = Kind(open=Telegram, rate=Rate(20, 1 * MINUTE))
