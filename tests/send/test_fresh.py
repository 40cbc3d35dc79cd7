"""What this process has just committed is sent without a look at the queue, and the queue is not forgotten for it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.clock import ManualClock
from tests.support.world import World, classified

from tocsin._core.errors import TrySendAgain
from tocsin._core.times import MINUTE
from tocsin._store.client import Store
from tocsin.send.loop import TURNS_UNLOOKED, ChannelLoop


@pytest.fixture
async def world(store_url: str, clock: ManualClock) -> AsyncIterator[World]:
    """The second half of the way, on a real and empty store."""
    store = await Store.open(store_url)
    yield World(store, clock)
    await store.close()


async def commit(world: World, service: str) -> None:
    """A high incident of a service opens; its deliveries are committed, not yet sent, and in ``world.deliveries``."""
    await world.fire(service, said=classified(service, key=(("subject", service),)))
    (keys,) = world.store.shards
    world.deliveries.clear()
    while await world.loop.turn(keys) == 0:
        pass


def legal(world: World) -> ChannelLoop:
    """The channel of the legal group."""
    (channel,) = (channel for channel in world.channels if channel.channel == "legal-hook")
    return channel


async def turn(world: World, channel: ChannelLoop) -> int:
    """One turn of a channel and its sends; how long there is nothing to start."""
    (keys,) = world.store.shards
    wait = await channel.turn(keys)
    await channel.sent()
    return wait


async def test_what_is_fresh_is_sent_at_once(world: World) -> None:
    """One turn sends it, and the next one looks at the queue and finds it empty."""
    await commit(world, "payments")
    legal(world).wake([delivery for delivery in world.deliveries if delivery.channel == "legal-hook"])
    assert await turn(world, legal(world)) == 1
    assert world.told("legal") == ["opened"]
    assert await turn(world, legal(world)) > 1
    assert world.told("legal") == ["opened"]


async def test_what_is_no_longer_due_is_passed_over(world: World) -> None:
    """Told of it twice, or after another process has sent it, or while it waits for its next try, nothing is sent."""
    await commit(world, "payments")
    sink = world.sinks["legal-hook"]
    owed = [delivery for delivery in world.deliveries if delivery.channel == "legal-hook"]
    sink.fail = TrySendAgain("503")
    await turn(world, legal(world))
    legal(world).wake(owed)
    await turn(world, legal(world))
    assert sink.tried == 1
    sink.fail = None
    world.clock.advance(1 * MINUTE)
    for _ in range(3):
        legal(world).wake(owed)
        await turn(world, legal(world))
    assert world.told("legal") == ["opened"]


async def test_the_queue_is_not_forgotten(world: World) -> None:
    """However much is fresh, what else waits in the queue is sent within a few turns."""
    await commit(world, "waiting")
    waiting = {delivery.incident for delivery in world.deliveries}
    sink = world.sinks["legal-hook"]
    for number in range(TURNS_UNLOOKED + 1):
        await commit(world, f"fresh-{number}")
        legal(world).wake([delivery for delivery in world.deliveries if delivery.channel == "legal-hook"])
        await turn(world, legal(world))
    assert waiting < {message.incident for message in sink.got}
    assert len(sink.got) == TURNS_UNLOOKED + 2
