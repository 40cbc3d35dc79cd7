"""Which channels fail, and whether command was told of it: kept by whoever sends, read by whoever tells.

What fails is noted where it happens, in ``delivery_settle``; what was told, and who is telling, on the first shard.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tocsin._core.times import MINUTE, Millis
from tocsin._store.client import Store

_FAILURE = ("since", "refused", "error")
"""What ``delivery_settle`` notes of a channel that fails."""

LEASE: Millis = 1 * MINUTE
"""How long whoever tells of a channel has for it."""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """A channel. ``since`` is when it failed first after it had last taken a message, ``None`` while it takes them;
    ``refused`` how many deliveries it has given up in a row; ``told`` that command knows that it is down."""

    since: Millis | None = None
    refused: int = 0
    error: str = ""
    told: bool = False


async def read(store: Store) -> dict[str, Health]:
    """All channels of which there is something to say. Raises ``StoreUnavailable``."""
    pipe = store.pipeline()
    for keys in store.shards:
        pipe.hgetall(keys.health)
    found: dict[str, Health] = {}
    for row in await store.call(pipe.execute()):
        for name, value in row.items():
            field, _, channel = name.decode().partition("|")
            found[channel] = _with(found.get(channel, Health()), field, value.decode())
    return found


def _with(known: Health, field: str, value: str) -> Health:
    match field:
        case "since":
            earliest = int(value) if known.since is None else min(known.since, int(value))
            return msgspec.structs.replace(known, since=earliest)
        case "refused":
            return msgspec.structs.replace(known, refused=known.refused + int(value))
        case "error":
            return msgspec.structs.replace(known, error=value)
        case "told":
            return msgspec.structs.replace(known, told=True)
        case _:
            return known


async def lease(store: Store, channel: str, now: Millis) -> bool:
    """Whether this process is to tell of a channel now, and no other. Raises ``StoreUnavailable``."""
    first = store.shards[0]
    answer: int = await store.run("health_lease", [first.health], [channel, now, now + LEASE])
    return answer == 1


async def note(store: Store, channel: str, *, told: bool) -> None:
    """Command has been told that a channel is down, or with ``told`` false that it is up. Raises
    ``StoreUnavailable``."""
    pipe = store.pipeline()
    key = store.shards[0].health
    if told:
        pipe.hset(key, f"told|{channel}", 1)
    else:
        pipe.hdel(key, f"told|{channel}")
    pipe.hdel(key, f"lease|{channel}")
    await store.call(pipe.execute())


async def forget(store: Store, channel: str) -> None:
    """Forget a channel that the plan no longer has. Raises ``StoreUnavailable``."""
    await _clear(store, channel, (*_FAILURE, "told", "lease"))


async def works(store: Store, channel: str) -> None:
    """A channel has taken a message that was no delivery: it works. Raises ``StoreUnavailable``."""
    await _clear(store, channel, _FAILURE)


async def _clear(store: Store, channel: str, fields: Iterable[str]) -> None:
    names = [f"{field}|{channel}" for field in fields]
    pipe = store.pipeline()
    for keys in store.shards:
        pipe.hdel(keys.health, *names)
    await store.call(pipe.execute())
