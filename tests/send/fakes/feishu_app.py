"""A Feishu with one app and the groups that it is in, as the documents of its API say it behaves."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from tests.send.fakes.feishu import is_sound_card

APP, APP_SECRET, CHAT = "cli_a5ca35a685b0x26e", "app-secret-0123456789", "oc_5ad11d72b830411d72b836c20"


@dataclass
class FakeFeishuApp:
    """``chats`` are the groups that the bot is in; ``gone`` are messages that were taken back; ``expire`` is how many
    seconds a token is good for; ``busy`` says that there were too many messages."""

    chats: tuple[str, ...] = (CHAT,)
    gone: set[str] = field(default_factory=set)
    expire: int = 7200
    busy: bool = False
    tokens: list[str] = field(default_factory=list)
    valid: str = ""
    """The token that is good at present."""
    posted: list[dict[str, Any]] = field(default_factory=list)
    """Cards, with ``in``: the group, or the message that they reply to."""
    known: dict[str, str] = field(default_factory=dict)
    """Messages by their ``uuid``: within an hour, none is shown twice."""

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Answer one request."""
        body = json.loads(await request.read())
        path = request.path.removeprefix("/open-apis/")
        if path == "auth/v3/tenant_access_token/internal":
            return self._token(body)
        if request.headers.get("Authorization") != f"Bearer {self.valid}" or not self.valid:
            said = {"code": 99991663, "msg": "Invalid access token for authorization. Please make a test attempt."}
            return web.json_response(said, status=400)
        if self.busy:
            return web.json_response({"code": 99991400, "msg": "request trigger frequency limit"}, status=400)
        return self._message(request, path, body)

    def _token(self, body: dict[str, Any]) -> web.Response:
        if body.get("app_id") != APP:
            return web.json_response({"code": 10003, "msg": "invalid param"})
        if body.get("app_secret") != APP_SECRET:
            return web.json_response({"code": 10014, "msg": "app secret invalid"})
        self.valid = f"t-{len(self.tokens)}f1bcd13fc57d46bac21793a18e560"
        self.tokens.append(self.valid)
        said = {"code": 0, "msg": "ok", "tenant_access_token": self.valid, "expire": self.expire}
        return web.json_response(said)

    def _message(self, request: web.BaseRequest, path: str, body: dict[str, Any]) -> web.Response:
        if path == "im/v1/messages":
            place = str(body.get("receive_id"))
            if request.query.get("receive_id_type") != "chat_id":
                return _no(230001, "Your request contains an invalid request parameter.")
            if place not in self.chats:
                return _no(230002, "Bot/User can NOT be out of the chat.")
        else:
            place = path.removeprefix("im/v1/messages/").removesuffix("/reply")
            if place in self.gone:
                return _no(230011, "The message was withdrawn.")
            assert body["reply_in_thread"] is True
        assert len(body["uuid"]) <= 50
        card = json.loads(body["content"])
        if body["msg_type"] != "interactive" or not is_sound_card(card) or len(body["content"].encode()) > 30 * 1024:
            return _no(230099, "Failed to create card content.")
        if body["uuid"] not in self.known:
            self.posted.append({"in": place, "card": card})
            self.known[body["uuid"]] = f"om_{len(self.posted)}"
        data = {"message_id": self.known[body["uuid"]], "msg_type": "interactive", "chat_id": CHAT}
        return web.json_response({"code": 0, "msg": "success", "data": data})

    def buttons(self, number: int = -1) -> list[dict[str, Any]]:
        """The buttons of a card."""
        elements = self.posted[number]["card"]["elements"]
        return [button for element in elements for button in element.get("actions", ())]


def _no(code: int, text: str) -> web.Response:
    return web.json_response({"code": code, "msg": text, "error": {"log_id": "202"}}, status=400)
