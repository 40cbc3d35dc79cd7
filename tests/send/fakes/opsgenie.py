"""The Alert API of Opsgenie, as it is documented."""

from __future__ import annotations

import json
import re
from typing import Any

from aiohttp import web
from tests.send.contract import Receiver

KEY = "eb243592-faa2-4ba2-a551-1afdf565c889"
LIMITS = {"message": 130, "description": 15_000, "entity": 512, "user": 100, "source": 100, "note": 25_000}


class Alerts:
    """The API. ``alerts`` are those that are open, by alias, and how they stand; ``calls`` are people called."""

    def __init__(self, receiver: Receiver) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.alerts: dict[str, dict[str, Any]] = {}
        self.calls = 0
        self.busy = False
        receiver.answer = self.answer

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """One request; what it asks for is done after the answer, and what it is about may not be there."""
        if request.headers["Authorization"] != f"GenieKey {KEY}":
            said = {"message": "Could not authenticate", "took": 0.0, "requestId": "r-1"}
            return web.json_response(said, status=401)
        if self.busy:
            return web.json_response({"message": "You are making too many requests!", "took": 0.0}, status=429)
        fields = json.loads(await request.read())
        over = [name for name, most in LIMITS.items() if len(fields.get(name, "")) > most]
        if over or (request.path == "/v2/alerts" and not fields.get("message")):
            said = {"message": "Request body is not processable.", "errors": over, "took": 0.0, "requestId": "r-2"}
            return web.json_response(said, status=422)
        self.asked.append((request.path_qs, fields))
        self.do(request, fields)
        said = {"result": "Request will be processed", "took": 0.302, "requestId": "43a29c5c"}
        return web.json_response(said, status=202)

    def do(self, request: web.BaseRequest, fields: dict[str, Any]) -> None:
        """What it asks for: an alias that is open is not opened twice."""
        assert request.method == "POST"
        if request.path == "/v2/alerts":
            self.calls += fields["alias"] not in self.alerts
            self.alerts.setdefault(fields["alias"], {"acknowledged": False, "notes": [], **fields})
            return
        named = re.fullmatch(r"/v2/alerts/([^/]+)/(close|acknowledge|notes)", request.path)
        assert named is not None and request.query_string == "identifierType=alias"
        alias, action = named.groups()
        alert = self.alerts.get(alias)
        if alert is None:
            return
        alert["notes"].append(fields["note"])
        alert["acknowledged"] = alert["acknowledged"] or action == "acknowledge"
        if action == "close":
            del self.alerts[alias]
