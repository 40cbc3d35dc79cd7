"""More is owed than a channel takes: its rate is kept, what is urgent goes first, and nothing is left unsaid."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator

import pytest
from tests.support.clock import ManualClock
from tests.support.world import Sink, World, classified

from tocsin._core.errors import SendRefused, TrySendAgain
from tocsin._core.message import Message
from tocsin._core.model import Classification
from tocsin._core.plan import Rate
from tocsin._core.times import HOUR, MINUTE, SECOND, Millis
from tocsin._store.client import Store
from tocsin._store.listing import list_deliveries
from tocsin.send.kind import Bounds

CHANNEL = "technical-hook"
RATE = Rate(20, MINUTE)


class Timed(Sink):
    """Notes when each message came."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self.at: list[Millis] = []
        self._clock = clock

    async def send(self, message: Message) -> str:
        """Keep it, and the time."""
        said = await super().send(message)
        self.at.append(self._clock.now())
        return said


@pytest.fixture
async def world(store_url: str, clock: ManualClock) -> AsyncIterator[World]:
    """The second half of the way, where the technical group's channel takes 20 messages a minute."""
    store = await Store.open(store_url)
    made = World(store, clock, bounds={CHANNEL: Bounds(rate=RATE, most=20)})
    made.sinks[CHANNEL] = Timed(clock)
    made.restart()
    yield made
    await store.close()


def about(service: str, tier: str) -> Classification:
    """What a rule says of an alert about a service of its own."""
    return classified(service, tier, service=service, key=(("subject", service), ("environment", "prod")))


async def fire(world: World, *names: str, tier: str) -> None:
    """An alert for each, of a service of its own."""
    await world.post(*((world.alert(name), about(name, tier)) for name in names))


def sink_of(world: World) -> Timed:
    """The channel with the rate."""
    sink = world.sinks[CHANNEL]
    assert isinstance(sink, Timed)
    return sink


def told_in(message: Message) -> list[Message | dict[str, object]]:
    """The notices that a message is for."""
    return message.body.get("notices") or [message.body]


def mentioned(messages: list[Message]) -> set[str]:
    """The incidents that messages tell of."""
    return {str(notice["incident"]["id"]) for message in messages for notice in told_in(message)}  # type: ignore[index]


def most_in(at: list[Millis], span: Millis) -> int:
    """The most messages within any span of time, its end left out."""
    return max(sum(first <= other < first + span for other in at) for first in at)


async def test_a_storm_keeps_the_rate_and_names_every_incident(world: World) -> None:
    """Hundreds of incidents at once: never more than 20 messages a minute, the first high notice at once, and each
    incident is named; what was merged is recorded as told, with how many were told together."""
    for first in range(0, 400, 100):
        names = [f"s{number}" for number in range(first, first + 100)]
        await fire(world, *names, tier="high" if first >= 200 else "medium")
    await world.wait(2 * SECOND, step=SECOND)
    sink = sink_of(world)
    assert "high" in [message.tier for message in sink.got]
    await world.wait(6 * MINUTE, step=4 * SECOND)
    assert most_in(sink.at, MINUTE) <= 20
    assert len(mentioned(sink.got)) == 400
    items = (await list_deliveries(world.store, lambda each: each.channel == CHANNEL, limit=5_000)).items
    opened = [each for each in items if each.event == "opened"]
    assert {each.state for each in opened} == {"accepted"}
    assert max(each.attempts[-1].together for each in opened) == 20


async def test_what_is_urgent_goes_before_what_waits(world: World) -> None:
    """While lower ones wait for the rate, a high one is the very next message, and no lower one passes it."""
    await fire(world, *(f"m{number}" for number in range(100)), tier="medium")
    await world.wait(31 * SECOND, step=SECOND)
    sink = sink_of(world)
    before = len(sink.got)
    assert before == 15, "a quarter is kept for high ones"
    await fire(world, "urgent", tier="high")
    await world.wait(1 * SECOND, step=SECOND)
    assert [message.tier for message in sink.got[before:]] == ["high"]
    await world.wait(2 * MINUTE, step=SECOND)
    assert len(mentioned(sink.got)) == 101
    assert most_in(sink.at, MINUTE) <= 20


async def test_high_ones_are_never_merged_with_lower(world: World) -> None:
    """With room for one message, the high ones are in it and the others wait."""
    world.bounds = {CHANNEL: Bounds(rate=Rate(1, 10 * SECOND), most=20)}
    world.restart()
    await fire(world, "a", "b", tier="medium")
    await world.wait(30 * SECOND, step=SECOND)
    await fire(world, "c", "d", tier="high")
    await world.wait(60 * SECOND, step=SECOND)
    groups = [{notice["incident"]["tier"] for notice in told_in(each)} for each in sink_of(world).got]  # type: ignore[index]
    assert all(len(tiers) == 1 for tiers in groups)
    assert most_in(sink_of(world).at, 10 * SECOND) == 1
    assert len(mentioned(sink_of(world).got)) == 4


async def test_the_rate_outlives_a_restart(world: World) -> None:
    """What was sent is counted in the store: a new process, or another one, sends no more than is left."""
    await fire(world, *(f"h{number}" for number in range(15)), tier="high")
    await world.wait(1 * SECOND, step=SECOND)
    assert len(sink_of(world).got) == 15
    world.restart()
    await fire(world, *(f"g{number}" for number in range(15)), tier="high")
    await world.wait(50 * SECOND, step=SECOND)
    assert len(sink_of(world).got) == 20
    assert len(mentioned(sink_of(world).got)) == 30


async def test_a_digest_that_fails_is_tried_again_for_each(world: World) -> None:
    """Whether it may pass or is refused, none of its notices is given up for the form of the message."""
    world.bounds = {CHANNEL: Bounds(rate=Rate(2, MINUTE), most=20)}
    world.restart()
    sink = sink_of(world)
    for error in (TrySendAgain("503"), SendRefused("400 too long")):
        sink.fail = error
        await fire(world, *(f"{type(error).__name__}{number}" for number in range(5)), tier="high")
        await world.wait(1 * MINUTE, step=SECOND)
    sink.fail = None
    await world.wait(12 * MINUTE, step=SECOND)
    opened = [
        each
        for each in (await list_deliveries(world.store, lambda d: d.channel == CHANNEL, limit=500)).items
        if each.event == "opened"
    ]
    states = Counter(each.state for each in opened)
    assert states["accepted"] >= 8, states  # those refused alone are dead letters
    assert len(mentioned(sink.got)) >= 8


async def test_without_a_rate_the_urgent_goes_first_too(world: World) -> None:
    """What waits for a channel that was down is sent by tier, whatever was owed first."""
    sink = world.sinks["technical-hook"]
    world.bounds = {}
    world.restart()
    sink.fail = TrySendAgain("down")
    await fire(world, *(f"m{number}" for number in range(40)), tier="medium")
    await world.wait(31 * SECOND, step=SECOND)
    await fire(world, *(f"h{number}" for number in range(20)), tier="high")
    await world.settle()
    sink.fail = None
    world.clock.advance(HOUR)
    await world.deliver()
    tiers = [message.tier for message in sink.got]
    assert tiers[:20] == ["high"] * 20
    assert len(tiers) >= 60
