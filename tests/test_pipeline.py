"""The first half of an alert's way, put together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from tests._plan.written import SHIPPED
from tests.support.clock import ManualClock

from tocsin._core.model import Alert, Batch
from tocsin._store.client import Arg, Store
from tocsin.incident.loop import IncidentLoop
from tocsin.pipeline import BATCHES_AT_ONCE, Pipeline, Routes
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


async def test_a_flood_of_batches_leaves_room(store_url: str, clock: ManualClock) -> None:
    """Of fifty batches at once a few are in the store's hands at a time, all are taken, and none is taken for old."""
    store = await Store.open(store_url)
    counting = Counting(store)
    store.run = counting.run  # type: ignore[method-assign]
    current = Current(load(SHIPPED, environment={}))
    metrics = Metrics("0")
    incidents = IncidentLoop(
        store=store,
        clock=clock,
        plan=current.plan,
        router=Routes(current),
        meter=metrics,
        owed=lambda _: None,
        process="test",
    )
    pipeline = Pipeline(current=current, store=store, clock=clock, incidents=incidents, metrics=metrics)

    def batch(number: int) -> Batch:
        labels = {"alertname": "A", "instance": str(number)}
        return Batch(1, (Alert(source="prometheus", labels=labels, firing=True, received_at=clock.now()),))

    receipts = await asyncio.gather(*(pipeline.take(batch(number)) for number in range(50)))
    assert [receipt.new for receipt in receipts] == [1] * 50
    assert counting.most == BATCHES_AT_ONCE
    await store.close()
