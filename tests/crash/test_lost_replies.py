"""The connection to the store breaks at every single command, read or write, and what failed is tried again.

In one process and with a clock that is moved, so that a longer story fits: joining, raising, clearing, a fallback,
reopening, closing. Broken *after* a command, the store has done it and nobody knows: every script must be harmless
if it is run twice. In the end all is as if nothing had ever broken, down to the counters.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Literal

import pytest
from redis.asyncio import Redis
from tests.crash.stored import KEYS, counters, lapse
from tests.support.clock import ManualClock
from tests.support.proxy import Proxy
from tests.support.world import World

from tocsin._core.errors import SendRefused, StoreError
from tocsin._core.letter import Dropping
from tocsin._core.times import MINUTE, SECOND
from tocsin._store.client import Store
from tocsin._store.letters import drop, find_dead
from tocsin._store.listing import list_deliveries

Where = Literal["before", "after"]

WRITES = frozenset({"EVALSHA", "EVAL", "SCRIPT", "HSETNX"})
LOADS = frozenset({"GET", "HMGET", "HGET", "HGETALL"})
POLLS = frozenset({"ZRANGE"})
"""The commands of the two halves. A broken load or poll is the same before and after: nothing was changed."""

STRIDE = 4
FEWEST_SCRIPTS = 60


class Restless(ManualClock):
    """Whoever sleeps moves it: what is tried again after a pause is tried again at once."""

    async def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        self.advance(round(seconds * SECOND))


class Breaker:
    """Breaks the connection once, before or after the ``number``-th command of these names."""

    def __init__(self, where: Where = "before", names: frozenset[str] = frozenset(), number: int = 0) -> None:
        self.armed = True
        self.broken = ""
        self._count = 0
        self._names = names
        self._where = where
        self._number = number
        self._marked = 0

    def before(self, number: int, name: str) -> bool:
        """The proxy's hook."""
        if name not in self._names or self.broken or not self.armed:
            return False
        self._count += 1
        if self._count != self._number:
            return False
        self._marked = number
        return self._where == "before" and self._break(name)

    def after(self, number: int, name: str) -> bool:
        """The proxy's hook."""
        return number == self._marked and self._where == "after" and self._break(name)

    def _break(self, name: str) -> bool:
        self.broken = name
        return True


@dataclass(frozen=True)
class Outcome:
    """All that must not depend on whether and where the connection broke."""

    told: dict[str, list[str]]
    ids: dict[str, list[str]]
    incidents: list[tuple[object, ...]]
    actions: list[list[str]]
    deliveries: list[tuple[str, str]]
    counters: dict[str, float]


class Tried:
    """A world in which what fails for the store's sake is done again."""

    def __init__(self, world: World, redis: Redis) -> None:
        self.world = world
        self._redis = redis

    async def insist(self, step: Callable[[], Awaitable[object]]) -> None:
        """Do a step, and again until it succeeds; what it left behind in the store has lapsed by then."""
        for _ in range(3):
            try:
                await step()
            except StoreError:
                await lapse(self._redis)
            else:
                return
        raise AssertionError("it fails again and again")

    async def post(self, name: str, tier: str, *, resolved: bool = False) -> None:
        """A sender that posts until it is answered, and only then goes on."""
        at = self.world.clock.now()
        if resolved:
            await self.insist(lambda: self.world.resolve(name, tier, starts_at=at, ends_at=at))
        else:
            await self.insist(lambda: self.world.fire(name, tier, starts_at=at))
        await self.pass_time(1 * SECOND, 1 * SECOND)

    async def settle(self) -> None:
        """Work until nothing is due, nor held by one who failed."""
        for _ in range(5):
            await self.insist(self.world.settle)
            if not await self._left():
                return
            await lapse(self._redis)
            await self.insist(self._send)
        raise AssertionError(f"left: {await self._left()}")

    async def _send(self) -> None:
        """The channels look for themselves, even when they were not woken."""
        for channel in self.world.channels:
            for keys in self.world.store.shards:
                await channel.turn(keys)
            await channel.sent()

    async def _left(self) -> list[bytes]:
        pipe = self._redis.pipeline(transaction=False)
        pipe.zrange(KEYS.held, 0, -1)
        for name in self.world.sinks:
            pipe.zrange(KEYS.sending(name), 0, -1)
            for queue in KEYS.queues(name):
                pipe.zrangebyscore(queue, "-inf", self.world.clock.now())
        return [member for row in await pipe.execute() for member in row]

    async def pass_time(self, duration: int, step: int = MINUTE) -> None:
        """Let time pass, working all the while."""
        for _ in range(0, duration, step):
            self.world.clock.advance(step)
            await self.settle()


async def story(tried: Tried) -> None:
    """Opening, a raise, joining alerts, an escalation, clearing, reopening, a fallback, and a dropped letter."""
    await tried.post("Slow", "medium")
    await tried.post("Down", "high")
    await tried.post("Worse", "high")
    await tried.pass_time(5 * MINUTE, 5 * MINUTE)
    tried.world.sinks["technical-hook"].fail = SendRefused("410 Gone")
    for name, tier in (("Slow", "medium"), ("Down", "high"), ("Worse", "high")):
        await tried.post(name, tier, resolved=True)
    tried.world.sinks["technical-hook"].fail = None
    await tried.pass_time(1 * MINUTE)
    await tried.post("Down", "high")
    await tried.pass_time(5 * MINUTE, 5 * MINUTE)
    await tried.post("Down", "high", resolved=True)
    await tried.pass_time(6 * MINUTE, 3 * MINUTE)
    await tried.insist(lambda: give_up(tried.world))


async def give_up(world: World) -> None:
    """A person drops all dead letters."""
    batch = await find_dead(world.store, "", now=world.clock.now())
    why = Dropping(at=world.clock.now(), by="zhang.wei", reason="told by phone", via="cli", verified=False)
    async for _ in drop(world.store, batch.keys, batch.letters, why):
        pass


async def play(store_url: str, redis: Redis, breaker: Breaker) -> Outcome:
    """The story on an empty store, through a proxy that breaks."""
    await redis.flushall()
    async with Proxy(store_url, before=breaker.before, after=breaker.after) as proxy:
        store = Store.at(proxy.url)
        world = World(store, Restless())
        try:
            await story(Tried(world, redis))
            breaker.armed = False
            return await outcome(world, redis)
        finally:
            await store.close()
            await proxy.quiet()


async def outcome(world: World, redis: Redis) -> Outcome:
    """What it all came to."""
    incidents = await world.incidents()
    deliveries = (await list_deliveries(world.store, lambda _: True)).items
    return Outcome(
        told={
            name: list(dict.fromkeys(f"{m.body['sequence']} {m.event}" for m in sink.got))
            for name, sink in world.sinks.items()
        },
        ids={name: list(dict.fromkeys(m.id for m in sink.got)) for name, sink in world.sinks.items()},
        incidents=[(i.id, i.revision, i.tier, i.state, i.firing, i.total, i.told) for i in incidents],
        actions=[await world.actions(incident) for incident in incidents],
        deliveries=sorted((each.id, each.state) for each in deliveries),
        counters=await counters(redis),
    )


@pytest.fixture
async def unbroken(store_url: str, redis: Redis) -> Outcome:
    """What the story comes to if nothing breaks: something of everything."""
    outcome = await play(store_url, redis, Breaker())
    events = [each.split()[1] for each in outcome.told["technical-hook"]]
    assert events == ["opened", "alerts_added", "reopened", "cleared"]
    assert outcome.told["command-hook"] == ["1 opened", "3 escalated", "4 cleared", "5 reopened", "6 cleared"]
    assert "fallback" in outcome.actions[0]
    assert outcome.actions[0][-1] == "letters_dropped"
    return outcome


async def break_each(breakers: Iterator[Breaker], unbroken: Outcome, store_url: str, redis: Redis) -> int:
    """The story with one breaker after the other, until there is nothing left to break; how many broke."""
    for played, breaker in enumerate(breakers):
        assert await play(store_url, redis, breaker) == unbroken, f"broken at {breaker.broken}, play {played}"
        if not breaker.broken:
            return played
    raise AssertionError("it never ends")


@pytest.mark.parametrize("first", range(1, STRIDE + 1))
async def test_every_script_is_harmless_if_run_twice(
    first: int, unbroken: Outcome, store_url: str, redis: Redis
) -> None:
    """The reply to every single script is lost, so that it is run again, and in the end nobody can tell."""
    breakers = (Breaker("after", WRITES, number) for number in count(first, STRIDE))
    assert await break_each(breakers, unbroken, store_url, redis) > FEWEST_SCRIPTS / STRIDE


@pytest.mark.parametrize(("names", "every"), [(WRITES, 3), (LOADS, 3), (POLLS, 30)], ids=["scripts", "loads", "polls"])
async def test_a_command_may_be_lost(
    names: frozenset[str], every: int, unbroken: Outcome, store_url: str, redis: Redis
) -> None:
    """A command of any kind never reaches the store, and in the end nobody can tell."""
    breakers = (Breaker("before", names, number) for number in count(1, every))
    assert await break_each(breakers, unbroken, store_url, redis) > 5
