"""What crash tests need: services by the dozen, sinks to tell, a client to post with, and Linux to kill on."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
from tests.crash.nursery import Nursery
from tests.crash.own_store import OwnStore
from tests.crash.service import Serve, Service
from tests.crash.sinks import Sinks


@pytest.fixture(autouse=True)
def _on_linux() -> None:
    if not hasattr(os, "pidfd_open"):
        pytest.skip("processes are killed by their descriptor, which only Linux has")


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """One for each worker."""
    with Nursery() as nursery:
        yield nursery


@pytest.fixture
async def sinks() -> AsyncIterator[Sinks]:
    """The five groups' webhooks."""
    sinks = Sinks()
    await sinks.start()
    yield sinks
    await sinks.stop()


@pytest.fixture
def rules(sinks: Sinks, tmp_path: Path) -> Path:
    """A plan that tells the sinks."""
    return sinks.write_plan(tmp_path / "rules")


@pytest.fixture
async def serve(nursery: Nursery, rules: Path, tmp_path: Path) -> AsyncIterator[Serve]:
    """Starts a service; ``fresh``: in an interpreter of its own. All are ended with the test."""
    started: list[Service] = []

    async def serve(*flags: str, fresh: bool = False) -> Service:
        log = tmp_path / f"service-{len(started)}.log"
        started.append(Service.spawn(*flags, rules=rules, log=log, nursery=None if fresh else nursery))
        return await started[-1].ready()

    yield serve
    for service in started:
        await service.end()


@pytest.fixture
def own_store(tmp_path: Path) -> Iterator[OwnStore]:
    """A store of the test's own, to be stopped and killed."""
    with OwnStore(tmp_path / "store") as store:
        yield store


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """A client that keeps no connection to what may be dead by now."""
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=20)) as session:
        yield session
