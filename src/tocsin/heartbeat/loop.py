"""The loop that looks at heartbeats: what is missed becomes an alert, which ends once it is heard again.

Any number of processes may do this at once, and each may be killed anywhere: a loss is noted before it is posted and
posted until that is noted, and the alert of a heartbeat is one and the same, whoever posts it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from tocsin._core.clock import Clock, sleep_unless
from tocsin._core.errors import StoreError
from tocsin._core.plan import Plan
from tocsin._core.times import SECOND, Millis
from tocsin._store import heartbeats as stored
from tocsin._store.client import Store
from tocsin.heartbeat import silence
from tocsin.heartbeat.decide import judge
from tocsin.heartbeat.silence import Said

log = logging.getLogger(__name__)

LOOK_EVERY: Millis = 2 * SECOND
"""The longest pause between looks, and so how late a return is seen; shorter where a heartbeat is to be heard so often
that it would be missed again by then."""

REST: Millis = 15 * SECOND
"""The same while the plan has no heartbeats."""

_LOGGED: Mapping[stored.What, str] = {
    "lost": "a heartbeat is missed",
    "back": "a heartbeat is heard again",
    "gone": "a heartbeat is no longer in the plan",
}

Post = Callable[[Sequence[Said], Millis], Awaitable[object]]
"""Takes alerts in that are decided already."""


class HeartbeatLoop:
    """Looks at the plan's heartbeats in one store."""

    def __init__(self, *, store: Store, clock: Clock, plan: Callable[[], Plan], post: Post) -> None:
        self._store = store
        self._clock = clock
        self._plan = plan
        self._post = post
        self._drained = asyncio.Event()
        self._draining = False

    def drain(self) -> None:
        """End ``run`` after the look at hand."""
        self._draining = True
        self._drained.set()

    async def run(self) -> None:
        """Look until drained."""
        is_away = False
        while not self._draining:
            try:
                wait = await self.turn()
                is_away = False
            except StoreError as error:
                if not is_away:
                    log.warning("heartbeats wait for the store", extra={"error": str(error)})
                is_away, wait = True, LOOK_EVERY
            if not self._draining:
                await sleep_unless(self._drained, self._clock, wait / SECOND)

    async def turn(self) -> Millis:
        """Look once; answers how long there is nothing to do. Raises ``StoreError``."""
        plan, now = self._plan(), self._clock.now()
        pulses = await stored.look(self._store, tuple(plan.heartbeats.values()), now)
        found = judge(pulses, now)
        if found.missed:
            await self._note([("lost", each.pulse.heartbeat.name) for each in found.missed if each.is_new], now)
            await self._post([silence.lost(each.pulse, each.at, plan, now) for each in found.missed], now)
            await self._note([("told", each.pulse.heartbeat.name) for each in found.missed], now)
        if found.back or pulses.gone:
            ends = [silence.back(each, plan, now) for each in found.back]
            await self._post([*ends, *(silence.gone(name, now) for name in pulses.gone)], now)
            await self._note([("back", each.heartbeat.name) for each in found.back], now)
            await self._note([("gone", name) for name in pulses.gone], now)
        if not plan.heartbeats:
            return REST
        pause = min(LOOK_EVERY, *(each.every // 4 for each in plan.heartbeats.values()))
        return max(1, pause if found.next_at is None else min(found.next_at - now, pause))

    async def _note(self, notes: list[tuple[stored.What, str]], now: Millis) -> None:
        for what, name in notes:
            if what in _LOGGED:
                log.info(_LOGGED[what], extra={"heartbeat": name})
        await stored.note(self._store, notes, now)
