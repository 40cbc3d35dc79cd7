"""A record of what is told is read by nobody, and so has told nobody: its yes keeps no fallback from being told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from tests.support.clock import ManualClock
from tests.support.plans import plan
from tests.support.world import World

from tocsin._core.errors import SendRefused, TrySendAgain
from tocsin._core.plan import GROUPS, Channel
from tocsin._core.times import MINUTE
from tocsin._store.client import Store

ALERT: dict[str, Any] = {"source": "alertmanager"}


@pytest.fixture
async def world(store_url: str, clock: ManualClock) -> AsyncIterator[World]:
    """Legal has a record beside its channel, and a fallback; business has a record as its only fallback."""
    channels = {f"{name}-hook": Channel(name=f"{name}-hook", type="webhook") for name in (*GROUPS, "spare")}
    channels["audit"] = Channel(name="audit", type="file")
    groups = plan().groups
    groups = {
        **groups,
        "legal": replace(groups["legal"], channels=("legal-hook", "audit"), fallback=("spare-hook",)),
        "business": replace(groups["business"], fallback=("audit",)),
    }
    store = await Store.open(store_url)
    yield World(store, clock, plan=plan(channels=channels, groups=groups))
    await store.close()


@pytest.mark.parametrize("error", [TrySendAgain("away"), SendRefused("no")])
async def test_a_record_is_not_told(world: World, error: Exception) -> None:
    """The group's only other channel fails, so its fallback is told, though the record has taken the notice."""
    world.sinks["legal-hook"].fail = error
    await world.fire(**ALERT)
    await world.settle()
    assert [message.event for message in world.sinks["audit"].got] == ["opened"]
    await world.wait(3 * MINUTE)
    assert [(message.event, message.group) for message in world.sinks["spare-hook"].got] == [("opened", "legal")]


async def test_a_record_that_fails_is_not_missed(world: World) -> None:
    """The group was told by its channel; no fallback is, and nobody hears that it is untold."""
    world.sinks["audit"].fail = SendRefused("no room")
    await world.fire(**ALERT)
    await world.wait(10 * MINUTE)
    assert world.told("legal")[0] == "opened"
    assert world.sinks["spare-hook"].got == []
    assert "untold" not in [message.event for message in world.sinks["command-hook"].got]


async def test_a_record_as_the_only_fallback_reaches_nobody(world: World) -> None:
    """Command hears that the group is untold, and the record has it."""
    world.sinks["business-hook"].fail = SendRefused("no")
    await world.fire(**ALERT)
    await world.wait(10 * MINUTE)
    assert "business" in [message.group for message in world.sinks["audit"].got]
    assert "untold" in [message.event for message in world.sinks["command-hook"].got]
