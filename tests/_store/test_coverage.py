"""How often each rule matched: counted where the alerts are stored."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.clock import ManualClock
from tests.support.world import World, classified

from tocsin._core.model import Dropped, DropReason
from tocsin._core.times import MINUTE
from tocsin._store.client import Store
from tocsin._store.coverage import Coverage, Matches, coverage


@pytest.fixture(params=[1, 3])
async def world(request: pytest.FixtureRequest, store_url: str, clock: ManualClock) -> AsyncIterator[World]:
    """A world on a store of one shard, and of three."""
    store = await Store.open(store_url, shards=request.param)
    yield World(store, clock)
    await store.close()


async def test_nothing_was_counted_yet(world: World) -> None:
    """A new store has no word of any rule."""
    assert await coverage(world.store) == Coverage()


async def test_what_fired_anew_is_counted(world: World) -> None:
    """Each alert that fires anew counts for all rules that matched it; repeats and ends count for none."""
    began = world.clock.now()
    caps = classified("A", rule="down", matched=("caps", "down"))
    await world.fire("A", said=caps)
    await world.fire("A", said=caps)
    await world.resolve("A", said=caps)
    world.clock.advance(MINUTE)
    for name, service in (("B", "orders"), ("C", "cms")):
        other = classified(name, rule="", service=service, matched=("caps",), key=(("subject", service),))
        await world.fire(name, said=other)
    found = await coverage(world.store)
    assert (found.since, found.alerts, found.unclassified, found.dropped) == (began, 3, 2, 0)
    assert found.rules == {"caps": Matches(3, began + MINUTE), "down": Matches(1, began)}


async def test_each_post_of_a_dropped_alert_is_counted(world: World) -> None:
    """Nothing is kept of an alert that a rule drops, so that each of its posts counts; an environment is no rule."""
    dropped = Dropped(DropReason.RULE, "watchdog", "always fires")
    elsewhere = Dropped(DropReason.ENVIRONMENT, "dev", "not watched")
    for _ in range(3):
        await world.post((world.alert("Watchdog"), dropped), (world.alert("Dev"), elsewhere))
    found = await coverage(world.store)
    assert (found.alerts, found.dropped) == (0, 6)
    assert found.rules == {"watchdog": Matches(3, world.clock.now())}


async def test_a_restart_loses_nothing(world: World, store_url: str) -> None:
    """Another process finds what was counted before it began, and counts on."""
    await world.fire("A", said=classified("A", rule="down", matched=("down",)))
    again = World(await Store.open(store_url, shards=len(world.store.shards)), world.clock)
    await again.fire("B", said=classified("B", rule="down", matched=("down",)))
    assert (await coverage(again.store)).rules["down"].count == 2
    await again.store.close()
