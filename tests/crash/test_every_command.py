"""``kill -9`` at every command that changes the store: nothing accepted is lost, nothing told under two ids."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import count

import aiohttp
import pytest
from redis.asyncio import Redis
from tests.crash.killer import Killer, Telling, Where
from tests.crash.service import Serve
from tests.crash.sinks import Got, Sinks

STRIDE = 4
"""How many tests share the kill points of one kind, so that workers can share them too."""

FEWEST_WRITES = 40
"""The story takes at least so many: four posts, an act, six decisions, nineteen deliveries."""


Tell = Callable[[Killer], Awaitable[None]]


@pytest.fixture
def tell(serve: Serve, sinks: Sinks, session: aiohttp.ClientSession, *, redis: Redis, store_url: str) -> Tell:
    """Tells the story once, on an empty store."""

    async def tell(killer: Killer) -> None:
        await redis.flushall()
        sinks.got.clear()
        await Telling(serve, redis=redis, sinks=sinks, session=session, killer=killer).tell(store_url)

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


async def test_killed_in_the_middle_of_a_send(tell: Tell, sinks: Sinks) -> None:
    """Killed when a group has the notice and the service not yet its answer: it comes again, word for word and
    under the same id, and none that the store knew to have arrived does."""
    killer = Killer("before", 1, times=0)
    seen: list[str] = []

    def receipt(got: Got) -> None:
        seen.append(got.id)
        if len(seen) in (3, 9):
            killer.kill()

    sinks.receipt = receipt
    await tell(killer)
    assert killer.kills == 2
    assert sinks.copies()[seen[2]] > 1
    assert sinks.copies()[seen[8]] > 1
