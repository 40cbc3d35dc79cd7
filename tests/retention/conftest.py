"""The second half of the way, with closed incidents in it, and what becomes of them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.clock import ManualClock
from tests.support.service import hooks as hooks
from tests.support.service import start as start
from tests.support.world import World

from tocsin._store.client import Store


@pytest.fixture
async def world(store_url: str, clock: ManualClock) -> AsyncIterator[World]:
    """The second half of the way, on a real and empty store."""
    store = await Store.open(store_url)
    yield World(store, clock)
    await store.close()
