"""A Telegram that takes a bot's messages as the documents of its Bot API say."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

TOKEN = "123456:ABC-def_1234"
CHAT = "-1001234567890"
OLD_CHAT = "-4567"
"""A group that has become the supergroup ``CHAT``."""

_TAG = re.compile(r'</?b>|<a href="(tg://user\?id=\d+)">|</a>')


@dataclass
class FakeTelegram:
    """One bot in one chat. ``sent`` are the messages that were taken, by their number; ``asked`` the methods in order;
    ``busy`` is how many seconds it asks to wait."""

    sent: dict[int, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    busy: int = 0

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        bot, _, method = request.path.lstrip("/").partition("/")
        body = json.loads(await request.read())
        self.asked.append(method)
        if bot != f"bot{TOKEN}":
            return no(401, "Unauthorized")
        if self.busy:
            return no(429, f"Too Many Requests: retry after {self.busy}", retry_after=self.busy)
        if body["chat_id"] == OLD_CHAT:
            described = "Bad Request: group chat was upgraded to a supergroup chat"
            return no(400, described, migrate_to_chat_id=int(CHAT))
        if body["chat_id"] != CHAT:
            return no(400, "Bad Request: chat not found")
        if method == "getChat":
            return yes({"id": int(CHAT), "type": "supergroup"})
        return self._send(body)

    def _send(self, body: dict[str, Any]) -> web.Response:
        shown = parsed(body["text"])
        if shown is None:
            return no(400, "Bad Request: can't parse entities: unsupported start tag")
        if not 1 <= len(shown.encode("utf-16-le")) // 2 <= 4096:
            return no(400, "Bad Request: message is too long")
        for button in (button for row in body.get("reply_markup", {}).get("inline_keyboard", ()) for button in row):
            if "callback_data" in button:
                if not 1 <= len(button["callback_data"].encode()) <= 64:
                    return no(400, "Bad Request: BUTTON_DATA_INVALID")
                continue
            if "." not in (urlsplit(button["url"]).hostname or ""):
                url = button["url"]
                return no(400, f"Bad Request: inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
        reply = body.get("reply_parameters")
        if reply and reply["message_id"] not in self.sent:
            if not reply.get("allow_sending_without_reply"):
                return no(400, "Bad Request: message to be replied not found")
            reply = None
        number = len(self.sent) + 1
        self.sent[number] = body
        replied = {"reply_to_message": {"message_id": reply["message_id"]}} if reply else {}
        return yes({"message_id": number, "chat": {"id": int(CHAT)}, **replied})


def parsed(text: str) -> str | None:
    """What is left of a text in HTML when its mark-up is taken away; ``None`` where it is not as it should be."""
    bare = _TAG.sub("", text)
    if re.search("[<>]", bare) or re.search("&(?!amp;|lt;|gt;|quot;)", bare):
        return None
    return unescape(bare)


def calls(text: str) -> list[str]:
    """Whom a text calls: names after an ``@`` that begins a word, and members that are linked by number."""
    found = re.findall(r"(?<!\w)@(\w+)", parsed(text) or "")
    return found + re.findall(r'"tg://user\?id=(\d+)"', text)


def yes(result: dict[str, Any]) -> web.Response:
    """What was done."""
    return web.json_response({"ok": True, "result": result})


def no(status: int, description: str, **parameters: int) -> web.Response:
    """What was not, and why."""
    told: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    return web.json_response(told | ({"parameters": parameters} if parameters else {}), status=status)
