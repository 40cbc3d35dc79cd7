"""A service that answers as told, over real HTTP on loopback, and remembers what it was asked."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

INCIDENT: dict[str, Any] = {
    "id": "INC-261205-7K2M9P",
    "revision": 3,
    "key": "subject=payments environment=prod",
    "class": "critical_function_outage",
    "secondary_classes": ["hw_sw_fault"],
    "tier": "high",
    "state": "open",
    "signals": "firing",
    "title": "Payment gateway down",
    "services": ["payments"],
    "environment": "prod",
    "vendor": "acme",
    "location": "cn-east-1",
    "started_at": "2026-12-05T01:00:00.000Z",
    "rule": "payment-gateway-down",
    "acknowledged_by": None,
    "rto": {"target_seconds": 7200, "deadline": "2026-12-05T03:00:00.000Z", "consumed_ratio": 0.0171},
    "alerts": {"firing": 3, "total": 5},
}

NOWHERE = "http://127.0.0.1:9"

DELIVERY: dict[str, Any] = {
    "id": "inc-261205-7k2m9p-1-0123456789ab",
    "notice": "inc-261205-7k2m9p-1",
    "incident": "INC-261205-7K2M9P",
    "event": "opened",
    "group": "technical",
    "channel": "technical-hook",
    "state": "dead",
    "attempts": [
        {"at": "2026-12-05T01:00:01.000Z", "result": "retried", "error": "http://127.0.0.1:9 answered 503"},
        {
            "at": "2026-12-05T01:00:09.000Z",
            "result": "dead",
            "error": "http://127.0.0.1:9 answered 404: no\x1b[2J hook",
        },
    ],
    "due": "2026-12-05T01:00:09.000Z",
}

PAGE: dict[str, Any] = {
    **INCIDENT,
    "timeline": [
        {
            "at": "2026-12-05T01:00:00.120Z",
            "actor": "system:payment-gateway-down@0a1b2c3d4e5f",
            "action": "opened",
            "detail": {"tier": "high", "alert": "PaymentGatewayDown"},
        },
        {"at": "2026-12-05T01:00:00.121Z", "actor": "system:tocsin", "action": "told", "detail": {}},
        {
            "at": "2026-12-05T01:00:40.000Z",
            "actor": "wang\x1b",
            "action": "acknowledged",
            "via": "link",
            "verified": False,
            "before": {"state": "open"},
            "after": {"state": "acknowledged"},
            "detail": {"group": "technical"},
        },
    ],
    "deliveries": [DELIVERY],
    "decision": {
        "rule": "payment-gateway-down",
        "impact": "wide",
        "importance": "core",
        "plan": "0a1b2c3d4e5f",
        "reasons": ["rule payment-gateway-down (rules/plan.yaml:30)", "core × wide = high"],
    },
}


class Fake:
    """``answers`` maps a method and path (with its query) to a status and a body; what is not there is a 404."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Any]] = {}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[Any] = []
        self.url = ""

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        asked = f"{request.command} {request.path}"
        self.asked.append(asked)
        self.headers.append(dict(request.headers))
        sent = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        self.bodies.append(json.loads(sent) if sent else None)
        status, body = self.answers.get(asked, (404, {"title": "Not found", "detail": f"nothing at {request.path}"}))
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json" if status < 400 else "application/problem+json")
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)


@contextlib.contextmanager
def serving() -> Iterator[Fake]:
    """A fake service that listens on loopback."""
    fake = Fake()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            fake.answer(self)

        def do_POST(self) -> None:
            fake.answer(self)

        def date_time_string(self, timestamp: float | None = None) -> str:
            return "Sat, 05 Dec 2026 01:02:03 GMT"

        def log_request(self, *_: Any) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
