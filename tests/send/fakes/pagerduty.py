"""PagerDuty's Events API v2, as it is documented."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web
from tests.send.contract import Receiver

KEY = "0123456789abcdef0123456789abcdef"


class Events:
    """The API. ``alerts`` are those that are open, by their key, and how they stand; ``calls`` are people called."""

    def __init__(self, receiver: Receiver) -> None:
        self.events: list[dict[str, Any]] = []
        self.alerts: dict[str, str] = {}
        self.calls = 0
        self.busy = False
        receiver.answer = self.answer

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """One event."""
        body = await request.read()
        if self.busy:
            return web.Response(status=429, headers={"Retry-After": "60"})
        errors = self.faults(request, body)
        if errors:
            said = {"status": "invalid event", "message": "Event object is invalid", "errors": errors}
            return web.json_response(said, status=400)
        event = json.loads(body)
        self.events.append(event)
        key = event["dedup_key"]
        if event["event_action"] == "trigger":
            self.calls += key not in self.alerts
            self.alerts.setdefault(key, "triggered")
        elif event["event_action"] == "acknowledge" and key in self.alerts:
            self.alerts[key] = "acknowledged"
        elif event["event_action"] == "resolve":
            self.alerts.pop(key, None)
        said = {"status": "success", "message": "Event processed", "dedup_key": key}
        return web.json_response(said, status=202)

    def faults(self, request: web.BaseRequest, body: bytes) -> list[str]:
        """What is wrong with an event, by the documented limits."""
        assert (request.method, request.path) == ("POST", "/v2/enqueue")
        assert request.headers["Content-Type"] == "application/json"
        if len(body) > 512_000:
            return ["Event is too large"]
        event = json.loads(body)
        faults = []
        if len(event["routing_key"]) != 32:
            faults.append(f"Length of 'routing_key' is incorrect (should be 32 characters): {event['routing_key']}")
        if not 1 <= len(event["dedup_key"]) <= 255:
            faults.append("'dedup_key' is too long")
        if event["event_action"] == "trigger":
            payload = event["payload"]
            if not 1 <= len(payload["summary"]) <= 1024 or not payload["source"]:
                faults.append("'payload.summary' or 'payload.source' is not as it should be")
            if payload["severity"] not in ("critical", "error", "warning", "info"):
                faults.append("'payload.severity' is invalid")
        return faults
