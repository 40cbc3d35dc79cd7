"""What the store says when it cannot take anything, and that this is told apart from a fault of ours."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis
from tests.support.clock import ManualClock
from tests.support.world import World

from tocsin._core.errors import StoreError, StoreUnavailable
from tocsin._store.client import Store


async def test_a_full_store_is_unavailable(store_url: str, redis: Redis, clock: ManualClock) -> None:
    """A store that is out of memory is one to try again later, for a script that is loaded and for one that is not."""
    store = await Store.open(store_url)
    world = World(store, clock)
    await world.fire("Before")
    await redis.config_set("maxmemory", "1")
    try:
        with pytest.raises(StoreUnavailable, match="takes nothing now"):
            await world.fire()
        await redis.script_flush()
        with pytest.raises(StoreUnavailable, match="takes nothing now"):
            await world.fire()
    finally:
        await redis.config_set("maxmemory", "0")
    assert await world.fire() == "n"
    await store.close()


async def test_a_replica_is_unavailable(store_url: str, redis: Redis, clock: ManualClock) -> None:
    """After a failover the old primary is read-only: try again later."""
    store = await Store.open(store_url)
    world = World(store, clock)
    await world.fire("Before")
    await redis.replicaof("127.0.0.1", "1")
    try:
        with pytest.raises(StoreUnavailable):
            await world.fire()
    finally:
        await redis.replicaof("NO", "ONE")
    assert await world.fire() == "n"
    await store.close()


async def test_a_faulty_script_is_no_outage(store_url: str, redis: Redis, clock: ManualClock) -> None:
    """A key of the wrong kind is a fault, and is said so, rather than taken for an outage."""
    store = await Store.open(store_url)
    await redis.set(store.shards[0].urgent, "not a sorted set")
    with pytest.raises(StoreError) as caught:
        await World(store, clock).fire()
    assert not isinstance(caught.value, StoreUnavailable)
    await redis.delete(store.shards[0].urgent)
    await store.close()
