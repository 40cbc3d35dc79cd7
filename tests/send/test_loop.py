"""Deliveries: at least once, in order within a lane, retried with growing pauses, and never forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.support.clock import ManualClock
from tests.support.world import ALL, World

from tocsin._core.errors import SendRefused, TrySendAgain
from tocsin._core.incident import Attempt
from tocsin._core.times import HOUR, MINUTE, SECOND
from tocsin._store import deliveries as stored
from tocsin._store.client import Store
from tocsin._store.deliveries import find, retry
from tocsin._store.listing import list_deliveries, show_incident
from tocsin._store.stats import read_figures


@pytest.fixture
async def world(store_url: str, clock: ManualClock) -> AsyncIterator[World]:
    """The second half of the way, on a real and empty store."""
    store = await Store.open(store_url)
    yield World(store, clock)
    await store.close()


async def test_a_broken_channel_is_tried_again(world: World) -> None:
    """A channel that fails is tried again with growing pauses, under the same id, until it says yes."""
    sink = world.sinks["legal-hook"]
    sink.fail = TrySendAgain("503 Service Unavailable")
    await world.fire()
    await world.wait(2 * MINUTE, renew=["A"])
    tries = sink.tried
    assert 5 <= tries <= 12
    sink.fail = None
    await world.wait(6 * MINUTE, renew=["A"])
    assert world.told("legal") == ["opened"]
    assert all(world.told(group) == ["opened"] for group in ("business", "data"))
    assert world.told("technical") == ["opened", "untold"]
    assert world.told("command") == ["opened", "untold", "escalated unacknowledged"]
    (delivery,) = (await list_deliveries(world.store, lambda d: d.channel == "legal-hook")).items
    assert delivery.state == "accepted"
    assert [attempt.result for attempt in delivery.attempts] == ["retried"] * tries + ["accepted"]


async def test_what_the_channel_asks_for_is_honoured(world: World) -> None:
    """``Retry-After`` is waited for."""
    sink = world.sinks["legal-hook"]
    sink.fail = TrySendAgain("429", retry_after=90)
    await world.fire()
    await world.settle()
    sink.fail = None
    await world.wait(80 * SECOND, renew=["A"])
    assert sink.tried == 1
    await world.wait(30 * SECOND, renew=["A"])
    assert world.told("legal") == ["opened"]


async def test_refused_is_a_dead_letter_at_once(world: World) -> None:
    """What a channel refuses for good is a dead letter at once, is seen, and can be taken up again."""
    sink = world.sinks["legal-hook"]
    sink.fail = SendRefused("404 Not Found")
    await world.fire()
    await world.wait(1 * MINUTE, renew=["A"])
    assert sink.tried == 1
    (dead,) = (await list_deliveries(world.store, lambda d: True, dead=True)).items
    assert (dead.state, dead.attempts[-1].error) == ("dead", "404 Not Found")
    assert (await read_figures(world.store)).of("dead") == {("legal-hook",): 1}
    sink.fail = None
    again = await retry(world.store, dead.id, world.clock.now())
    assert again.state == "waiting"
    await world.wait(2 * SECOND)
    assert world.told("legal") == ["opened"]
    assert (await find(world.store, dead.id))[1].state == "accepted"
    assert (await read_figures(world.store)).of("dead") == {("legal-hook",): 0}


async def test_an_hour_of_failing_is_enough(world: World) -> None:
    """After an hour of failing, a delivery is a dead letter."""
    sink = world.sinks["legal-hook"]
    sink.fail = TrySendAgain("connection refused")
    await world.fire()
    await world.wait(58 * MINUTE, renew=["A"])
    assert not (await list_deliveries(world.store, lambda d: True, dead=True)).items
    await world.wait(10 * MINUTE, renew=["A"])
    (dead,) = (await list_deliveries(world.store, lambda d: True, dead=True)).items
    assert dead.channel == "legal-hook"


async def test_order_within_a_lane(world: World) -> None:
    """Within an incident, group and channel the order is kept, however long the first one fails."""
    sink = world.sinks["legal-hook"]
    sink.fail = TrySendAgain("502")
    await world.fire()
    await world.wait(30 * SECOND)
    await world.resolve()
    await world.wait(1 * MINUTE)
    assert world.told("data") == ["opened", "cleared resolved"]
    assert not world.told("legal")
    sink.fail = None
    await world.wait(6 * MINUTE)
    assert world.told("legal") == ["opened", "cleared resolved"]
    assert [message.body["sequence"] for message in sink.got] == [1, 2]


async def test_fallback_when_all_have_failed(world: World) -> None:
    """Once its channels have all refused, a group's fallback is told, under an id of its own."""
    world.sinks["technical-hook"].fail = SendRefused("410 Gone")
    await world.fire()
    await world.wait(1 * SECOND)
    groups = [message.group for message in world.sinks["command-hook"].got]
    assert groups == ["command", "technical"]
    deliveries = (await show_incident(world.store, (await world.incident()).id)).deliveries
    assert [d.fallback for d in deliveries if d.group == "technical"] == [False, True]
    assert len({d.id for d in deliveries}) == 6


async def test_fallback_when_none_accepted_in_time(world: World) -> None:
    """A high notice that no channel of the group accepted within two minutes goes to the fallback too."""
    world.sinks["technical-hook"].fail = TrySendAgain("timeout")
    await world.fire()
    await world.wait(1 * MINUTE + 55 * SECOND, renew=["A"])
    assert [message.group for message in world.sinks["command-hook"].got] == ["command"]
    await world.wait(10 * SECOND, renew=["A"])
    assert [message.group for message in world.sinks["command-hook"].got] == ["command", "technical"]
    world.sinks["technical-hook"].fail = None
    await world.wait(5 * MINUTE, renew=["A"])
    assert world.told("technical") == ["opened"]
    got = [(message.event, message.group) for message in world.sinks["command-hook"].got]
    assert got == [("opened", "command"), ("opened", "technical"), ("escalated", "command")]


async def test_no_fallback_when_told(world: World) -> None:
    """Accepted in time, nothing goes to the fallback."""
    await world.fire()
    await world.wait(4 * MINUTE, renew=["A"])
    assert [message.group for message in world.sinks["command-hook"].got] == ["command"]
    assert (await world.incident()).unconfirmed == ()


async def test_a_closing_notice_falls_back_too(world: World) -> None:
    """A notice of an incident's end goes to the fallback like any other, though the incident is closed."""
    await world.fire(tier="low")
    await world.wait(6 * MINUTE, renew=["A"], tier="low")
    await world.resolve(tier="low")
    await world.wait(2 * MINUTE)
    world.sinks["technical-hook"].fail = SendRefused("410 Gone")
    await world.wait(10 * MINUTE)
    assert (await world.incident()).outcome == "recovered"
    assert [message.event for message in world.sinks["command-hook"].got] == ["closed"]


async def test_expired_accepted_deliveries_leave_the_lists(world: World) -> None:
    """Queues and lanes of what was delivered are gone; the record of it stays."""
    await world.fire()
    await world.wait(1 * HOUR, renew=["A"])
    figures = await read_figures(world.store)
    assert set(figures.of("waiting").values()) == {0}
    assert len((await list_deliveries(world.store, lambda d: True)).items) == 5 + 4  # opened, and escalated four times


async def test_success_counts_whoever_reports_it(world: World) -> None:
    """A send that outlived its lease still counts as told; the failure of whoever tried it again changes nothing."""
    await world.fire()
    await world.loop.turn(world.store.shards[0])
    keys, channel = world.store.shards[0], "legal-hook"
    now = world.clock.now()
    lanes, _ = await stored.due_lanes(world.store, keys, channel, now, 10)
    ((first,),) = (await stored.claim(world.store, keys, channel, lanes, ALL, token="first", now=now)).messages
    later = now + stored.LEASE
    ((second,),) = (await stored.claim(world.store, keys, channel, lanes, ALL, token="second", now=later)).messages
    assert first.delivery.id == second.delivery.id
    settler = stored.Settler(world.store)
    told = stored.attempted(first.delivery, Attempt(at=later, result="accepted"), state="accepted", due=later)
    failed = stored.attempted(second.delivery, Attempt(at=later, result="retried"), state="waiting", due=later)
    assert await settler.settle(keys, first, "retry", failed, now=later) == "lost"
    assert await settler.settle(keys, first, "accepted", told, now=later) == "ok"
    assert await settler.settle(keys, second, "retry", failed, now=later) == "done"
    assert (await find(world.store, first.delivery.id))[1].state == "accepted"
    assert await stored.due_lanes(world.store, keys, channel, later + stored.LEASE, 10) == ([], None)
    assert (await read_figures(world.store)).of("waiting")[(channel,)] == 0


async def test_later_messages_of_an_incident_follow_the_thread_of_its_first(world: World) -> None:
    """What a channel answers to the first is given with each of the later ones on the same channel, and no other."""
    await world.fire()
    await world.wait(MINUTE, renew=["A"])
    await world.resolve()
    await world.wait(10 * MINUTE)
    for name in ("technical-hook", "business-hook"):
        first, *later = world.sinks[name].got
        assert first.thread == ""
        assert later
        assert {message.thread for message in later} == {f"thread-of-{first.id}"}
