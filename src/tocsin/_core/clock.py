"""Where time comes from: one protocol, and the real clock that follows the store's time.

All replicas measure with the store's time, so that a lease or a deadline written by one means the same
to another. ``StoreClock`` is the process's monotonic clock plus an offset to the store's time. Small
drift is followed at once; a jump is only reported and waits until no lease taken before it can still run.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from tocsin._core.times import SECOND, Millis

log = logging.getLogger(__name__)

JUMP: Millis = 1 * SECOND
"""A difference larger than this is a jump, not drift."""

JUMP_SETTLES_AFTER = 60.0
"""Seconds for which a jump must last before it is followed; longer than any lease."""


STRETCH = 16
"""Alerts of a batch that are worked on without giving way to others."""

T = TypeVar("T")
U = TypeVar("U")


class Clock(Protocol):
    """Time as an argument: what decides is given ``now``; what waits is given a clock."""

    def now(self) -> Millis:
        """Milliseconds since the Unix epoch, by the store's time."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump; only differences mean anything."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds of this clock."""
        ...


async def in_stretches(clock: Clock, items: Sequence[T], make: Callable[[T], U]) -> list[U]:
    """``make`` of each item, giving way to others after each stretch of work, so that a large batch holds up nobody."""
    made = [make(item) for item in items[:STRETCH]]
    for first in range(STRETCH, len(items), STRETCH):
        await clock.sleep(0)
        made += map(make, items[first : first + STRETCH])
    return made


async def sleep_unless(awake: asyncio.Event, clock: Clock, seconds: float) -> None:
    """Wait for so many seconds or until ``awake`` is set, and clear it."""
    sleeper = asyncio.ensure_future(clock.sleep(seconds))
    waker = asyncio.ensure_future(awake.wait())
    try:
        await asyncio.wait((sleeper, waker), return_when=asyncio.FIRST_COMPLETED)
    finally:
        sleeper.cancel()
        waker.cancel()
        awake.clear()


class StoreClock:
    """The real clock. ``follow`` is told the store's time now and then; it starts on this machine's."""

    def __init__(self) -> None:
        self._offset = time.time() * SECOND - time.monotonic() * SECOND
        self._jump_seen: float | None = None
        self._followed = False
        self._latest: Millis = 0

    def now(self) -> Millis:
        """Milliseconds since the Unix epoch, by the store's time. It steps back only to follow a jump.

        An answer of the store that was long under way makes its time seem earlier than it is; news stamped
        behind what was stamped before would count as older than it.
        """
        self._latest = max(self._latest, int(time.monotonic() * SECOND + self._offset))
        return self._latest

    def monotonic(self) -> float:
        """Seconds that never jump."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait in real time."""
        await asyncio.sleep(seconds)

    def follow(self, store_time: Millis) -> None:
        """Take note of the store's time, just read."""
        now = time.monotonic()
        offset = store_time - now * SECOND
        difference = offset - self._offset
        if not self._followed or abs(difference) <= JUMP:
            if not self._followed:
                self._latest = 0
            self._offset, self._jump_seen, self._followed = offset, None, True
        elif self._jump_seen is None:
            self._jump_seen = now
            log.warning("the store's time jumped", extra={"by_seconds": round(difference / SECOND, 3)})
        elif now - self._jump_seen >= JUMP_SETTLES_AFTER:
            self._offset, self._jump_seen, self._latest = offset, None, 0
            log.warning(
                "following the store's time after its jump", extra={"by_seconds": round(difference / SECOND, 3)}
            )
