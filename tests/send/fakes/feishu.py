"""A Feishu with one group and its custom robot, as the robot's documents say it behaves."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from tests.send.contract import NOW

TOKEN = "0f0f0f0f-1a1a-2b2b-3c3c-4d4d4d4d4d4d"
PATH = f"/open-apis/bot/v2/hook/{TOKEN}"
SECRET = "0123456789abcdefABCDEF"
_COLOURS = {
    "blue", "wathet", "turquoise", "green", "yellow", "orange", "red", "carmine", "violet", "purple", "indigo", "grey",
    "default",
}  # fmt: skip
_AT = re.compile(r"<at id=([\w-]+)></at>")


@dataclass
class FakeFeishu:
    """``secret`` is the robot's, ``""`` where it asks for no signature; ``keyword`` what every card must have; ``full``
    says that the robot has sent too much, and that as it is told: with 400."""

    secret: str = ""
    keyword: str = ""
    full: bool = False
    posted: list[dict[str, Any]] = field(default_factory=list)

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Answer one request."""
        raw = await request.read()
        if self.full:
            return web.json_response({"code": 9499, "msg": "too many request", "data": {}}, status=400)
        code, text = self._fault(request, raw)
        if code:
            return web.json_response({"code": code, "msg": text, "data": {}})
        self.posted.append(json.loads(raw))
        return web.json_response({"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"})

    def _fault(self, request: web.BaseRequest, raw: bytes) -> tuple[int, str]:
        body = json.loads(raw)
        if request.path != PATH:
            return 19001, "param invalid: incoming webhook access token invalid"
        if self.secret and not self._signed(body):
            return 19021, "sign match fail or timestamp is not within one hour from current time"
        if self.keyword not in raw.decode():
            return 19024, "Key Words Not Found"
        if len(raw) > 20 * 1024 or body.get("msg_type") != "interactive" or not is_sound_card(body["card"]):
            return 9499, "Bad Request"
        return 0, ""

    def _signed(self, body: dict[str, Any]) -> bool:
        """By the algorithm of the documents."""
        timestamp = body.get("timestamp", "0")
        wanted = hmac.new(f"{timestamp}\n{self.secret}".encode(), digestmod=hashlib.sha256).digest()
        fresh = isinstance(timestamp, str) and abs(int(timestamp) - NOW // 1000) < 3600
        return fresh and body.get("sign") == base64.b64encode(wanted).decode("utf-8")

    def shown(self, number: int = -1) -> str:
        """A card as a phone shows it: its colour and header, texts, and buttons in brackets."""
        card = self.posted[number]["card"]
        lines = [f"{card['header']['template']}: {card['header']['title']['content']}"]
        for part in _parts(card):
            if part["tag"] == "div":
                lines.append(part["text"]["content"])
            elif part["tag"] == "markdown":
                lines.append(_AT.sub(r"@\1", part["content"]))
            elif part["tag"] == "button":
                lines.append(f"[{part['text']['content']}] {part['url']}")
        return "\n".join(lines)

    def mentioned(self, number: int = -1) -> list[str]:
        """Who is called by a message: only Markdown can."""
        parts = _parts(self.posted[number]["card"])
        return [account for part in parts if part["tag"] == "markdown" for account in _AT.findall(part["content"])]


def _parts(card: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The elements of a card, with the buttons within them."""
    yield {"tag": "header", **card["header"]}
    for element in card["elements"]:
        yield element
        yield from element.get("actions", ())


def is_sound_card(card: dict[str, Any]) -> bool:
    """Whether a card is made of what such cards may hold."""
    return all(map(_is_sound, _parts(card)))


def _is_sound(part: dict[str, Any]) -> bool:
    match part:
        case {"tag": "header", "template": colour, "title": {"tag": "plain_text", "content": str()}}:
            return colour in _COLOURS
        case {"tag": "div", "text": {"tag": "plain_text" | "lark_md", "content": str(content)}}:
            return bool(content)
        case {"tag": "markdown", "content": str(content)}:
            return bool(content)
        case {"tag": "action", "actions": [_, *_]}:
            return True
        case {"tag": "button", "text": {"tag": "plain_text", "content": str(content)}}:
            return bool(content) and (part.get("url", "").startswith("http") or isinstance(part.get("value"), dict))
        case _:
            return False
