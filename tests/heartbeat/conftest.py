"""A world in which heartbeats are looked at."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from tests.support.clock import ManualClock
from tests.support.plans import plan as make_plan
from tests.support.world import World

from tocsin._core.matcher import Matcher
from tocsin._core.model import Tier
from tocsin._core.times import MINUTE, SECOND, Millis
from tocsin._core.watch import Heartbeat
from tocsin._store.client import Store
from tocsin._store.heartbeats import hear
from tocsin.dedup.take import take
from tocsin.heartbeat.loop import HeartbeatLoop
from tocsin.heartbeat.silence import Said

LOOK: Millis = 10 * SECOND


def heartbeat(name: str = "bj", every: Millis = 5 * MINUTE, tier: Tier = Tier.HIGH) -> Heartbeat:
    """A heartbeat of a place."""
    match = (Matcher("alertname", "=", "Watchdog"), Matcher("location", "=", name))
    return Heartbeat(name=name, match=match, every=every, class_="hw_sw_fault", tier=tier)


class Watched:
    """Time passes by ``wait``, while heartbeats are looked at, and heard where a test says so."""

    def __init__(self, store: Store, clock: ManualClock) -> None:
        self.store = store
        self.clock = clock
        self.world = World(store, clock)
        self.posted: list[str] = []
        self.use(heartbeat())

    def use(self, *heartbeats: Heartbeat) -> None:
        """A plan with these heartbeats from now on."""
        self.world.plan = make_plan(heartbeats={each.name: each for each in heartbeats})
        self.loops = [self.process()]

    def process(self, store: Store | None = None) -> HeartbeatLoop:
        """Another process that looks at the same heartbeats, by the plan of now."""
        plan, through = self.world.plan, store or self.store

        async def post(said: Sequence[Said], now: Millis) -> None:
            taken = await take(through, said, now, clock=self.clock, room=self.world.room)
            self.world.loop.wake(taken.due)
            self.posted += taken.outcomes

        return HeartbeatLoop(store=through, clock=self.clock, plan=lambda: plan, post=post)

    async def hear(self, name: str = "bj") -> None:
        """A sign of life is received now."""
        await hear(self.store, {name: self.clock.now()})

    async def look(self) -> None:
        """All processes look at once, and what is due is decided and told."""
        await asyncio.gather(*(loop.turn() for loop in self.loops))
        await self.world.settle()

    async def wait(self, duration: Millis, *heard: str) -> None:
        """Let time pass in steps; ``heard`` are heartbeats that are heard all the time."""
        end = self.clock.now() + duration
        await self.look()
        while self.clock.now() < end:
            self.clock.advance(min(LOOK, end - self.clock.now()))
            for name in heard:
                await self.hear(name)
            await self.look()


@pytest.fixture
async def watched(store_url: str, clock: ManualClock) -> AsyncIterator[Watched]:
    """Heartbeats on a real and empty store; one process, and one heartbeat, ``bj``, every 5 min."""
    store = await Store.open(store_url)
    yield Watched(store, clock)
    await store.close()
