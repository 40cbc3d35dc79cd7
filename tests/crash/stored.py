"""What lies in the store, as a test looks at it past the service: leases, deliveries, counters."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis

from tocsin._store.keys import Keys

KEYS = Keys("tocsin", 0)
LONG_AGO = 1


async def lapse(redis: Redis, holder: str = "") -> None:
    """Let the leases of a dead process run out, or all of them, as if half a minute or a minute had passed.

    That is faithful: a lease is nothing but the time at which it ends, stored as a score, which whoever looks
    compares with its own ``now``. Nobody else remembers it, since its holder is dead.
    """
    for held, tokens in await _pairs(redis):
        rows: Any = await redis.hgetall(tokens)
        for member, token in rows.items():
            if token.decode().startswith(holder):
                await redis.zadd(held, {member: LONG_AGO}, xx=True)


async def leases(redis: Redis) -> int:
    """How many leases there are."""
    return sum([await redis.zcard(held) for held, _ in await _pairs(redis)])


async def _pairs(redis: Redis) -> list[tuple[str, str]]:
    names: Any = await redis.smembers(KEYS.channels)
    channels = [name.decode() for name in names]
    return [(KEYS.held, KEYS.leases), *((KEYS.sending(name), KEYS.tokens(name)) for name in channels)]


async def deliveries(redis: Redis) -> dict[str, str]:
    """The state of each delivery, by its id."""
    ids: Any = await redis.zrange(KEYS.deliveries, 0, -1)
    pipe = redis.pipeline(transaction=False)
    for name in ids:
        pipe.hget(KEYS.delivery(name.decode()), "s")
    states = await pipe.execute() if ids else ()
    return {name.decode(): state.decode() for name, state in zip(ids, states, strict=True)}


async def counters(redis: Redis) -> dict[str, float]:
    """The counters that survive restarts, those at zero left out; without times, and how long things took."""
    rows: Any = await redis.hgetall(KEYS.stats)
    numbers = {name.decode(): float(value) for name, value in rows.items() if not name.startswith(b"success|")}
    return {name: value for name, value in numbers.items() if value and not _is_measure(name)}


def _is_measure(name: str) -> bool:
    """Whether this is a bucket below the highest, or the sum, of a histogram."""
    return name.rpartition("|")[2].isdecimal() or name.partition("|")[0].endswith("_sum")


async def at_rest(redis: Redis) -> bool:
    """Whether nothing is under a lease and no delivery waits."""
    return not await leases(redis) and "waiting" not in (await deliveries(redis)).values()
