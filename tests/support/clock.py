"""A clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio

from tocsin._core.times import SECOND, Millis, parse_time

START = parse_time("2026-03-02T03:00:00Z")
"""When tests begin unless they say otherwise: a Monday, at three in the morning."""


class ManualClock:
    """A ``Clock`` for tests: no time passes but what ``advance`` lets pass, and nobody sleeps in real time.

    ``advance`` wakes sleepers; they run when the test next gives way to the loop. To be sure that a worker
    has reached its next sleep, wait for it with ``asleep``.
    """

    def __init__(self, now: Millis = START) -> None:
        self._start = now
        self._passed: Millis = 0
        self._sleepers: dict[asyncio.Future[None], Millis] = {}
        self._went_to_sleep = asyncio.Event()

    def now(self) -> Millis:
        """Milliseconds since the epoch, as moved so far."""
        return self._start + self._passed

    def monotonic(self) -> float:
        """Seconds moved so far."""
        return self._passed / SECOND

    @property
    def sleepers(self) -> int:
        """How many tasks sleep right now."""
        return len(self._sleepers)

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock was moved so far; give way to others at least once, as a real sleep does."""
        loop = asyncio.get_running_loop()
        woken: asyncio.Future[None] = loop.create_future()
        due = self._passed + round(seconds * SECOND)
        if due <= self._passed:
            loop.call_soon(_wake, woken)
        else:
            self._sleepers[woken] = due
            self._went_to_sleep.set()
        try:
            await woken
        finally:
            self._sleepers.pop(woken, None)

    def advance(self, duration: Millis) -> None:
        """Let so many milliseconds pass, and wake whose time has come, the earliest first."""
        self._passed += duration
        for woken, due in sorted(self._sleepers.items(), key=lambda each: each[1]):
            if due <= self._passed:
                del self._sleepers[woken]
                _wake(woken)

    async def asleep(self, count: int = 1) -> None:
        """Wait until ``count`` tasks sleep."""
        while len(self._sleepers) < count:
            self._went_to_sleep.clear()
            await self._went_to_sleep.wait()


def _wake(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)
