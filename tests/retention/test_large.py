"""Incidents that are too large to be compacted whole: nothing of their record is lost by that."""

from __future__ import annotations

from msgspec.structs import replace
from redis.asyncio import Redis
from tests.retention.keeping import Failures, Loops, closed, is_compact, lines, shown, work
from tests.retention.test_files import disk_full_beyond
from tests.support.world import World

from tocsin._core.incident import Incident
from tocsin._core.timeline import LEFT_OUT, TimelineEntry, chained, entry_item, first_break
from tocsin._core.times import DAY, SECOND
from tocsin._store.codec import encode
from tocsin._store.compact import LIMIT
from tocsin._store.listing import show_incident
from tocsin.retention.files import ArchiveFiles
from tocsin.retention.loop import LATER

MANY = 300
"""Updates that people made, each in other words."""


async def large(world: World, redis: Redis) -> Incident:
    """A closed incident about which much was said, and that may be compacted by now."""
    incident = await closed(world)
    keys = world.store.shards[0]
    said = (
        TimelineEntry(
            at=incident.started_at + number * SECOND,
            actor="zhang.wei",
            action="updated",
            via="api",
            verified=True,
            detail={"progress": " ".join(f"{number * 7919 + word * 104729:x}" for word in range(20))},
        )
        for number in range(MANY)
    )
    entries = chained(incident.id, incident.timeline_head, said)
    await redis.rpush(keys.timeline(incident.id), *map(encode, entries))
    incident = replace(incident, timeline_entries=entries[-1].seq, timeline_hash=entries[-1].hash)
    await redis.set(keys.incident(incident.id), encode(incident))
    world.clock.advance(2 * DAY)
    return incident


async def is_sound(world: World, incident: Incident) -> bool:
    """Whether what is left of its timeline is one chain, to the end."""
    whole = await show_incident(world.store, incident.id)
    return first_break(incident.id, map(entry_item, whole.timeline), incident.timeline_head) is None


async def test_archived_whole_before_anything_is_left_out(
    world: World, loops: Loops, redis: Redis, archive: ArchiveFiles
) -> None:
    """Its line is in the archive before the store's value is cut, which says where; after the retention that goes."""
    incident = await large(world, redis)
    before = await shown(world, incident)
    loop = loops()
    await work(world, loop)
    assert lines(archive) == [before]
    assert first_break(incident.id, before["timeline"], incident.timeline_head) is None

    after = await shown(world, incident)
    assert after["archived_in"] == "incidents-2026-03.jsonl"
    assert len(after["timeline"]) < MANY / 2
    assert LEFT_OUT in {entry["action"] for entry in after["timeline"]}
    assert after["timeline"][0] == before["timeline"][0]
    assert after["timeline"][-1] == before["timeline"][-1]
    assert await is_sound(world, incident)
    assert await redis.strlen(world.store.shards[0].incident(incident.id)) <= LIMIT

    world.clock.advance(400 * DAY)
    await work(world, loop)
    assert lines(archive) == [before]
    assert await world.incidents() == ()


async def test_without_an_archive_it_stays_whole(world: World, loops: Loops, redis: Redis) -> None:
    """With neither an archive nor the word to drop, it is only compressed; an archive that comes later gets all."""
    incident = await large(world, redis)
    before = await shown(world, incident)
    await work(world, loops(files=None))
    assert await is_compact(world, incident)
    assert await shown(world, incident) == before
    assert await redis.strlen(world.store.shards[0].incident(incident.id)) > LIMIT


async def test_an_archive_that_comes_later_gets_all(
    world: World, loops: Loops, redis: Redis, archive: ArchiveFiles
) -> None:
    """What was kept whole is archived whole."""
    incident = await large(world, redis)
    before = await shown(world, incident)
    await work(world, loops(files=None))
    world.clock.advance(400 * DAY)
    await work(world, loops())
    assert lines(archive) == [before]


async def test_with_the_word_to_drop_it_is_cut(world: World, loops: Loops, redis: Redis) -> None:
    """Where what is old may be dropped, so may what does not fit; it says how much that is."""
    incident = await large(world, redis)
    await work(world, loops(files=None, drop=True))
    after = await shown(world, incident)
    assert "archived_in" not in after
    (mark,) = (entry for entry in after["timeline"] if entry["action"] == LEFT_OUT)
    assert mark["detail"]["entries"] + len(after["timeline"]) - 1 == incident.timeline_entries
    assert await is_sound(world, incident)


async def test_a_full_disk_cuts_nothing(
    world: World, loops: Loops, redis: Redis, archive: ArchiveFiles, failures: Failures
) -> None:
    """What cannot be written is not cut; it is tried again later."""
    incident = await large(world, redis)
    before = await shown(world, incident)
    loop = loops()
    with disk_full_beyond(2_000):
        await work(world, loop)
    assert failures.count == 1
    assert await shown(world, incident) == before
    assert not await is_compact(world, incident)
    world.clock.advance(LATER)
    await work(world, loop)
    assert lines(archive) == [before]
    assert await is_compact(world, incident)
