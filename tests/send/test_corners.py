"""Corners of sending: shared channels, long outages, a person's retries, and being cut off."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from tests.support.clock import ManualClock
from tests.support.plans import plan
from tests.support.world import Sink, World

from tocsin._core.errors import SendRefused, TrySendAgain
from tocsin._core.message import Message
from tocsin._core.plan import Channel, Plan
from tocsin._core.times import HOUR, MINUTE, SECOND
from tocsin._store.client import Store
from tocsin._store.deliveries import retry
from tocsin._store.listing import list_deliveries


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    """A real and empty store."""
    store = await Store.open(store_url)
    yield store
    await store.close()


def technical_on(*channels: str, fallback: tuple[str, ...] = ()) -> Plan:
    """The plan, with other channels for the technical group."""
    usual = plan()
    technical = dataclasses.replace(usual.groups["technical"], channels=channels, fallback=fallback)
    known = {name: Channel(name=name, type="webhook") for name in (*usual.channels, *channels)}
    return plan(groups={**usual.groups, "technical": technical}, channels=known)


async def cut_off(task: asyncio.Task[None]) -> None:
    """Cancel until it ends: Python 3.11 may lose a cancellation in the client's ``wait_for``."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=0.2)


async def test_a_shared_channel_keeps_the_order_of_each_group(store: Store, clock: ManualClock) -> None:
    """A notice to one of the groups that share a channel does not overtake an earlier one to both."""
    world = World(store, clock, plan=technical_on("command-hook"))
    sink = world.sinks["command-hook"]
    sink.fail = TrySendAgain("503")
    await world.fire("A")
    await world.wait(20 * SECOND)
    await world.fire("B")
    sink.fail = None
    await world.settle()
    await world.wait(1 * MINUTE)
    assert [(message.event, message.body["sequence"]) for message in sink.got] == [("opened", 1), ("alerts_added", 2)]


async def test_an_outage_of_ours_is_no_failure_of_the_channel(store: Store, clock: ManualClock) -> None:
    """After a long time in which nothing could be sent, a channel that is not up yet has its time all the same."""
    world = World(store, clock)
    sink = world.sinks["legal-hook"]
    sink.fail = TrySendAgain("503")
    await world.fire(source="alertmanager")
    await world.settle()
    clock.advance(3 * HOUR)
    await world.wait(1 * MINUTE)
    sink.fail = None
    await world.wait(5 * MINUTE)
    assert world.told("legal") == ["opened"]


async def test_what_waited_behind_another_has_its_time(store: Store, clock: ManualClock) -> None:
    """A delivery that waited for an hour behind another that failed is tried for some minutes too."""
    world = World(store, clock)
    sink = world.sinks["legal-hook"]
    sink.fail = TrySendAgain("503")
    await world.fire(source="alertmanager")
    await world.wait(1 * MINUTE)
    await world.resolve(source="alertmanager")
    await world.wait(64 * MINUTE)
    assert len((await list_deliveries(store, lambda d: True, dead=True)).items) == 1
    sink.fail = None
    await world.wait(5 * MINUTE)
    assert world.told("legal") == ["cleared resolved"]


async def test_a_retry_is_one_more_chance(store: Store, clock: ManualClock) -> None:
    """A dead letter that is taken up and dies again is one failed channel, not two: the other may still accept."""
    world = World(store, clock, plan=technical_on("technical-hook", "pager", fallback=("command-hook",)))
    world.sinks["technical-hook"].fail = SendRefused("410 Gone")
    world.sinks["pager"].fail = TrySendAgain("503")
    await world.fire()
    await world.wait(5 * SECOND)
    (dead,) = (await list_deliveries(store, lambda d: True, dead=True)).items
    await retry(store, dead.id, clock.now())
    await world.wait(5 * SECOND)
    assert [message.group for message in world.sinks["command-hook"].got] == ["command"]
    world.sinks["pager"].fail = None
    await world.wait(4 * MINUTE, renew=["A"])
    assert [message.group for message in world.sinks["command-hook"].got] == ["command"]


async def test_cut_off_after_the_channel_said_yes(store: Store, clock: ManualClock) -> None:
    """Cancelled between the channel's yes and its record, the yes is recorded, and nothing is sent twice."""
    world = World(store, clock)
    await world.fire()
    (shard,) = store.shards
    await world.loop.turn(shard)
    channel = next(channel for channel in world.channels if channel.channel == "legal-hook")
    real, stuck = store.run, asyncio.Event()

    async def run(script: str, keys: Sequence[str], args: Sequence[Any]) -> Any:
        if script == "delivery_settle" and not stuck.is_set():
            stuck.set()
            await asyncio.Event().wait()
        return await real(script, keys, args)

    store.run = run  # type: ignore[method-assign]
    running = asyncio.create_task(channel.run())
    await stuck.wait()
    await cut_off(running)
    await world.settle()
    await world.wait(2 * MINUTE)
    assert world.told("legal") == ["opened"]


async def test_cut_off_before_the_channel_said_yes(store: Store, clock: ManualClock) -> None:
    """Cancelled while it sends, the lease is given back, and the delivery is sent again at once."""
    world = World(store, clock)

    class Hanging(Sink):
        """Hangs at the first message."""

        started = asyncio.Event()

        async def send(self, message: Message) -> str:
            if not self.started.is_set():
                self.started.set()
                await asyncio.Event().wait()
            return await super().send(message)

    channel = next(channel for channel in world.channels if channel.channel == "legal-hook")
    world.sinks["legal-hook"] = channel._carrier.sender = Hanging()
    await world.fire()
    (keys,) = store.shards
    await world.loop.turn(keys)
    running = asyncio.create_task(channel.run())
    await Hanging.started.wait()
    await cut_off(running)
    await world.wait(1 * SECOND)
    assert world.told("legal") == ["opened"]
