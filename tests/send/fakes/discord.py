"""A Discord that takes a webhook's messages as its documents say: in a text channel, or in a forum."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

WEBHOOK = "/api/webhooks/1100000000000000001/t0ken-of-a-webhook"
CHANNEL = "1200000000000000001"


@dataclass
class FakeDiscord:
    """One webhook. ``posted`` are the messages with the channel or thread that they are in; ``busy`` is how many
    seconds it asks to wait, in the body alone."""

    is_forum: bool = False
    posted: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)
    busy: float = 0

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        if request.path != WEBHOOK:
            return no(404, 10015, "Unknown Webhook")
        if self.busy:
            told = {"message": "You are being rate limited.", "retry_after": self.busy, "global": False}
            return web.json_response(told, status=429)
        if request.method == "GET":
            return web.json_response({"id": "1100000000000000001", "type": 1, "channel_id": CHANNEL})
        return self._post(json.loads(await request.read()), request.query.get("thread_id", ""), dict(request.query))

    def _post(self, body: dict[str, Any], thread: str, query: dict[str, str]) -> web.Response:
        name = body.get("thread_name", "")
        if thread and thread not in self.threads:
            return no(404, 10003, "Unknown Channel")
        if self.is_forum and not thread and not name:
            return no(400, 220001, "Webhooks posted to forum channels must have a thread_name or thread_id")
        if name and not self.is_forum:
            return no(400, 220003, "Webhooks can only create threads in forum channels")
        if faults(body):
            return no(400, 50035, "Invalid Form Body")
        if name:
            thread = f"13000000000000000{len(self.threads) + 1:02}"
            self.threads.add(thread)
        place = thread or CHANNEL
        self.posted.append((place, body))
        if query.get("wait") != "true":
            return web.Response(status=204)
        return web.json_response({"id": f"14000000000000000{len(self.posted):02}", "channel_id": place})


def faults(body: dict[str, Any]) -> list[str]:
    """What is longer than Discord takes, or missing."""
    lengths = {"content": (body.get("content", ""), 2000), "thread_name": (body.get("thread_name", ""), 100)}
    for embed in body.get("embeds", ()):
        lengths["description"] = (embed["description"], 4096)
    found = [name for name, (text, most) in lengths.items() if len(text.encode("utf-16-le")) // 2 > most]
    return found if body.get("content") or body.get("embeds") else ["nothing to show"]


def calls(body: dict[str, Any]) -> set[str]:
    """Whom the message calls: those named in its text whom it is allowed to call. Embeds call nobody."""
    allowed = body["allowed_mentions"]
    users = set(re.findall(r"<@(\d+)>", body["content"])) & {*allowed["users"]}
    roles = set(re.findall(r"<@&(\d+)>", body["content"])) & {*allowed["roles"]}
    everybody = set(re.findall(r"@(everyone|here)", body["content"])) if "everyone" in allowed["parse"] else set()
    return users | roles | everybody


def no(status: int, code: int, message: str) -> web.Response:
    """What was not done, and why."""
    return web.json_response({"code": code, "message": message}, status=status)
