"""The proxy that puts a crash at any one command."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from tests.support.proxy import Proxy, read_value

ONCE = Retry(NoBackoff(), 0)


def client_of(proxy: Proxy, protocol: int = 3) -> Redis:
    """A client through the proxy that says nothing by itself but what it must, and never twice."""
    return Redis.from_url(proxy.url, retry=ONCE, protocol=protocol)


@pytest.mark.parametrize("protocol", [2, 3])
async def test_commands_pass_and_are_counted(store_url: str, protocol: int) -> None:
    """Replies of every shape come through whole, one at a time and in a pipeline, and each command is named."""
    async with Proxy(store_url) as proxy, client_of(proxy, protocol) as client:
        assert await client.set("key", b"\r\n$5\r\n" * 1000, px=60_000)
        assert await client.get("key") == b"\r\n$5\r\n" * 1000
        assert await client.get("none") is None
        assert await client.eval("return {1, {'two', false}, {}, redis.status_reply('OK')}", 0) == [
            1,
            [b"two", None],
            [],
            b"OK",
        ]
        async with client.pipeline(transaction=True) as pipe:
            pipe.hset("hash", mapping={"a": "1", "b": "2"})
            pipe.pexpire("hash", 60_000)
            pipe.hgetall("hash")
            assert (await pipe.execute())[2] == {b"a": b"1", b"b": b"2"}
        assert proxy.commands[-5:] == ["MULTI", "HSET", "PEXPIRE", "HGETALL", "EXEC"]


async def test_broken_before_a_command_redis_never_sees_it(store_url: str, redis: Redis) -> None:
    """The client gets an error and the work is not done."""
    async with Proxy(store_url, before=lambda _, name: name == "SET") as proxy, client_of(proxy) as client:
        with pytest.raises(RedisConnectionError):
            await client.set("key", "value", px=60_000)
        assert await redis.get("key") is None


async def test_broken_after_a_command_the_work_is_done_unknown_to_the_client(store_url: str, redis: Redis) -> None:
    """The lost reply: the client gets an error although the work is done."""
    async with Proxy(store_url, after=lambda _, name: name == "SET") as proxy, client_of(proxy) as client:
        with pytest.raises(RedisConnectionError):
            await client.set("key", "value", px=60_000)
        assert await redis.get("key") == b"value"


async def test_numbers_run_over_all_connections(store_url: str) -> None:
    """Two clients share one count, so that every command of a process has a number."""
    numbers: list[int] = []

    def note(number: int, _: str) -> None:
        numbers.append(number)

    async with Proxy(store_url, after=note) as proxy, client_of(proxy) as one, client_of(proxy) as two:
        await asyncio.gather(one.ping(), two.ping())
        assert sorted(numbers) == list(range(1, len(proxy.commands) + 1))
        assert proxy.commands.count("PING") == 2


async def test_cut_and_opened_again(store_url: str) -> None:
    """While it is cut, clients are refused; opened again, it is at the same place."""
    async with Proxy(store_url) as proxy, client_of(proxy) as client:
        await client.ping()
        await proxy.cut()
        with pytest.raises(RedisConnectionError):
            await client.ping()
        await proxy.open()
        assert await client.ping()


@pytest.mark.parametrize(
    "value",
    [
        b"+OK\r\n",
        b":1\r\n",
        b"_\r\n",
        b"$-1\r\n",
        b"$0\r\n\r\n",
        b"*-1\r\n",
        b"%1\r\n+a\r\n~1\r\n#t\r\n",
        b"=5\r\ntxt:a\r\n",
    ],
)
async def test_the_end_of_a_value_is_found(value: bytes) -> None:
    """Every kind of value is read to its end and no further."""
    reader = asyncio.StreamReader()
    reader.feed_data(value + b"+next\r\n")
    assert await read_value(reader) == value
    assert await read_value(reader) == b"+next\r\n"


async def test_a_push_comes_with_the_reply_behind_it() -> None:
    """What Redis sends unasked is no reply: the reply is what follows."""
    reader = asyncio.StreamReader()
    reader.feed_data(b">2\r\n+invalidate\r\n*0\r\n:7\r\n+next\r\n")
    assert await read_value(reader) == b">2\r\n+invalidate\r\n*0\r\n:7\r\n"


async def test_quiet_once_the_last_client_is_gone(store_url: str) -> None:
    """It is not quiet while a client is connected, and is as soon as none is."""
    async with Proxy(store_url) as proxy:
        async with client_of(proxy) as client:
            await client.ping()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(proxy.quiet(), 0.01)
        await asyncio.wait_for(proxy.quiet(), 5)
