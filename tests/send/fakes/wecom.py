"""A WeCom with one group and its robot, as the robot's documents say it behaves."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from tests.send.contract import NOW

KEY = "693a91f6-7a0c-4bc4-97a0-0ec2f5aaaaaa"
_MOST = {"markdown": 4096, "text": 2048}
_KEYS = {"markdown": {"content"}, "text": {"content", "mentioned_list", "mentioned_mobile_list"}}


@dataclass
class FakeWeCom:
    """``posted`` are the bodies of what came into the group, at these ``times``; ``now`` is its clock."""

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
        if request.query.get("key") != KEY:
            return 93000, "invalid webhook url, hint: [1643009454577493241436158], from ip: 127.0.0.1"
        if sum(at > self.now() - 60_000 for at in self.times) >= 20:
            return 45009, "api freq out of limit"
        body = json.loads(raw)
        kind = body.get("msgtype")
        if kind not in _MOST or not body[kind].keys() <= _KEYS[kind]:
            return 40008, "invalid message type"
        content = body[kind]["content"]
        if not content:
            return 44004, "empty content"
        if len(content.encode("utf-8")) > _MOST[kind]:
            return 40058, f"{kind}.content exceed max length {_MOST[kind]}. invalid Request Parameter"
        return 0, "ok"

    def content(self, number: int = -1) -> str:
        """The text of a message."""
        body = self.posted[number]
        return str(body[body["msgtype"]]["content"])

    def mentioned(self, number: int = -1) -> list[str]:
        """Who is called by a message: by ``<@account>`` in its content, or by the lists of a plain text."""
        body = self.posted[number][self.posted[number]["msgtype"]]
        lists = [*body.get("mentioned_list", ()), *body.get("mentioned_mobile_list", ())]
        return [*re.findall(r"<@([^>]*)>", body["content"]), *lists]
