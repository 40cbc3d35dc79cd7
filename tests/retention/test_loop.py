"""Closed incidents on a real store, over hundreds of days: compacted, then archived or dropped, and never lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from redis.asyncio import Redis
from tests.retention.keeping import Failures, Loops, closed, is_compact, lines, shown, work
from tests.retention.test_files import disk_full_beyond
from tests.support.keys import endless_keys
from tests.support.plans import plan
from tests.support.world import World, classified

from tocsin._core.errors import Conflict, NotFound, SendRefused
from tocsin._core.incident import Incident
from tocsin._core.letter import Dropping
from tocsin._core.plan import IncidentSettings
from tocsin._core.times import DAY, HOUR, Millis
from tocsin._store import deliveries, letters, listing, stats
from tocsin._store.whole import Whole
from tocsin.retention.files import ArchiveFiles
from tocsin.retention.loop import LATER, LEASE, RetentionLoop
from tocsin.view.shapes import whole_item


class Killed(Exception):
    """Stands for ``kill -9``."""


class KilledAfterWriting(ArchiveFiles):
    """The process is killed when its lines are on disk."""

    def append(self, name: str, lines: Iterable[bytes]) -> None:
        """Write, and come to an end."""
        super().append(name, lines)
        raise Killed


async def pages(world: World, incident: Incident) -> list[str]:
    """The ids of an incident's deliveries, read one at a time."""
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await listing.deliveries_of(world.store, incident.id, lambda _: True, cursor=cursor, limit=1)
        found += (delivery.id for delivery in page.items)
        cursor = page.next
    return found


def on_technical(item: dict[str, Any]) -> list[dict[str, Any]]:
    """The deliveries of an incident, as shown, to the technical group's own channel."""
    return [delivery for delivery in item["deliveries"] if delivery["channel"] == "technical-hook"]


def about(store_url: str, incident: Incident) -> list[str]:
    """The keys of an incident that are left."""
    name = incident.id.lower()
    return sorted(key.partition(":")[2].partition(":")[2] for key in endless_keys(store_url) if name in key.lower())


async def test_compacted_it_reads_as_before(world: World, loops: Loops, store_url: str) -> None:
    """A day after it cannot be reopened any more, one key is left of it; lists and answers stay what they were."""
    incident = await closed(world)
    before, listed = await shown(world, incident), await world.incidents()
    loop = loops()
    world.clock.advance(27 * HOUR)
    await work(world, loop)
    assert not await is_compact(world, incident)
    assert len(about(store_url, incident)) > 5
    world.clock.advance(1 * HOUR)
    await work(world, loop)
    assert await is_compact(world, incident)
    assert about(store_url, incident) == [f"incident:{incident.id}"]
    assert await shown(world, incident) == before
    assert await world.incidents() == listed
    assert (await listing.list_deliveries(world.store, lambda _: True)).items == ()
    assert await pages(world, incident) == list(reversed([one["id"] for one in before["deliveries"]]))
    with pytest.raises(Conflict, match="takes nothing more"):
        await listing.find_incident(world.store, incident.id)


async def test_nothing_goes_before_the_retention(world: World, loops: Loops, archive: ArchiveFiles) -> None:
    """For 400 days it is in the store; then it is a line of the month in which it closed, as the API answered it."""
    incident = await closed(world)
    loop = loops()
    world.clock.advance(2 * DAY)
    await work(world, loop)
    before = await shown(world, incident)
    world.clock.advance(397 * DAY)
    await work(world, loop)
    assert lines(archive) == []
    assert await shown(world, incident) == before
    world.clock.advance(2 * DAY)
    await work(world, loop)
    assert [path.name for path in archive.directory.iterdir()] == ["incidents-2026-03.jsonl"]
    assert lines(archive) == [before]
    assert before["timeline"][-1]["action"] == "told"
    assert {delivery["state"] for delivery in before["deliveries"]} == {"accepted"}


async def test_archived_nothing_is_left(
    world: World, loops: Loops, store_url: str, redis: Redis, archive: ArchiveFiles
) -> None:
    """Keys and entries of indexes are gone; the figures of what happened stay, and what was archived is counted."""
    incidents = [await closed(world, name) for name in "ABC"]
    before = (await stats.read_figures(world.store)).counters
    world.clock.advance(401 * DAY)
    await work(world, loops())
    assert {line["id"] for line in lines(archive)} == {incident.id for incident in incidents}
    assert await world.incidents() == ()
    for incident in incidents:
        assert about(store_url, incident) == []
        with pytest.raises(NotFound):
            await listing.show_incident(world.store, incident.id)
    keys = world.store.shards[0]
    for index in (keys.closed, keys.closed_at, keys.compact, keys.deliveries, keys.dead):
        assert await redis.zcard(index) == 0
    assert (await stats.read_figures(world.store)).counters == {**before, ("archived",): 3}


async def test_a_store_that_was_down_for_years(world: World, loops: Loops, archive: ArchiveFiles) -> None:
    """What was never compacted is archived all the same, many turns long, each incident once."""
    incidents = [await closed(world, f"service-{number}") for number in range(45)]
    world.clock.advance(1_000 * DAY)
    await work(world, loops())
    assert sorted(line["id"] for line in lines(archive)) == sorted(incident.id for incident in incidents)


async def test_killed_between_writing_and_removing(world: World, loops: Loops, archive: ArchiveFiles) -> None:
    """The next adds the line again, the same; the incident is never in neither place."""
    incident = await closed(world)
    world.clock.advance(401 * DAY)
    with pytest.raises(Killed):
        await work(world, loops(files=KilledAfterWriting(archive.directory)))
    assert [line["id"] for line in lines(archive)] == [incident.id]
    assert (await shown(world, incident))["id"] == incident.id
    world.clock.advance(LEASE)
    await work(world, loops(process="two"))
    first, last = lines(archive)
    assert first == last
    assert await world.incidents() == ()


async def test_a_full_disk_removes_nothing(
    world: World, loops: Loops, archive: ArchiveFiles, failures: Failures
) -> None:
    """It is counted and tried again; when there is room, all is moved, once."""
    incidents = [await closed(world, name) for name in "ABC"]
    world.clock.advance(401 * DAY)
    loop = loops()
    with disk_full_beyond(2_000):
        await work(world, loop)
        await work(world, loop)
    assert failures.count == 2
    assert lines(archive) == []
    assert len(await world.incidents()) == 3
    await work(world, loop)
    assert sorted(line["id"] for line in lines(archive)) == sorted(incident.id for incident in incidents)
    assert await world.incidents() == ()
    assert failures.count == 2


async def test_two_at_once(world: World, loops: Loops, archive: ArchiveFiles) -> None:
    """While one works, the other waits; when its lease has run out, or was given back, the other goes on."""
    one, two, keys = loops(), loops(process="two"), world.store.shards[0]
    await closed(world, "A")
    await closed(world, "B")
    world.clock.advance(401 * DAY)
    await only_lease(world, one)
    world.clock.advance(LEASE - 1)
    await two.turn(keys)
    assert lines(archive) == []
    world.clock.advance(1)
    await two.turn(keys)
    assert len(lines(archive)) == 2
    await closed(world, "C")
    world.clock.advance(401 * DAY)
    await only_lease(world, two)
    two.drain()
    await two.run()
    await one.turn(keys)
    assert len(lines(archive)) == 3


async def only_lease(world: World, loop: RetentionLoop) -> None:
    """A turn at a time when nothing is past the retention."""
    before = world.plan
    world.plan = plan(incidents=IncidentSettings(retention=2_000 * DAY))
    await loop.turn(world.store.shards[0])
    world.plan = before


async def test_both_write_and_both_remove(world: World, loops: Loops, archive: ArchiveFiles) -> None:
    """One that stood still while its lease ran out does no harm: a line twice, and counted once."""
    await closed(world)
    world.clock.advance(401 * DAY)
    keys = world.store.shards[0]

    two, running = loops(process="two"), asyncio.get_running_loop()

    class Slow(ArchiveFiles):
        """Another is as far when the lines are on disk."""

        def append(self, name: str, lines: Iterable[bytes]) -> None:
            """Write, while the lease runs out."""
            super().append(name, lines)
            world.clock.advance(LEASE + 1)
            asyncio.run_coroutine_threadsafe(two.turn(keys), running).result()

    await loops(files=Slow(archive.directory)).turn(keys)
    assert len(lines(archive)) == 2
    assert (await stats.read_figures(world.store)).of("archived") == {(): 1}


async def test_a_store_of_others_without_an_archive(world: World, loops: Loops) -> None:
    """With neither a directory nor the word to drop, everything is kept, however old."""
    incident = await closed(world)
    world.clock.advance(1_000 * DAY)
    await work(world, loops(files=None))
    assert (await world.incidents())[0].id == incident.id


async def test_dropped_by_setting(world: World, loops: Loops, caplog: pytest.LogCaptureFixture) -> None:
    """What is past its time is dropped, which the log tells and a figure counts."""
    incident = await closed(world)
    world.clock.advance(401 * DAY)
    await work(world, loops(files=None, drop=True))
    assert await world.incidents() == ()
    (record,) = (record for record in caplog.records if "dropped" in record.message)
    assert record.__dict__["incidents"] == [incident.id]
    assert (await stats.read_figures(world.store)).of("dropped") == {(): 1}


async def test_the_retention_is_that_of_the_plan_in_force(world: World, loops: Loops, archive: ArchiveFiles) -> None:
    """A shorter or a longer one holds from the next turn on, for incidents that closed before too."""
    await closed(world)
    loop = loops()
    world.clock.advance(401 * DAY)
    world.plan = plan(incidents=IncidentSettings(retention=800 * DAY))
    await work(world, loop)
    assert lines(archive) == []
    world.plan = plan(incidents=IncidentSettings(retention=30 * DAY))
    await work(world, loop)
    assert len(lines(archive)) == 1


async def test_dead_letters_outlive_compacting(world: World, loops: Loops, archive: ArchiveFiles) -> None:
    """What is still owed stays whole and can be sent again; unsent, it goes to the archive with its incident."""
    world.sinks["technical-hook"].fail = SendRefused("410 Gone")
    incident = await closed(world)
    world.clock.advance(3 * DAY)
    loop = loops()
    await work(world, loop)
    assert await is_compact(world, incident)
    dead = (await listing.list_deliveries(world.store, lambda _: True, dead=True)).items
    assert [delivery.event for delivery in dead] == ["closed", "cleared", "opened"]
    world.sinks["technical-hook"].fail = None
    await deliveries.retry(world.store, dead[-1].id, world.clock.now())
    await world.deliver()
    assert world.told("technical") == ["opened"]
    states = {one["event"]: one["state"] for one in on_technical(await shown(world, incident))}
    assert states == {"opened": "accepted", "cleared": "dead", "closed": "dead"}
    world.clock.advance(400 * DAY)
    await work(world, loop)
    (line,) = lines(archive)
    assert sorted(one["state"] for one in on_technical(line)) == ["accepted", "dead", "dead"]
    figures = await stats.read_figures(world.store)
    assert figures.of("dead")[("technical-hook",)] == 0
    assert (await listing.list_deliveries(world.store, lambda _: True, dead=True)).items == ()


async def test_a_letter_of_a_compacted_incident_is_dropped(world: World, loops: Loops, archive: ArchiveFiles) -> None:
    """Its timeline takes no more entries, so the letter alone says who dropped it and why, in the archive too."""
    world.sinks["technical-hook"].fail = SendRefused("410 Gone")
    incident = await closed(world)
    world.clock.advance(3 * DAY)
    loop = loops()
    await work(world, loop)
    before = await shown(world, incident)
    (keys,) = world.store.shards
    dead = (await listing.list_deliveries(world.store, lambda _: True, dead=True)).items
    why = Dropping(at=world.clock.now(), by="zhang.wei", reason="old news", via="cli", verified=False)
    assert len([one async for one in letters.drop(world.store, keys, dead[:2], why)]) == 2
    after = await shown(world, incident)
    assert (after["timeline"], after["revision"]) == (before["timeline"], before["revision"])
    assert sorted(one["state"] for one in on_technical(after)) == ["dead", "superseded", "superseded"]
    assert (await stats.read_figures(world.store)).of("dead") == {("technical-hook",): 1}
    world.clock.advance(400 * DAY)
    await work(world, loop)
    (line,) = lines(archive)
    assert [one["dropped"]["reason"] for one in on_technical(line) if "dropped" in one] == ["old news"] * 2
    assert (await stats.read_figures(world.store)).of("dead") == {("technical-hook",): 0}


async def test_what_is_being_sent_is_waited_for(world: World, loops: Loops, archive: ArchiveFiles) -> None:
    """A dead letter that was just taken up again keeps its incident from the archive until it is settled."""
    world.sinks["technical-hook"].fail = SendRefused("410 Gone")
    incident = await closed(world)
    dead = (await listing.list_deliveries(world.store, lambda _: True, dead=True)).items
    world.clock.advance(401 * DAY)
    await deliveries.retry(world.store, dead[0].id, world.clock.now())
    loop = loops()
    await work(world, loop)
    assert lines(archive) == []
    assert not await is_compact(world, incident)
    await world.deliver()
    world.clock.advance(LATER)
    await work(world, loop)
    assert len(lines(archive)) == 1


async def test_an_incident_that_is_worked_on_is_left_alone(world: World, loops: Loops) -> None:
    """While somebody holds the key of a closed incident, it is not compacted; an hour later it is."""
    incident = await closed(world)
    said = classified("A", "low", key=(("subject", "A"),))
    world.clock.advance(3 * DAY)
    await world.fire("A", said=said)
    await world.die()
    loop = loops()
    await work(world, loop)
    assert not await is_compact(world, incident)
    world.clock.advance(LATER)
    await world.settle()
    await work(world, loop)
    assert await is_compact(world, incident)


async def test_a_value_that_cannot_be_read_holds_up_no_other(
    world: World, loops: Loops, archive: ArchiveFiles, redis: Redis
) -> None:
    """It stays where it is, and the others are archived."""
    spoilt, sound = await closed(world, "A"), await closed(world, "B")
    await redis.set(world.store.shards[0].incident(spoilt.id), b"\x01\xff")
    world.clock.advance(401 * DAY)
    await work(world, loops())
    assert [line["id"] for line in lines(archive)] == [sound.id]
    assert await redis.exists(world.store.shards[0].incident(spoilt.id))


async def test_a_line_that_cannot_be_made_holds_up_no_other(
    world: World, archive: ArchiveFiles, failures: Failures
) -> None:
    """A fault of ours is logged; its incident stays, and the others are archived."""
    faulty, sound = await closed(world, "A"), await closed(world, "B")

    def shape(whole: Whole, now: Millis) -> dict[str, Any]:
        if whole.incident.id == faulty.id:
            raise ZeroDivisionError
        return whole_item(whole, "en", now)

    loop = RetentionLoop(
        store=world.store,
        clock=world.clock,
        plan=lambda: world.plan,
        files=archive,
        drop=False,
        shape=shape,
        meter=failures,
        process="one",
    )
    world.clock.advance(401 * DAY)
    await work(world, loop)
    assert [line["id"] for line in lines(archive)] == [sound.id]
    assert [incident.id for incident in await world.incidents()] == [faulty.id]
