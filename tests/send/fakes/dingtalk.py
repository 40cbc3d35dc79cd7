"""A DingTalk with one group and its custom robot, as the robot's documents say it behaves."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from tests.send.contract import NOW

TOKEN = "0123456789abcdef0123456789abcdef"
SECRET = "SEC0123456789abcdef"
MEMBERS = {"zhangwei": "张伟", "13800138000": "李娜"}
"""Who is in the group, by account or mobile number."""

_KEYS = {
    "markdown": {"title", "text"},
    "actionCard": {"title", "text", "btnOrientation", "btns", "singleTitle", "singleURL"},
}


@dataclass
class FakeDingTalk:
    """``secret`` is the robot's, ``""`` where it asks for no signature; ``keyword`` what every text must have; ``now``
    its clock, in milliseconds. ``posted`` are the bodies of what came into the group, at these ``times``."""

    secret: str = ""
    keyword: str = ""
    now: Callable[[], int] = lambda: NOW
    posted: list[dict[str, Any]] = field(default_factory=list)
    times: list[int] = field(default_factory=list)

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Every answer is a 200."""
        raw = await request.read()
        code, text = self._fault(request, raw)
        if not code:
            self.posted.append(json.loads(raw))
            self.times.append(self.now())
        return web.json_response({"errcode": code, "errmsg": text})

    def _fault(self, request: web.BaseRequest, raw: bytes) -> tuple[int, str]:
        """The first that is wrong."""
        faults = (
            (request.content_type != "application/json" or request.charset != "utf-8", 43004, "wrong Content-Type"),
            (request.query.get("access_token") != TOKEN, 300005, "token is not exist"),
            (bool(self.secret) and not self._signed(request.query_string), 310000, "sign not match"),
            (self.keyword not in raw.decode(), 310000, "keywords not in content"),
            (len(raw) > 20_000, 460101, "message too long, exceed 20000 bytes"),
            (
                sum(at > self.now() - 60_000 for at in self.times) >= 20,
                130101,
                "send too fast, exceed 20 times per minute",
            ),
            (not _is_sound(json.loads(raw)), 40035, "缺少参数 json"),
        )
        return next(((code, text) for wrong, code, text in faults if wrong), (0, "ok"))

    def _signed(self, query: str) -> bool:
        """By the algorithm of the documents, over the query as it came."""
        given = dict(part.split("=", 1) for part in query.split("&"))
        wanted = hmac.new(
            self.secret.encode("utf-8"), f"{given.get('timestamp')}\n{self.secret}".encode(), digestmod=hashlib.sha256
        )
        sign = urllib.parse.quote_plus(base64.b64encode(wanted.digest()))
        fresh = abs(int(given.get("timestamp", "0")) - self.now()) < 3_600_000
        return fresh and urllib.parse.quote_plus(urllib.parse.unquote(given.get("sign", ""))) == sign

    def mentioned(self, number: int = -1) -> list[str]:
        """Who is called by a message: who is in ``at``, in the text and in the group."""
        body = self.posted[number]
        at, text = body.get("at", {}), body[body["msgtype"]]["text"]
        if at.get("isAtAll"):
            return ["everybody"]
        named = [*at.get("atUserIds", ()), *at.get("atMobiles", ())]
        return [MEMBERS[each] for each in named if each in MEMBERS and f"@{each}" in text]


def _is_sound(body: dict[str, Any]) -> bool:
    """Whether a body is of a kind that robots send, whole, and without what nobody reads."""
    kind = body.get("msgtype")
    if kind not in _KEYS:
        return False
    inner = body[kind]
    return inner.keys() <= _KEYS[kind] and bool(inner.get("title")) and bool(inner.get("text"))
