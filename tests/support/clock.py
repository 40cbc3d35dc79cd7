"""A clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio
import heapq

from tocsin._core.times import SECOND, Millis, parse_time

START = parse_time("2026-03-02T03:00:00Z")
"""When tests begin unless they say otherwise: a Monday, at three in the morning."""


class ManualClock:
    """A ``Clock`` for tests. Nothing passes but what ``advance`` lets pass; nobody sleeps in real time.

    ``advance`` only marks sleepers as awake; they run when the test next gives way to the loop.
    """

    def __init__(self, now: Millis = START) -> None:
        self._now = now
        self._passed: Millis = 0
        self._sleepers: list[tuple[Millis, int, asyncio.Future[None]]] = []
        self._count = 0
        self._news = asyncio.Event()

    def now(self) -> Millis:
        """Milliseconds since the epoch, as moved so far."""
        return self._now

    def monotonic(self) -> float:
        """Seconds moved so far."""
        return self._passed / SECOND

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock was moved so far; at least one turn of the loop."""
        due = self._passed + round(seconds * SECOND)
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if due <= self._passed:
            woken.set_result(None)
            asyncio.get_running_loop().call_soon(lambda: None)
        self._count += 1
        heapq.heappush(self._sleepers, (due, self._count, woken))
        self._news.set()
        try:
            await woken
        finally:
            self._sleepers = [each for each in self._sleepers if each[2] is not woken]
            heapq.heapify(self._sleepers)
