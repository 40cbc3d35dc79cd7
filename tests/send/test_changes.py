"""A channel that gets another sender while it works."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.support.clock import ManualClock
from tests.support.world import Sink, World

from tocsin._core.message import Message
from tocsin._core.times import MINUTE
from tocsin._store.client import Store
from tocsin._store.listing import list_deliveries
from tocsin.send.kind import Bounds


class Slow(Sink):
    """A channel that takes its time: until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.began = asyncio.Event()
        self.go = asyncio.Event()
        self.closed = asyncio.Event()

    async def send(self, message: Message) -> str:
        """Keep it, once let go."""
        assert not self.closed.is_set()
        self.began.set()
        await self.go.wait()
        return await super().send(message)

    async def close(self) -> None:
        """Note it."""
        self.closed.set()


@pytest.fixture
async def world(store_url: str, clock: ManualClock) -> AsyncIterator[World]:
    """The second half of the way, on a real and empty store."""
    store = await Store.open(store_url)
    yield World(store, clock)
    await store.close()


async def test_a_send_under_way_is_finished_as_it_began(world: World) -> None:
    """The sender before is closed only once it has sent what it had; that goes out once, the rest by the new one."""
    slow, after = Slow(), Sink()
    (channel,) = (each for each in world.channels if each.channel == "legal-hook")
    channel.use(slow, Bounds())
    await world.fire()
    for keys in world.store.shards:
        await world.loop.turn(keys)
        while not slow.began.is_set():
            await channel.turn(keys)
            await world.clock.sleep(0)
    channel.use(after, Bounds())
    await world.clock.sleep(0)
    assert not slow.closed.is_set()

    slow.go.set()
    await channel.sent()
    await channel.close()
    assert slow.closed.is_set()
    assert [message.event for message in slow.got] == ["opened"]
    (delivery,) = (await list_deliveries(world.store, lambda found: found.channel == "legal-hook")).items
    assert [attempt.result for attempt in delivery.attempts] == ["accepted"]

    await world.resolve()
    await world.wait(1 * MINUTE)
    assert [message.event for message in after.got] == ["cleared"]
