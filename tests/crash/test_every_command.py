"""``kill -9`` at every command that changes the store: nothing accepted is lost, nothing told under two ids."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path

import aiohttp
import pytest
from redis.asyncio import Redis
from tests.crash.killer import Killer, Telling, Where
from tests.crash.nursery import Nursery
from tests.crash.service import Service
from tests.crash.sinks import Sinks

STRIDE = 4
"""How many tests share the kill points of one kind, so that workers can share them too."""

FEWEST_WRITES = 40
"""The story takes at least so many: four posts, five decisions, seventeen deliveries."""


Tell = Callable[[Killer], Awaitable[None]]


@pytest.fixture
def tell(
    *,
    nursery: Nursery,
    rules: Path,
    sinks: Sinks,
    session: aiohttp.ClientSession,
    redis: Redis,
    store_url: str,
    tmp_path: Path,
) -> Tell:
    """Tells the story once, on an empty store."""

    async def start(url: str) -> Service:
        return await Service.start("--redis", url, rules=rules, log=tmp_path / "log", nursery=nursery)

    async def tell(killer: Killer) -> None:
        await redis.flushall()
        sinks.got.clear()
        await Telling(start, redis=redis, sinks=sinks, session=session, killer=killer).tell(store_url)

    return tell


@pytest.mark.parametrize("first", range(1, STRIDE + 1))
@pytest.mark.parametrize("where", ["before", "after"])
async def test_killed_at_every_command(where: Where, first: int, tell: Tell) -> None:
    """Killed before or after its n-th write, for all n, and started again: every alert answered 200 is in its
    incident, every notice owed arrives, and only a send in flight at the kill arrives twice, under its one id."""
    for number in count(first, STRIDE):
        killer = Killer(where, number, times=1)
        await tell(killer)
        if not killer.kills:
            assert number > FEWEST_WRITES
            return


@pytest.mark.parametrize("number", [5, 8, 11])
@pytest.mark.parametrize("where", ["before", "after"])
async def test_killed_again_and_again(where: Where, number: int, tell: Tell) -> None:
    """A service that is killed after every few commands gets on with its work all the same."""
    killer = Killer(where, number, times=6)
    await tell(killer)
    assert killer.kills >= 3
