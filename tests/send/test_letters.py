"""Dead letters at a person's word: taken up again or dropped, one or all of a channel, and each only once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import msgspec
import pytest
from redis.asyncio import Redis
from tests.support.clock import ManualClock
from tests.support.world import World

from tocsin._core.errors import InvalidRequest, SendRefused
from tocsin._core.incident import Delivery
from tocsin._core.letter import Dropping
from tocsin._core.timeline import entry_item, first_break
from tocsin._core.times import MINUTE, SECOND
from tocsin._store.client import Store
from tocsin._store.codec import encode
from tocsin._store.deliveries import find, retry
from tocsin._store.letters import AT_ONCE, drop, find_dead, retry_all
from tocsin._store.listing import list_deliveries, show_incident
from tocsin._store.stats import read_figures


@pytest.fixture
async def world(store_url: str, clock: ManualClock) -> AsyncIterator[World]:
    """The second half of the way, on a real and empty store."""
    store = await Store.open(store_url)
    yield World(store, clock)
    await store.close()


def said(world: World, reason: str = "the hook is gone") -> Dropping:
    """Who drops it, and why."""
    return Dropping(at=world.clock.now(), by="zhang.wei", reason=reason, via="cli", verified=False)


async def dead(world: World) -> tuple[Delivery, ...]:
    """All dead letters."""
    return (await list_deliveries(world.store, lambda _: True, dead=True)).items


async def dropped_of(world: World, letters: Sequence[Delivery], why: Dropping) -> tuple[Delivery, ...]:
    """Drop letters; answers those that were."""
    (keys,) = world.store.shards
    return tuple([one async for one in drop(world.store, keys, letters, why)])


async def refused(world: World, *channels: str) -> None:
    """An incident whose opening these channels have refused for good."""
    for channel in channels:
        world.sinks[channel].fail = SendRefused("404 Not Found")
    await world.fire()
    await world.wait(2 * SECOND)


async def test_a_letter_is_dropped(world: World) -> None:
    """It is dead no more, keeps its cause and its tries, and says who dropped it and why; so does the timeline of its
    incident, which stays one chain."""
    await refused(world, "legal-hook")
    (letter,) = await dead(world)
    before = await world.incident()
    (dropped,) = await dropped_of(world, (letter,), said(world))

    assert await dead(world) == ()
    assert (await read_figures(world.store)).of("dead") == {("legal-hook",): 0}
    _, kept = await find(world.store, letter.id)
    assert kept == dropped
    assert (kept.state, kept.attempts[-1].error) == ("superseded", "404 Not Found")
    assert kept.dropped == said(world)

    whole = await show_incident(world.store, letter.incident)
    last = whole.timeline[-1]
    assert (last.action, last.actor, last.via, last.verified) == ("letters_dropped", "zhang.wei", "cli", False)
    assert last.detail == {
        "reason": "the hook is gone", "count": 1, "channels": ["legal-hook"], "deliveries": [letter.id],
    }  # fmt: skip
    assert whole.incident.revision == before.revision + 1
    items = [entry_item(entry) for entry in whole.timeline]
    assert first_break(letter.incident, items, whole.incident.timeline_head) is None


async def test_what_is_dropped_stays_so(world: World) -> None:
    """Dropped again, or taken up after that, nothing happens; and what was accepted cannot be dropped."""
    await refused(world, "legal-hook")
    (letter,) = await dead(world)
    await dropped_of(world, (letter,), said(world))
    entries = len((await show_incident(world.store, letter.incident)).timeline)
    assert await dropped_of(world, (letter,), said(world, "again")) == ()
    assert (await retry(world.store, letter.id, world.clock.now())).state == "superseded"
    accepted = (await list_deliveries(world.store, lambda one: one.state == "accepted")).items
    assert await dropped_of(world, accepted, said(world)) == ()
    assert len((await show_incident(world.store, letter.incident)).timeline) == entries
    assert (await read_figures(world.store)).of("dead") == {("legal-hook",): 0}


async def test_two_that_drop_at_once(world: World) -> None:
    """Each letter is dropped by one of them, and the timeline counts it once."""
    await refused(world, "legal-hook", "data-hook", "business-hook")
    letters = await dead(world)
    done = await asyncio.gather(*(dropped_of(world, letters, said(world)) for _ in range(5)))
    assert sorted(one.id for each in done for one in each) == sorted(one.id for one in letters)
    timeline = (await show_incident(world.store, letters[0].incident)).timeline
    assert sum(entry.detail["count"] for entry in timeline if entry.action == "letters_dropped") == 3


async def test_a_decision_under_way_looks_again(world: World) -> None:
    """Whoever had loaded the incident before a letter was dropped does not write over the entry about it."""
    await refused(world, "legal-hook")
    (keys,) = world.store.shards
    (letter,) = await dead(world)
    claim = await world.hold(await world.incident())
    await world.resolve()
    await dropped_of(world, (letter,), said(world))
    assert await world.loop.settle(keys, claim) is None
    await world.wait(1 * MINUTE)

    whole = await show_incident(world.store, letter.incident)
    actions = [entry.action for entry in whole.timeline]
    assert actions.index("letters_dropped") < actions.index("signals_cleared")
    items = [entry_item(entry) for entry in whole.timeline]
    assert first_break(letter.incident, items, whole.incident.timeline_head) is None


async def test_all_of_a_channel_are_sent_again(world: World) -> None:
    """In the order in which they were owed; those of another channel stay."""
    await refused(world, "legal-hook", "data-hook")
    await world.resolve()
    await world.wait(1 * SECOND)
    world.sinks["legal-hook"].fail = None
    batch = await find_dead(world.store, "legal-hook", now=world.clock.now())
    assert batch.cursor == ""
    again = await retry_all(world.store, batch, world.clock.now())
    assert [one.event for one in again] == ["opened", "cleared"]
    await world.deliver()
    assert world.told("legal") == ["opened", "cleared resolved"]
    assert {one.channel for one in await dead(world)} == {"data-hook"}
    assert await retry_all(world.store, batch, world.clock.now()) == ()


async def test_batches_have_an_end(world: World, redis: Redis) -> None:
    """Many are worked through a few hundred at a time, each once, however many died in one moment; what dies again
    meanwhile is not met twice."""
    await refused(world, "legal-hook")
    (keys,) = world.store.shards
    (letter,) = await dead(world)
    many = {f"{letter.notice}-{number:012x}" for number in range(3 * AT_ONCE)}
    for name in many:
        copy = msgspec.structs.replace(letter, id=name, channel="data-hook" if int(name[-12:], 16) % 3 else "other")
        await redis.hset(keys.delivery(name), mapping={"v": 1, "s": "dead", "b": encode(copy)})
        await redis.zadd(keys.dead, {name: world.clock.now() - int(name[-12:], 16) % 2})
    world.clock.advance(1 * SECOND)

    seen: list[str] = []
    sizes: list[int] = []
    cursor = ""
    while not sizes or cursor:
        batch = await find_dead(world.store, "data-hook", now=world.clock.now(), cursor=cursor)
        cursor = batch.cursor
        sizes.append(len(batch.letters))
        seen += (one.id for one in batch.letters)
        world.clock.advance(1 * SECOND)
        for one in batch.letters:  # they die again, later
            await redis.zadd(keys.dead, {one.id: world.clock.now()})
    assert max(sizes) <= AT_ONCE
    assert len(seen) == len(set(seen)) == 2 * AT_ONCE
    await redis.delete(keys.dead, *(keys.delivery(name) for name in many))


@pytest.mark.parametrize("cursor", ["x", "1.0.2", "1.7.2.a", "-1.0.2.a", "1.0.٣.a", "1.0." + "9" * 30 + ".a"])
async def test_a_strange_cursor_is_refused(world: World, cursor: str) -> None:
    """A cursor that is none of ours says so."""
    with pytest.raises(InvalidRequest, match="none of ours"):
        await find_dead(world.store, "", now=world.clock.now(), cursor=cursor)
