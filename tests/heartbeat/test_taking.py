"""Signs of life among the alerts that are taken: what they cost, and what is kept of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests._plan.written import plan_of
from tests.support.clock import ManualClock

from tocsin._core.errors import StoreUnavailable
from tocsin._core.model import Alert, Batch
from tocsin._core.times import Millis
from tocsin._core.why import Why
from tocsin._store.client import Arg, Store
from tocsin._store.heartbeats import last_heard
from tocsin.incident.loop import IncidentLoop
from tocsin.pipeline import Pipeline, Routes
from tocsin.plan import Current
from tocsin.telemetry.metrics import Metrics

PLAN = """
heartbeats:
  bj: {match: ['alertname="Watchdog"', 'location="bj"'], every: 5m, class: hw_sw_fault, tier: high}
  any: {match: ['alertname="Watchdog"'], every: 5m, class: hw_sw_fault, tier: low}
"""


@dataclass
class Taking:
    """The first half of the way, with the scripts that the store ran for it."""

    pipeline: Pipeline
    store: Store
    scripts: list[str]

    async def take(self, *alerts: Alert) -> None:
        """Take a batch; it is dropped as a whole."""
        receipt = await self.pipeline.take(Batch(len(alerts), alerts))
        assert receipt.received == len(alerts)


@pytest.fixture
async def taking(store_url: str, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Taking]:
    """On a real and empty store, by a plan with two heartbeats."""
    store = await Store.open(store_url)
    current, metrics, scripts = Current(plan_of(tmp_path, PLAN)), Metrics("0"), list[str]()
    run = store.run

    async def noted(script: str, keys: Sequence[str], args: Sequence[Arg]) -> Any:
        scripts.append(script)
        return await run(script, keys, args)

    store.run = noted  # type: ignore[method-assign]
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
    way = Pipeline(current=current, store=store, clock=clock, incidents=incidents, metrics=metrics)
    yield Taking(way, store, scripts)
    await store.close()


def watchdog(at: Millis, *, firing: bool = True, **labels: str) -> Alert:
    """A sign of life, received then."""
    named = {"alertname": "Watchdog", **labels}
    return Alert(source="prometheus", labels=named, firing=firing, received_at=at)


async def test_what_is_heard(taking: Taking) -> None:
    """By every heartbeat that matches, at the receipt, in one step for a batch; an end is no sign of life."""
    await taking.take(watchdog(1_000, location="bj"), watchdog(1_000, location="sh"))
    await taking.take(watchdog(2_000, location="sh"), watchdog(2_000, firing=False, location="bj"))
    assert await last_heard(taking.store) == {"bj": 1_000, "any": 2_000}
    assert taking.scripts == ["heartbeats_hear", "accept"] * 2


async def test_other_alerts_cost_nothing_more(taking: Taking) -> None:
    """A batch without a sign of life is one step in the store, as ever."""
    await taking.take(*(Alert(source="prometheus", labels={"a": str(n)}, firing=True, received_at=1) for n in range(9)))
    assert taking.scripts == ["accept"]


async def test_a_sign_that_cannot_be_kept_is_not_acknowledged(taking: Taking) -> None:
    """Its sender hears that the store is out of reach, and says it again."""

    async def out_of_reach(script: str, keys: Sequence[str], args: Sequence[Arg]) -> Any:
        raise StoreUnavailable("the store is out of reach")

    taking.store.run = out_of_reach  # type: ignore[method-assign]
    with pytest.raises(StoreUnavailable):
        await taking.take(watchdog(1_000))
