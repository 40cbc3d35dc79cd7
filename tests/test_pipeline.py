"""The first half of an alert's way, put together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from tests._plan.written import SHIPPED
from tests.support.clock import ManualClock

from tocsin._core.errors import NotFound, StoreUnavailable
from tocsin._core.model import Alert, Batch
from tocsin._core.why import Why
from tocsin._store.client import Arg, Store
from tocsin.incident.loop import IncidentLoop
from tocsin.pipeline import ALERTS_AT_ONCE, Pipeline, Routes
from tocsin.plan import Current, load
from tocsin.telemetry.metrics import Metrics


class Counting:
    """Counts how many scripts a store runs at the same time."""

    def __init__(self, store: Store) -> None:
        self._run = store.run
        self._now = 0
        self.most = 0

    async def run(self, script: str, keys: Sequence[str], args: Sequence[Arg]) -> Any:
        """Run it, counted."""
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            return await self._run(script, keys, args)
        finally:
            self._now -= 1


class Far:
    """A store that answers nobody until it is given up, all at once."""

    def __init__(self) -> None:
        self.waiting: list[asyncio.Future[None]] = []

    async def run(self, script: str, keys: Sequence[str], args: Sequence[Arg]) -> Any:
        """Wait, then fail."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append(future)
        await future
        raise StoreUnavailable("the store is out of reach")


def pipeline(store: Store, clock: ManualClock) -> Pipeline:
    """The first half of the way to this store, by the shipped rules."""
    current = Current(load(SHIPPED, environment={}))
    metrics = Metrics("0")
    incidents = IncidentLoop(
        store=store,
        clock=clock,
        plan=current.plan,
        router=Routes(current),
        explain=lambda _, decision, __: Why(reasons=decision.reasons, plan=decision.plan),
        meter=metrics,
        owed=lambda _: None,
        process="test",
    )
    return Pipeline(current=current, store=store, clock=clock, incidents=incidents, metrics=metrics)


def batch(number: int, size: int) -> Batch:
    """So many alerts, unlike those of other numbers."""
    labels = [{"alertname": "A", "instance": f"{number}/{each}"} for each in range(size)]
    alerts = (Alert(source="prometheus", labels=each, firing=True, received_at=1) for each in labels)
    return Batch(size, tuple(alerts))


async def test_a_flood_of_batches_leaves_room(store_url: str, clock: ManualClock) -> None:
    """Of twenty large batches at once a few are in the store's hands at a time; all are taken, each alert as new."""
    store = await Store.open(store_url)
    counting = Counting(store)
    store.run = counting.run  # type: ignore[method-assign]
    way = pipeline(store, clock)
    receipts = await asyncio.gather(*(way.take(batch(number, 64)) for number in range(20)))
    assert [receipt.new for receipt in receipts] == [64] * 20
    assert counting.most == ALERTS_AT_ONCE // 64
    await store.close()


async def test_small_posts_go_side_by_side(store_url: str, clock: ManualClock) -> None:
    """Thirty posts of one alert do not wait for each other."""
    store = await Store.open(store_url)
    counting = Counting(store)
    store.run = counting.run  # type: ignore[method-assign]
    way = pipeline(store, clock)
    await asyncio.gather(*(way.take(batch(number, 1)) for number in range(30)))
    assert counting.most == 30
    await store.close()


async def test_who_waits_hears_of_a_store_out_of_reach(store_url: str, clock: ManualClock) -> None:
    """When the store does not answer the first, those in line are told at once, not after a time-out each."""
    store = await Store.open(store_url)
    far = Far()
    store.run = far.run  # type: ignore[method-assign]
    way = pipeline(store, clock)
    posts = [asyncio.create_task(way.take(batch(number, 256))) for number in range(5)]
    while not far.waiting:
        await clock.sleep(0)
    (first,) = far.waiting
    first.set_result(None)
    answers = await asyncio.gather(*posts, return_exceptions=True)
    assert [type(answer) for answer in answers] == [StoreUnavailable] * 5
    assert far.waiting == [first]
    await store.close()


async def test_a_source_that_a_reload_took_away(store_url: str, clock: ManualClock) -> None:
    """Alerts that were on their way when their source left the plan are refused as a whole, and none is stored."""
    store = await Store.open(store_url)
    way = pipeline(store, clock)
    (alert,) = batch(1, 1).alerts
    with pytest.raises(NotFound, match="no source gone any more"):
        await way.take(Batch(2, (alert, msgspec.structs.replace(alert, source="gone"))))
    assert (await way.take(Batch(1, (alert,)))).new == 1
    await store.close()
