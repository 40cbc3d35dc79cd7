"""The key of answer links: one for a store."""

from __future__ import annotations

import asyncio

import pytest

from tocsin._core.errors import StoreUnavailable
from tocsin._core.link import KEY_BYTES
from tocsin._store.client import Store
from tocsin._store.link_key import link_key


async def test_all_services_have_the_same(store_url: str) -> None:
    """However many ask at once, and whenever: one key, of full length, which another namespace does not share."""
    stores = [await Store.open(store_url, shards=2) for _ in range(5)]
    keys = {*await asyncio.gather(*(link_key(store) for store in stores)), await link_key(stores[0])}
    assert [len(key) for key in keys] == [KEY_BYTES]
    other = await Store.open(store_url, namespace="other")
    assert await link_key(other) not in keys
    for store in (*stores, other):
        await store.close()


async def test_out_of_reach() -> None:
    """It says so, as every word to the store does."""
    store = Store.at("unix:///nonexistent/socket")
    with pytest.raises(StoreUnavailable):
        await link_key(store)
    await store.close()
