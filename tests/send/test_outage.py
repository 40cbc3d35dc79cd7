"""Channels that fail for long or for good: command is told by another path, once, and of their recovery."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator

import pytest
from tests.support.clock import ManualClock
from tests.support.plans import plan as make_plan
from tests.support.world import World

from tocsin._core.errors import SendRefused, TrySendAgain
from tocsin._core.message import Message, Sender
from tocsin._core.plan import Channel, Plan
from tocsin._core.times import HOUR, MINUTE, SECOND
from tocsin._store import health
from tocsin._store.client import Store
from tocsin.send.outage import DOWN_AFTER, Outages, ways

PLAN = make_plan()


@pytest.fixture
async def world(store_url: str, clock: ManualClock) -> AsyncIterator[World]:
    """The second half of the way, on a real and empty store."""
    store = await Store.open(store_url)
    yield World(store, clock)
    await store.close()


def outages(world: World) -> Outages:
    """What looks after the world's channels, as a process would."""
    senders: dict[str, Sender] = dict(world.sinks)
    return Outages(store=world.store, clock=world.clock, plan=lambda: world.plan, senders=lambda: senders)


def of_channels(world: World, name: str = "command-hook") -> list[Message]:
    """What a channel was told of others."""
    return [message for message in world.sinks[name].got if message.event.startswith("channel_")]


async def test_command_is_told_once_and_of_the_recovery(world: World) -> None:
    """After five minutes without a yes, by command's channel; again only when it is up."""
    watch = outages(world)
    world.sinks["legal-hook"].fail = TrySendAgain("503 Service Unavailable")
    await world.fire()
    await world.wait(DOWN_AFTER - 10 * SECOND, renew=["A"])
    await watch.turn()
    assert of_channels(world) == []
    await world.wait(1 * MINUTE, renew=["A"])
    for _ in range(3):
        await watch.turn()
    (down,) = of_channels(world)
    assert (down.event, down.group, down.incident, down.body["channel"]) == (
        "channel_down",
        "command",
        "",
        "legal-hook",
    )
    assert "503 Service Unavailable" in down.text
    world.sinks["legal-hook"].fail = None
    await world.wait(10 * MINUTE, renew=["A"])
    for _ in range(3):
        await watch.turn()
    assert [message.event for message in of_channels(world)] == ["channel_down", "channel_up"]


async def test_refusals_in_a_row_are_told_sooner(world: World) -> None:
    """A channel that refuses for good need not be waited for."""
    world.sinks["legal-hook"].fail = SendRefused("404 no such hook")
    for name in ("A", "B", "C"):
        await world.fire(name)
        await world.wait(20 * SECOND, renew=["A"])
    found = (await health.read(world.store))["legal-hook"]
    assert found.refused >= 1
    await world.wait(DOWN_AFTER, renew=["A"])
    await outages(world).turn()
    (down,) = of_channels(world)
    assert "404 no such hook" in down.text


async def test_two_processes_tell_once(world: World) -> None:
    """Whoever comes second finds it told, or being told."""
    world.sinks["legal-hook"].fail = TrySendAgain("down")
    await world.fire()
    await world.wait(DOWN_AFTER + MINUTE, renew=["A"])
    one, other = outages(world), outages(world)
    await one.turn()
    await other.turn()
    assert len(of_channels(world)) == 1


async def test_nobody_reached_is_tried_again(world: World) -> None:
    """While command's own channels fail too, it stays owed, and is told when one of them works."""
    watch = outages(world)
    for sink in world.sinks.values():
        sink.fail = TrySendAgain("all down")
    await world.fire()
    await world.wait(DOWN_AFTER + MINUTE, renew=["A"])
    await watch.turn()
    assert of_channels(world) == []
    world.sinks["command-hook"].fail = None
    await world.wait(2 * MINUTE, renew=["A"])
    await watch.turn()
    assert "legal-hook" in {message.body["channel"] for message in of_channels(world)}


async def test_a_channel_that_left_the_plan_is_forgotten(world: World) -> None:
    """Nobody is told of what no longer is."""
    world.sinks["legal-hook"].fail = TrySendAgain("down")
    await world.fire()
    await world.wait(HOUR, renew=["A"])
    channels = {name: each for name, each in world.plan.channels.items() if name != "legal-hook"}
    world.plan = dataclasses.replace(world.plan, channels=channels)
    await outages(world).turn()
    assert of_channels(world) == []
    assert "legal-hook" not in await health.read(world.store)


def with_channels(*own: str, fallback: tuple[str, ...] = ()) -> Plan:
    """A plan whose command has these."""
    names = (*own, *fallback)
    channels = {**PLAN.channels, **{name: Channel(name=name, type="webhook") for name in names}}
    command = dataclasses.replace(PLAN.groups["command"], channels=own, fallback=fallback)
    return dataclasses.replace(PLAN, channels=channels, groups={**PLAN.groups, "command": command})


def test_never_by_the_channel_itself(clock: ManualClock) -> None:
    """Command's other channels, else its fallbacks; nothing where there is none."""
    assert ways("a", with_channels("a", "b"), clock.now()) == ("b",)
    assert ways("a", with_channels("a", fallback=("a", "c")), clock.now()) == ("c",)
    assert ways("a", with_channels("a"), clock.now()) == ()
