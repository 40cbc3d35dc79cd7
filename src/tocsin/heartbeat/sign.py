"""Our own sign of life: while all is well, somebody else's dead man's switch is called every so often.

Well means that the store answers and that no incident has waited to be looked at for minutes. Every process calls
for itself. A call that fails is not tried again before the next one; what goes wrong is logged once, without the
address, which is likely a secret.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

import aiohttp

from tocsin._core.clock import Clock
from tocsin._core.errors import ConfigurationError, SendError, StoreError
from tocsin._core.plan import Plan
from tocsin._core.times import MINUTE, SECOND, Millis, format_time
from tocsin._core.watch import Watchdog
from tocsin._store.client import Store
from tocsin._store.overdue import oldest_due
from tocsin.send.endpoint import DEFAULT_TIMEOUT, Endpoint, address

log = logging.getLogger(__name__)

LATE: Millis = 3 * MINUTE
"""How long an incident may wait to be looked at while all is well."""

GLANCE = 5.0
"""Seconds between glances at whether the plan has another switch now."""


class Meter(Protocol):
    """What is counted here."""

    def watchdog(self, at: Millis, *, taken: bool) -> None:
        """A sign of life was due; whether it was sent and taken."""
        ...


class SignOfLife:
    """Calls the switch of the plan in force."""

    def __init__(self, *, store: Store, clock: Clock, plan: Callable[[], Plan], meter: Meter) -> None:
        self._store = store
        self._clock = clock
        self._plan = plan
        self._meter = meter
        self._watchdog: Watchdog | None = None
        self._due = 0.0
        self._is_failing = False

    async def run(self, session: aiohttp.ClientSession) -> None:
        """Call until cancelled."""
        while True:
            await self._clock.sleep(await self.turn(session))

    async def turn(self, session: aiohttp.ClientSession) -> float:
        """Call if it is time to; answers for how many seconds there is nothing to do."""
        watchdog = self._plan().watchdog
        if watchdog != self._watchdog:
            self._watchdog, self._due = watchdog, self._clock.monotonic()
        if watchdog is None:
            return GLANCE
        if self._clock.monotonic() >= self._due:
            self._due = self._clock.monotonic() + watchdog.every / SECOND
            self._note(await self._unwell() or await self._call(watchdog, session))
        return min(max(0.001, self._due - self._clock.monotonic()), GLANCE)

    async def _unwell(self) -> str:
        """What is not well; ``""`` if all is."""
        try:
            oldest = await oldest_due(self._store)
        except StoreError as error:
            return str(error)
        if oldest is not None and self._clock.now() - oldest > LATE:
            return f"an incident has waited to be looked at since {format_time(oldest)}"
        return ""

    async def _call(self, watchdog: Watchdog, session: aiohttp.ClientSession) -> str:
        """Call once; answers what went wrong, ``""`` for nothing."""
        timeout = min(watchdog.every, DEFAULT_TIMEOUT)
        try:
            url = address("watchdog.url", watchdog.url)
            proxy = address("proxy", watchdog.proxy) if watchdog.proxy else None
            await Endpoint(url, session=session, clock=self._clock, timeout=timeout, proxy=proxy).get()
        except (ConfigurationError, SendError) as error:
            return str(error)
        return ""

    def _note(self, problem: str) -> None:
        self._meter.watchdog(self._clock.now(), taken=not problem)
        if problem and not self._is_failing:
            log.warning("no sign of life goes out, or none is taken", extra={"error": problem})
        elif self._is_failing and not problem:
            log.info("signs of life are taken again")
        self._is_failing = bool(problem)
