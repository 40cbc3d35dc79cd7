"""What goes to the store arrives as it is, and what the store refuses is said for what it is."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis
from tests.support.clock import ManualClock
from tests.support.world import World

from tocsin._core.errors import StoreError, StoreUnavailable
from tocsin._store.client import Store


@pytest.mark.parametrize("value", [b"", b"\r\n$-1\r\n\0\xff", "支付\n", 0, -(2**60), 1772420520940, 0.25])
async def test_any_value_arrives_whole(store_url: str, value: str | bytes | float) -> None:
    """Bytes, text of any script, integers and fractions arrive as they are, by a command and in a pipeline."""
    store = await Store.open(store_url)
    meta = store.shards[0].meta
    pipe = store.pipeline()
    pipe.hset(meta, "probe", value)
    pipe.hget(meta, "probe")
    _, answer = await store.call(pipe.execute())
    expected = value if isinstance(value, bytes) else str(value).encode()
    assert answer == expected
    await store.close()


async def test_a_large_command_arrives_whole(store_url: str) -> None:
    """A megabyte in one value, and a thousand values in one command."""
    store = await Store.open(store_url)
    meta = store.shards[0].meta
    values = {f"probe{number}": b"x" * (1 << 20 if number == 7 else number) for number in range(1_000)}
    pipe = store.pipeline()
    pipe.hset(meta, mapping=values)
    pipe.hgetall(meta)
    _, answer = await store.call(pipe.execute())
    assert {name.decode(): value for name, value in answer.items() if name.startswith(b"probe")} == values
    await store.close()


async def test_a_store_that_is_not_there() -> None:
    """Nothing listens: the store is out of reach, in our words."""
    with pytest.raises(StoreUnavailable, match="out of reach"):
        await Store.open("unix:///nowhere/store.sock")


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
