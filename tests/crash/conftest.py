"""What crash tests need: services by the dozen, sinks to tell, a client to post with, and Linux to kill on."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
from tests.crash.nursery import Nursery
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
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """A client that keeps no connection to what may be dead by now."""
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=20)) as session:
        yield session
