"""A team in its group's place: it is told, and where it is not, the group's fallback is."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.clock import ManualClock
from tests.support.plans import plan
from tests.support.world import World, classified

from tocsin._core.errors import TrySendAgain
from tocsin._core.model import Text
from tocsin._core.people import Team
from tocsin._core.plan import Channel, Service
from tocsin._core.times import MINUTE, SECOND
from tocsin._store.client import Store


@pytest.fixture
async def world(store_url: str, clock: ManualClock) -> AsyncIterator[World]:
    """A world in which a team looks after payments."""
    store = await Store.open(store_url)
    team = Team(name="pay", group="technical", title=Text("Pay", "支付"), channels=("pay-hook",))
    yield World(
        store,
        clock,
        plan=plan(
            channels={**plan().channels, "pay-hook": Channel(name="pay-hook", type="webhook")},
            teams={"pay": team},
            services={"payments": Service(name="payments", teams=("pay",)), "cms": Service(name="cms")},
        ),
    )
    await store.close()


async def test_a_team_gets_its_services_notices(world: World) -> None:
    """All of them; its group gets those of other services."""
    await world.fire()
    await world.settle()
    await world.resolve()
    await world.wait(1 * SECOND)
    assert [message.event for message in world.sinks["pay-hook"].got] == ["opened", "cleared"]
    assert world.told("technical") == []

    other = classified(service="cms", key=(("subject", "cms"),))
    await world.fire("B", said=other)
    await world.settle()
    assert world.told("technical") == ["opened"]
    assert len(world.sinks["pay-hook"].got) == 2


async def test_a_team_that_takes_nothing(world: World) -> None:
    """After the tier's time its group's fallback is told in its place."""
    world.sinks["pay-hook"].fail = TrySendAgain("503")
    await world.fire()
    await world.wait(2 * MINUTE - 1 * SECOND, renew=["A"])
    assert [message.group for message in world.sinks["command-hook"].got] == ["command"]
    await world.wait(1 * SECOND, renew=["A"])
    assert [message.group for message in world.sinks["command-hook"].got] == ["command", "technical"]
