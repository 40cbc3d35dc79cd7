"""A Slack that takes messages as its documents say: by an incoming webhook, and by a bot's Web API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

TOKEN = "xoxb-0123-abcdef"
CHANNEL = "C0123456789"
WEBHOOK = "/services/T00/B00/secret"


@dataclass
class FakeSlack:
    """One workspace with one channel. ``posted`` are the messages by their ``ts``; ``calls`` the methods in order.
    ``fails`` is what a method answers in place of its own answer: an error's code, or a status; ``locked`` what is
    answered to a reply."""

    posted: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    fails: dict[str, str | int] = field(default_factory=dict)
    locked: str = ""

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        body = json.loads(await request.read())
        if request.path == WEBHOOK:
            return self._webhook(body)
        method = request.path.removeprefix("/api/")
        self.calls.append(method)
        fault = self.fails.get(method) or self._fault(request, method, body)
        if isinstance(fault, int):
            return web.Response(status=fault, headers={"Retry-After": "30"})
        if fault:
            return web.json_response({"ok": False, "error": fault})
        return web.json_response({"ok": True, **self._done(method, body)})

    @property
    def heads(self) -> list[dict[str, Any]]:
        """The messages that are no replies."""
        return [message for message in self.posted.values() if "thread_ts" not in message]

    @property
    def replies(self) -> list[dict[str, Any]]:
        """The messages that are."""
        return [message for message in self.posted.values() if "thread_ts" in message]

    def _webhook(self, body: dict[str, Any]) -> web.Response:
        if "webhook" in self.fails:
            status = self.fails["webhook"]
            return web.Response(status=int(status), text="channel_is_archived" if status == 410 else "invalid_payload")
        if faults(body):
            return web.Response(status=400, text="invalid_blocks")
        self._keep(body)
        return web.Response(text="ok")

    def _fault(self, request: web.BaseRequest, method: str, body: dict[str, Any]) -> str:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return "invalid_auth"
        if method == "auth.test":
            return ""
        if body.get("channel") != CHANNEL:
            return "channel_not_found"
        if method == "chat.update":
            return "" if body.get("ts") in self.posted else "message_not_found"
        if "thread_ts" in body and (self.locked or body["thread_ts"] not in self.posted):
            return self.locked or "thread_not_found"
        return "invalid_blocks" if faults(body) else ""

    def _done(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        if method == "auth.test":
            return {"user": "tocsin"}
        if method == "chat.update":
            self.posted[body["ts"]] |= {key: body[key] for key in ("text", "blocks", "attachments") if key in body}
            return {"channel": CHANNEL, "ts": body["ts"]}
        return {"channel": CHANNEL, "ts": self._keep(body)}

    def _keep(self, body: dict[str, Any]) -> str:
        ts = f"1796432520.{len(self.posted) + 1:06}"
        self.posted[ts] = body
        return ts


def faults(body: dict[str, Any]) -> list[str]:
    """What is wrong with a message's blocks by the reference of Block Kit."""
    found = []
    blocks = [*body.get("blocks", ()), *(block for each in body.get("attachments", ()) for block in each["blocks"])]
    if not 1 <= len(blocks) <= 50 or not body.get("text"):
        found.append("blocks or text")
    limits = {"header": 150, "section": 3000, "button": 75}
    for part in [part for block in blocks for part in (block, *block.get("elements", ()))]:
        text = part.get("text")
        if isinstance(text, dict) and not 1 <= len(text["text"]) <= limits[part["type"]]:
            found.append(f"the text of a {part['type']}")
        if part["type"] == "button" and not 1 <= len(part.get("url") or part.get("value", "")) <= 2000:
            found.append("the url or value of a button")
    names = [part["action_id"] for block in blocks if block["type"] == "actions" for part in block["elements"]]
    if len(set(names)) != len(names):
        found.append("an action_id twice")
    return found


def shown(body: dict[str, Any]) -> str:
    """All that a reader sees of a message, as Slack shows it: entities decoded, mentions as they would call."""
    return "\n".join(_shown(body["blocks"])) + "\n".join(_shown(body["attachments"]))


def _shown(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _shown(item)
    elif isinstance(node, dict) and node.get("type") == "plain_text":
        yield node["text"].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    elif isinstance(node, dict) and node.get("type") == "text":
        yield node["text"]
    elif isinstance(node, dict):
        for value in node.values():
            yield from _shown(value)
