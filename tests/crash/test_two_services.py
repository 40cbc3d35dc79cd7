"""Two services on one store, of which one or the other is killed in the middle of a storm."""

from __future__ import annotations

import asyncio
from functools import partial
from random import Random

import aiohttp
import pytest
from redis.asyncio import Redis
from tests.crash.sender import alert, all_items, insist
from tests.crash.service import Serve, Service
from tests.crash.sinks import Sinks, opened
from tests.crash.stored import at_rest, deliveries, lapse
from tests.support.wait import wait_for

INCIDENTS = 200
KILLS = 6
SENDERS = 8


class Pair:
    """Two services on one store. ``known``: deliveries that had arrived when one was killed, and their copies."""

    def __init__(self, *, redis: Redis, sinks: Sinks, random: Random) -> None:
        self.both: list[Service] = []
        self.known: dict[str, int] = {}
        self._redis = redis
        self._sinks = sinks
        self._random = random
        self._dead: list[str] = []

    async def url(self) -> str:
        """One of them, or the one that is left."""
        return self._random.choice(self.both).url

    async def kill_one(self) -> None:
        """Kill one of them; what the store knows to have arrived by now may not come again."""
        victim = self.both.pop(self._random.randrange(len(self.both)))
        victim.kill()
        await victim.end()
        self._dead.append(victim.holder)
        arrived = [name for name, state in (await deliveries(self._redis)).items() if state == "accepted"]
        copies = self._sinks.copies()
        self.known |= {name: copies[name] for name in arrived}

    async def lapse(self) -> bool:
        """Let the leases of the dead run out; again and again, since a command on its way may take one after them."""
        for holder in self._dead:
            await lapse(self._redis, holder)
        return True


@pytest.mark.parametrize("seed", [1, 2])
async def test_one_of_two_is_killed_in_a_storm(
    seed: int,
    *,
    serve: Serve,
    sinks: Sinks,
    session: aiohttp.ClientSession,
    redis: Redis,
    store_url: str,
) -> None:
    """Two hundred incidents open while one service or the other is killed: each group is told of each incident
    once, and only what was being sent at a kill comes again, under the same id."""
    random = Random(seed)
    pair = Pair(redis=redis, sinks=sinks, random=random)
    services = {f"s{number}": random.choice(["GatewayDown", "DiskSlow"]) for number in range(INCIDENTS)}
    expected = opened(
        [name for name, what in services.items() if what == "GatewayDown"],
        [name for name, what in services.items() if what == "DiskSlow"],
    )
    waiting = list(services.items())

    async def send() -> None:
        while waiting:
            service, name = waiting.pop()
            await insist(session, pair.url, alert(name, service))

    async def told(number: int) -> bool:
        return await pair.lapse() and len(sinks.copies()) >= number

    for _ in range(2):
        pair.both.append(await serve("--redis", store_url))
    senders = [asyncio.create_task(send()) for _ in range(SENDERS)]
    for goal in sorted(random.sample(range(1, len(expected) - 100), KILLS)):
        await wait_for(partial(told, goal), "the groups are not told")
        await pair.kill_one()
        pair.both.append(await serve("--redis", store_url))
    await asyncio.gather(*senders)
    await wait_for(partial(told, len(expected)), lambda: f"not told: {expected - sinks.told()}")
    await wait_for(lambda: at_rest(redis), "the store never came to rest")
    assert sinks.told() == expected
    sinks.check()
    copies = sinks.copies()
    assert not {name for name, number in pair.known.items() if copies[name] != number}
    items = await all_items(session, await pair.url(), "/api/v1/incidents")
    assert sorted(item["services"] for item in items) == sorted([name] for name in services)
