"""Several callers of one script share a round trip, and each gets its own answer or error."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tocsin._core.errors import StoreError, StoreUnavailable
from tocsin._store.client import Store
from tocsin._store.together import Together


async def test_each_gets_its_own_answer(store_url: str) -> None:
    """The answers are those of one call after the other; only whoever comes first goes alone."""
    store = await Store.open(store_url)
    key = store.shards[0].health
    together = Together(store, "health_lease")
    calls = [(f"c{number % 10}", 0, 100) for number in range(30)]
    answers = await asyncio.gather(*(together.run([key], call) for call in calls))
    assert answers == [1] * 10 + [0] * 20
    await store.close()


async def test_one_that_fails_fails_alone(store_url: str) -> None:
    """An error of one call is that call's; the others have their answers."""
    store = await Store.open(store_url)
    key = store.shards[0].health
    together = Together(store, "health_lease")
    calls: list[tuple[Any, ...]] = [("a", 0, 100), ("b",), ("c", 0, 100)]
    await together.run([key], ("warm", 0, 100))
    said = await asyncio.gather(*(together.run([key], call) for call in calls), return_exceptions=True)
    assert said[0] == said[2] == 1
    assert isinstance(said[1], StoreError)
    await store.close()


async def test_a_store_out_of_reach_is_told_to_all() -> None:
    """Nobody waits for ever."""
    together = Together(Store.at("redis://127.0.0.1:1"), "health_lease")
    said = await asyncio.gather(*(together.run(["k"], ("a", 0, 1)) for _ in range(3)), return_exceptions=True)
    assert all(isinstance(each, StoreUnavailable) for each in said)


async def test_a_caller_that_left_holds_up_nobody(store_url: str) -> None:
    """One who was cancelled while it waited changes nothing for the others."""
    store = await Store.open(store_url)
    together = Together(store, "health_lease")
    tasks = [asyncio.create_task(together.run([store.shards[0].health], (f"c{n}", 0, 100))) for n in range(3)]
    await asyncio.wait(tasks, timeout=0)
    tasks[1].cancel()
    assert await tasks[0] == await tasks[2] == 1
    with pytest.raises(asyncio.CancelledError):
        await tasks[1]
    await store.close()
