"""Where webhooks arrive: a small HTTP server in the measuring process, and the probe that times one alert.

The time of arrival is that of a request's first byte; what it was about is read from its body afterwards.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import cast

import msgspec
from bench.load import content_length
from bench.payloads import alert, request
from bench.plans import GROUPS, PROBE

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class _Incident(msgspec.Struct):
    services: list[str]


class _Notice(msgspec.Struct):
    event: str
    group: str
    incident: _Incident


@dataclass
class Arrivals:
    """When each group was told of a service's incident (``perf_counter``); ``all`` once all five were."""

    at: dict[str, float] = field(default_factory=dict)
    all: asyncio.Event = field(default_factory=asyncio.Event)


class Sink:
    """Takes webhooks. ``expected`` holds the services that somebody waits for; the rest is counted only."""

    def __init__(self) -> None:
        self.expected: dict[str, Arrivals] = {}
        self.others = 0
        self.port = 0
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Sink:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Webhooks(self), "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    def take(self, body: bytes, at: float) -> None:
        """A webhook came; its first byte at this time."""
        notice = msgspec.json.decode(body, type=_Notice)
        arrivals = self.expected.get(notice.incident.services[0])
        if arrivals is None or notice.event != "opened":
            self.others += 1
            return
        arrivals.at.setdefault(notice.group, at)
        if len(arrivals.at) == len(GROUPS):
            arrivals.all.set()


class _Webhooks(asyncio.Protocol):
    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._buffer = b""
        self._began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are no subclasses

    def data_received(self, data: bytes) -> None:
        if not self._buffer:
            self._began = time.perf_counter()
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if found and len(body) >= content_length(head):
            self._buffer = b""
            self._transport.write(_ANSWER)
            self._sink.take(body, self._began)


@dataclass(frozen=True)
class Times:
    """Seconds from the start of a POST to its answer, to the first group's webhook and to the last of the five."""

    answered: float
    first: float
    last: float


class Prober:
    """Posts single alerts, each the first of its own incident, and times them. Open one with ``connect``."""

    def __init__(self, sink: Sink, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._sink = sink
        self._port = port
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, sink: Sink, port: int) -> Prober:
        """A prober with a connection of its own, as a Prometheus keeps one."""
        return cls(sink, port, *await asyncio.open_connection("127.0.0.1", port))

    async def probe(self, number: int, *, starts: str, ends: str, within: float = 30.0) -> Times:
        """One alert; waits until all five groups were told of it."""
        service = f"probe-{number}"
        arrivals = self._sink.expected[service] = Arrivals()
        fresh = alert(number, service=service, alertname=PROBE, starts=starts, ends=ends)
        post = request([fresh], port=self._port)
        async with asyncio.timeout(within):
            began = time.perf_counter()
            self._writer.write(post)
            head = await self._reader.readuntil(b"\r\n\r\n")
            answered = time.perf_counter() - began
            await self._reader.readexactly(content_length(head[:-4]))
            await arrivals.all.wait()
        del self._sink.expected[service]
        if b" 200 " not in head[:16]:
            raise SystemExit(f"the service answered {head[:80]!r}")
        return Times(answered, min(arrivals.at.values()) - began, max(arrivals.at.values()) - began)

    def close(self) -> None:
        """Hang up."""
        self._writer.close()
