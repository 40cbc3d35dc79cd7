"""A Mattermost server that takes posts as its documents say: by a bot's API, and by an incoming webhook."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

TOKEN = "9xuqwrwgstrb3mzrxb83nb357a"
CHANNEL = "4xp9fdt77pncbef59f4k1qe83o"
WEBHOOK = "/hooks/xxx-generatedkey-xxx"


@dataclass
class FakeMattermost:
    """One channel. ``posts`` are those that were taken, by their id; ``deaf`` keeps it from answering what it takes."""

    posts: dict[str, dict[str, Any]] = field(default_factory=dict)
    deaf: bool = False
    is_deleted: bool = False

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        if request.path == WEBHOOK:
            self._keep(json.loads(await request.read()))
            return web.Response(text="ok")
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return no(401, "api.context.session_expired.app_error", "Invalid or expired session, please login again.")
        if request.path == "/api/v4/users/me":
            return web.json_response({"id": "b" * 26, "username": "tocsin", "is_bot": True})
        answered = self._post(json.loads(await request.read()))
        if self.deaf:
            self.deaf = False
            return web.Response(status=502)
        return answered

    def _post(self, body: dict[str, Any]) -> web.Response:
        if body["channel_id"] != CHANNEL:
            return no(403, "api.context.permissions.app_error", "You do not have the appropriate permissions.")
        if len(body["message"]) > 16383:
            return no(400, "model.post.is_valid.message_length.app_error", "Invalid message.")
        if self.is_deleted and body.get("root_id"):
            return no(400, "api.post.create_post.root_id.app_error", "Invalid RootId parameter.")
        for name, post in self.posts.items():
            if body.get("pending_post_id") and post.get("pending_post_id") == body["pending_post_id"]:
                return web.json_response({"id": name}, status=201)
        return web.json_response({"id": self._keep(body)}, status=201)

    def _keep(self, body: dict[str, Any]) -> str:
        name = f"{len(self.posts) + 1:026}"
        self.posts[name] = body
        return name


def calls(text: str) -> Iterator[str]:
    """Whom a text calls: words after an ``@`` at their beginning."""
    return (found for found in re.findall(r"(?<![A-Za-z0-9])@([a-z0-9][a-z0-9._-]*)", text))


def no(status: int, name: str, message: str) -> web.Response:
    """What was not done, and why."""
    return web.json_response({"id": name, "message": message, "status_code": status}, status=status)
