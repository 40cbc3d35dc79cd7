"""The five groups' side of the webhooks: a server on loopback that keeps what it is posted, and can refuse it.

A channel's path names it: what is posted to ``/command`` was told to the channel ``command``. It runs in a thread
of its own, so that a story reads from top to bottom; a wait is for a condition and has an end.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

GROUPS = ("command", "technical", "business", "legal", "data")
PATIENCE = 20.0
"""Seconds after which what was waited for is not going to come."""


@dataclass(frozen=True)
class Told:
    """One message, as it came in."""

    path: str
    headers: Mapping[str, str]
    raw: bytes

    @cached_property
    def body(self) -> dict[str, Any]:
        """Its JSON."""
        found: dict[str, Any] = json.loads(self.raw)
        return found

    @property
    def event(self) -> str:
        """What it tells of."""
        return str(self.body["event"])


@dataclass
class Answers:
    """What a path answers: a status for all, or one after the other, the last of them for good."""

    statuses: list[int] = field(default_factory=lambda: [200])
    headers: Mapping[str, str] = field(default_factory=dict)

    def next(self) -> int:
        """The next status."""
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


class Hooks:
    """The server. Use it as a context manager."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._messages: list[Told] = []
        self._tried: list[Told] = []
        self._answers: dict[str, Answers] = {}
        self._hanging: set[str] = set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._hanging.clear()
            self._changed.notify_all()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, channel: str, *statuses: int, headers: Mapping[str, str] | None = None) -> None:
        """Let a channel answer these statuses, the last of them from then on."""
        with self._changed:
            self._answers[f"/{channel}"] = Answers(list(statuses), headers or {})

    def hang(self, channel: str, *, hanging: bool = True) -> None:
        """Let a channel take what it is posted and never answer; or let it answer again."""
        with self._changed:
            (self._hanging.add if hanging else self._hanging.discard)(f"/{channel}")
            self._changed.notify_all()

    def told(self, channel: str) -> list[Told]:
        """What a channel said yes to, in order."""
        with self._changed:
            return [message for message in self._messages if message.path == f"/{channel}"]

    def tried(self, channel: str) -> list[Told]:
        """All that was posted to a channel, refused or not."""
        with self._changed:
            return [message for message in self._tried if message.path == f"/{channel}"]

    def events(self, channel: str) -> list[str]:
        """The events that a channel was told of, in order."""
        return [message.event for message in self.told(channel)]

    def wait(self, event: str, *channels: str, count: int = 1) -> dict[str, dict[str, Any]]:
        """Wait until each channel was told of an event so often; answers the latest body of each."""
        self.until(lambda: all(self.events(channel).count(event) >= count for channel in channels), f"{count} {event}")
        return {
            channel: next(told.body for told in reversed(self.told(channel)) if told.event == event)
            for channel in channels
        }

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until something holds of what was posted."""
        with self._changed:
            if not self._changed.wait_for(condition, PATIENCE):
                seen = [f"{message.path} {message.event}" for message in self._tried]
                raise AssertionError(f"waited {PATIENCE:g} s for {what}; posted were: {seen}")

    def _take(self, told: Told) -> tuple[int, Mapping[str, str]] | None:
        """What to answer; ``None`` where whoever asked has long gone."""
        with self._changed:
            answers = self._answers.get(told.path) or Answers()
            status = answers.next()
            self._tried.append(told)
            self._changed.notify_all()
            if told.path in self._hanging:
                self._changed.wait_for(lambda: told.path not in self._hanging)
                return None
            if status < 300:
                self._messages.append(told)
            self._changed.notify_all()
            return status, answers.headers

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        take = self._take

        class Handler(BaseHTTPRequestHandler):
            """Takes a post."""

            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                """Keep that it came, and answer as told."""
                self._answer(b"")

            def do_POST(self) -> None:
                """Keep it, and answer as told."""
                self._answer(self.rfile.read(int(self.headers["Content-Length"])))

            def _answer(self, raw: bytes) -> None:
                answer = take(Told(self.path, dict(self.headers), raw))
                if answer is None:
                    self.close_connection = True
                    return
                status, headers = answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler
