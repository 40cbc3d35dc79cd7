"""A service with a private store, killed or told to stop while alerts are posted."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import aiohttp
import pytest
from redis.asyncio import Redis
from tests.crash.own_store import OwnStore
from tests.crash.sender import alert, all_items, post
from tests.crash.service import Serve
from tests.crash.sinks import Sinks, opened
from tests.crash.stored import lapse
from tests.support.owner import servers_on
from tests.support.proxy import Proxy
from tests.support.wait import wait_for

from tocsin._store.private_socket import socket_path

SENDERS = 4
LOOPS = 6
"""One for the incidents and one for each channel: they look into the store once a second, and wait for it too."""


class Stream:
    """Alerts about ever new services, posted to ``url`` as fast as they are answered. ``kept``: answered 200."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.url = url
        self.kept: set[str] = set()
        self._session = session
        self._numbers = count()

    @asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        """Post all the while."""
        tasks = [asyncio.create_task(self._flow()) for _ in range(SENDERS)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _flow(self) -> None:
        for number in self._numbers:
            service = f"s{number}"
            if await post(self._session, self.url, alert("DiskSlow", service)) == 200:
                self.kept.add(service)

    async def more(self, number: int) -> None:
        """Wait until so many more were answered."""
        goal = len(self.kept) + number
        await wait_for(lambda: len(self.kept) >= goal, "the alerts are not answered")

    async def lost(self) -> set[str]:
        """The alerts that were answered 200, and are in no incident."""
        items = await all_items(self._session, self.url, "/api/v1/incidents")
        services = [service for item in items for service in item["services"]]
        assert len(items) == len(services) == len(set(services)), "two incidents of one service"
        return self.kept - set(services)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Where the private store keeps its data."""
    return (tmp_path / "data").resolve()


async def all_kept_and_told(stream: Stream, sinks: Sinks, data_dir: Path) -> None:
    """Wait until every alert that was answered is in its incident, and told; what the dead held lapses."""
    async with Redis.from_url(f"unix://{socket_path(data_dir, None)}") as redis:

        async def kept_and_told() -> bool:
            await lapse(redis)
            return opened(medium=stream.kept) <= sinks.told() and not await stream.lost()

        await wait_for(kept_and_told, lambda: f"not told: {opened(medium=stream.kept) - sinks.told()}")
    sinks.check()


async def test_killed_while_alerts_are_posted(
    serve: Serve, sinks: Sinks, session: aiohttp.ClientSession, data_dir: Path
) -> None:
    """``kill -9`` and an instant restart, three times over: all that was answered 200 is in an incident, and told;
    and never do two servers work on the directory."""
    service = await serve("--data-dir", str(data_dir), fresh=True)
    stream = Stream(session, service.url)
    async with stream.flowing():
        for _ in range(3):
            await stream.more(30)
            service.kill()
            service = await serve("--data-dir", str(data_dir), fresh=True)
            stream.url = service.url
            assert len(servers_on(data_dir)) == 1
        await stream.more(10)
    await all_kept_and_told(stream, sinks, data_dir)


async def test_told_to_stop_while_alerts_are_posted(
    serve: Serve, sinks: Sinks, session: aiohttp.ClientSession, data_dir: Path
) -> None:
    """SIGTERM: exit code 0 within ten seconds, the private server is gone, no lease is left behind, and what was
    answered 200 is kept; what was told is not told again."""
    service = await serve("--data-dir", str(data_dir), fresh=True)
    stream = Stream(session, service.url)
    async with stream.flowing():
        await stream.more(50)
        service.signal(signal.SIGTERM)
        assert await service.gone(within=10.0) == 0
    assert not servers_on(data_dir)
    stream.url = (await serve("--data-dir", str(data_dir), fresh=True)).url
    expected = opened(medium=stream.kept)
    await wait_for(lambda: expected <= sinks.told(), lambda: f"not told: {expected - sinks.told()}")
    assert not await stream.lost()
    sinks.check()
    assert max(sinks.copies().values()) == 1


async def test_posts_in_flight_are_answered(
    serve: Serve, sinks: Sinks, own_store: OwnStore, session: aiohttp.ClientSession
) -> None:
    """Told to stop while posts wait for the store: they are answered 200, and all is told, once, by the next."""
    services = [f"s{number}" for number in range(10)]
    async with Proxy(own_store.url) as proxy:
        service = await serve("--redis", proxy.url, fresh=True)
        assert await post(session, service.url, alert("DiskSlow", "first")) == 200
        await wait_for(lambda: sinks.told() == opened(medium=["first"]), "the first is not told")
        own_store.hold()
        waiting = len(proxy.commands) + LOOPS
        await wait_for(lambda: len(proxy.commands) >= waiting, "the loops do not look")
        posts = [asyncio.create_task(post(session, service.url, alert("DiskSlow", name))) for name in services]
        # A post that waits for the store has a command of its own on its way, or the greeting of a new connection.
        waiting += len(posts)
        await wait_for(lambda: len(proxy.commands) >= waiting, "the posts do not reach the store")
        service.signal(signal.SIGTERM)
        await wait_for(lambda: "stopping" in service.said(), service.said)
        own_store.go_on()
        assert await asyncio.gather(*posts) == [200] * len(posts)
        assert await service.gone(within=10.0) == 0

    await serve("--redis", own_store.url)
    expected = opened(medium=["first", *services])
    await wait_for(lambda: sinks.told() == expected, lambda: f"not told: {expected - sinks.told()}")
    sinks.check()
    assert max(sinks.copies().values()) == 1, "a notice that had arrived came again"
