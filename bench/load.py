"""The load, a process of its own: posts alerts on some connections until a time or a number is reached.

``run`` starts it and answers what it measured. The process reads an ``Order`` as JSON on standard input and writes a
``Result`` as JSON to standard output. A connection posts again as soon as its last post was answered, or, if a rate
is asked for, when its turn has come. Bodies are made while it runs (one to two microseconds an alert).
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import cast

import msgspec
import uvloop
from bench.payloads import alert, ends_at, request, spread
from bench.plans import HOT

from tocsin._core.clock import StoreClock
from tocsin._core.times import MINUTE, format_time


class Order(msgspec.Struct, kw_only=True):
    """What to post: ``kind`` is ``spread`` (over services) or ``hot`` (one service, one incident). Alerts are numbered
    from ``first``; after ``distinct`` of them the first comes again. ``rate`` is alerts a second, 0 for no limit."""

    port: int
    kind: str = "spread"
    per_request: int
    first: int = 0
    distinct: int
    most: int
    seconds: float
    rate: float = 0.0
    connections: int = 32


class Result(msgspec.Struct, kw_only=True):
    """What came of it; ``times`` are of requests, in seconds, from the first byte sent to the whole answer."""

    alerts: int
    seconds: float
    statuses: dict[str, int]
    times: list[float]

    @property
    def rate(self) -> float:
        """Alerts a second."""
        return self.alerts / self.seconds


def start(order: Order) -> subprocess.Popen[bytes]:
    """Start the load beside this process; ``finish`` waits for it."""
    process = subprocess.Popen([sys.executable, "-m", "bench.load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(msgspec.json.encode(order))
    process.stdin.close()
    process.stdin = None
    return process


def finish(process: subprocess.Popen[bytes]) -> Result:
    """What it measured. Raises ``SystemExit`` where posts failed."""
    output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"the load ended with {process.returncode}")
    result = msgspec.json.decode(output, type=Result)
    if set(result.statuses) != {"200"}:
        raise SystemExit(f"posts were answered with {result.statuses}")
    return result


class _Load:
    """The posts of one order, handed out to connections."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._clock = StoreClock()
        self._starts = format_time(self._clock.now() - MINUTE)
        self._requests = self._make()
        self._interval = order.per_request / order.rate if order.rate else 0.0
        self._began = time.perf_counter()
        self._given = 0
        self.result = Result(alerts=0, seconds=0.0, statuses={}, times=[])

    def next(self) -> tuple[bytes, float] | None:
        """The next post and how long to wait before it; ``None`` if this was all."""
        due = self._given * self._interval
        passed = time.perf_counter() - self._began
        if max(due, passed) >= self._order.seconds or self._given * self._order.per_request >= self._order.most:
            return None
        self._given += 1
        return next(self._requests), max(0.0, due - passed)

    def answered(self, status: str, seconds: float) -> None:
        """A post was answered."""
        result = self.result
        result.alerts += self._order.per_request
        result.statuses[status] = result.statuses.get(status, 0) + 1
        result.times.append(seconds)
        result.seconds = time.perf_counter() - self._began

    def _make(self) -> Iterator[bytes]:
        order, number = self._order, 0
        while True:
            ends = ends_at(self._clock.now())
            alerts = []
            for _ in range(order.per_request):
                which = order.first + number % order.distinct
                if order.kind == "hot":
                    alerts.append(alert(which, service="hot", alertname=HOT, starts=self._starts, ends=ends))
                else:
                    alerts.append(spread(which, starts=self._starts, ends=ends))
                number += 1
            yield request(alerts, port=order.port)


class _Connection(asyncio.Protocol):
    """Posts one after the other."""

    def __init__(self, load: _Load, done: asyncio.Future[None]) -> None:
        self._load = load
        self._done = done
        self._buffer = b""
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are no subclasses
        self._go_on()

    def data_received(self, data: bytes) -> None:
        """Note the answer once it is whole, and go on."""
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found or len(body) < content_length(head):
            return
        self._buffer = b""
        self._load.answered(head[9:12].decode(), time.perf_counter() - self._sent_at)
        self._go_on()

    def connection_lost(self, error: Exception | None) -> None:
        """The last answer has come, or the service hung up."""
        if not self._done.done():
            self._done.set_exception(error or ConnectionError("the service hung up"))

    def _go_on(self) -> None:
        following = self._load.next()
        if following is None:
            self._done.set_result(None)
            self._transport.close()
            return
        post, pause = following
        if pause > 0:
            asyncio.get_running_loop().call_later(pause, self._send, post)
        else:
            self._send(post)

    def _send(self, post: bytes) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(post)


def content_length(head: bytes) -> int:
    """The length of the body that follows this head; 0 if it names none."""
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def _run(order: Order) -> Result:
    loop = asyncio.get_running_loop()
    load = _Load(order)
    ends: list[asyncio.Future[None]] = []
    for _ in range(order.connections):
        done: asyncio.Future[None] = loop.create_future()
        ends.append(done)
        await loop.create_connection(lambda done=done: _Connection(load, done), "127.0.0.1", order.port)  # type: ignore[misc]
    await asyncio.gather(*ends)
    return load.result


if __name__ == "__main__":
    ordered = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(_run(ordered))))
