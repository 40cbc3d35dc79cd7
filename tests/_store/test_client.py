"""The client says to the store exactly what it was told to say."""

from __future__ import annotations

import pytest

from tocsin._core.errors import StoreUnavailable
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
