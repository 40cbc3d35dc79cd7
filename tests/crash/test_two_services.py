"""Two services on one store, of which one or the other is killed, or stands still, in the middle of a storm."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from functools import partial
from random import Random

import aiohttp
import pytest
from redis.asyncio import Redis
from tests.crash.sender import alert, all_items, insist
from tests.crash.service import Serve, Service
from tests.crash.sinks import Sinks, opened
from tests.crash.stored import at_rest, counters, deliveries, lapse
from tests.support.wait import wait_for

INCIDENTS = 200
KILLS = 6
SENDERS = 8


class Storm:
    """Two hundred incidents at once, by two services on one store.

    ``known`` are the deliveries that had arrived when a service was killed, with how many copies had come.
    """

    def __init__(
        self,
        random: Random,
        *,
        serve: Serve,
        store_url: str,
        redis: Redis,
        sinks: Sinks,
        session: aiohttp.ClientSession,
    ) -> None:
        self.services: list[Service] = []
        self.sinks = sinks
        self.redis = redis
        self.known: dict[str, int] = {}
        self._random = random
        self._serve = serve
        self._store_url = store_url
        self._session = session
        self._names = {f"s{number}": random.choice(["GatewayDown", "DiskSlow"]) for number in range(INCIDENTS)}
        self._waiting = list(self._names.items())
        self._lost: list[str] = []
        self.expected = opened(
            [name for name, what in self._names.items() if what == "GatewayDown"],
            [name for name, what in self._names.items() if what == "DiskSlow"],
        )

    async def start(self) -> None:
        """Start one more service."""
        self.services.append(await self._serve("--redis", self._store_url))

    def break_loose(self) -> list[asyncio.Task[None]]:
        """Begin to post, half of the senders to each service; or to the other, when theirs is gone."""
        return [asyncio.create_task(self._send(number % 2)) for number in range(SENDERS)]

    async def _send(self, to: int) -> None:
        async def url() -> str:
            return self.services[to % len(self.services)].url

        while self._waiting:
            service, name = self._waiting.pop()
            await insist(self._session, url, alert(name, service))

    async def kill_one(self) -> None:
        """Kill one of them; what the store knows to have arrived by now may not come again."""
        victim = self.lose_one()
        await victim.end()
        arrived = [name for name, state in (await deliveries(self.redis)).items() if state == "accepted"]
        copies = self.sinks.copies()
        self.known |= {name: copies[name] for name in arrived}

    def lose_one(self) -> Service:
        """Take one of them out; from now on its leases run out."""
        victim = self.services.pop(self._random.randrange(len(self.services)))
        self._lost.append(victim.holder)
        return victim

    def find_again(self, victim: Service) -> None:
        """It goes on; from now on it keeps its leases."""
        self._lost.remove(victim.holder)
        victim.signal(signal.SIGCONT)

    async def told(self, number: int) -> bool:
        """Whether so much was told. A command on its way may have taken a lease after the service was lost."""
        for holder in self._lost:
            await lapse(self.redis, holder)
        return len(self.sinks.copies()) >= number

    async def rested(self) -> bool:
        """Whether nothing more is to be done at present."""
        return await self.told(0) and not self._waiting and await at_rest(self.redis)

    async def check(self) -> None:
        """Wait for the end; then every group was told of every incident of its, once."""
        await wait_for(partial(self.told, len(self.expected)), lambda: f"not told: {self.expected - self.sinks.told()}")
        await wait_for(self.rested, "the store never came to rest")
        assert self.sinks.told() == self.expected
        self.sinks.check()
        copies = self.sinks.copies()
        assert not {name for name, number in self.known.items() if copies[name] != number}
        items = await all_items(self._session, self.services[0].url, "/api/v1/incidents")
        assert sorted(item["services"] for item in items) == sorted([name] for name in self._names)
        counted = await counters(self.redis)
        assert sum(value for name, value in counted.items() if name.startswith("opened|")) == INCIDENTS
        assert sum(value for name, value in counted.items() if name.startswith("notices|")) == len(self.expected)


@pytest.fixture
def make_storm(
    serve: Serve, store_url: str, redis: Redis, sinks: Sinks, *, session: aiohttp.ClientSession
) -> Callable[[int], Awaitable[Storm]]:
    """Makes a storm before two services, by a seed."""

    async def make(seed: int) -> Storm:
        storm = Storm(Random(seed), serve=serve, store_url=store_url, redis=redis, sinks=sinks, session=session)
        for _ in range(2):
            await storm.start()
        return storm

    return make


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_one_of_two_is_killed_in_a_storm(seed: int, make_storm: Callable[[int], Awaitable[Storm]]) -> None:
    """Two hundred incidents open while one service or the other is killed: each group is told of each incident
    once, and only what was being sent at a kill comes again, under the same id."""
    storm = await make_storm(seed)
    senders = storm.break_loose()
    for goal in sorted(Random(seed).sample(range(1, len(storm.expected) - 100), KILLS)):
        await wait_for(partial(storm.told, goal), "the groups are not told")
        await storm.kill_one()
        await storm.start()
    await asyncio.gather(*senders)
    await storm.check()


@pytest.mark.parametrize("seed", [4, 5])
async def test_one_of_two_stands_still(seed: int, make_storm: Callable[[int], Awaitable[Storm]]) -> None:
    """A service stands still for longer than its leases, so the other does its work; when it goes on, with what it
    had in hand, nothing is told under a second id, opened or counted twice."""
    storm = await make_storm(seed)
    senders = storm.break_loose()
    await wait_for(partial(storm.told, 50), "the groups are not told")
    sleeper = storm.lose_one()
    sleeper.signal(signal.SIGSTOP)
    await wait_for(storm.rested, "the other does not do its work")
    storm.find_again(sleeper)
    await asyncio.gather(*senders)
    await storm.check()
    assert not sleeper.dead
