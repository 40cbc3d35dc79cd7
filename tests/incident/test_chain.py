"""The timelines of incidents on a real store: chained to each other through every commit."""

from __future__ import annotations

import json

import msgspec
from redis.asyncio import Redis
from tests.support.world import World

from tocsin._core.incident import Incident
from tocsin._core.timeline import Break, entry_item, first_break
from tocsin._core.times import HOUR, MINUTE
from tocsin._store.listing import show_incident


async def broken(world: World, incident: Incident) -> Break | None:
    """Where the timeline of an incident is broken, by what a reader gets."""
    whole = await show_incident(world.store, incident.id)
    items = json.loads(msgspec.json.encode([entry_item(entry) for entry in whole.timeline]))
    return first_break(incident.id, items, whole.incident.timeline_head)


async def test_each_commit_goes_on_where_the_last_one_ended(world: World) -> None:
    """Opening, escalating, acknowledging, clearing and reopening are one chain; the incident keeps its end."""
    await world.fire()
    await world.wait(6 * MINUTE, renew=["A"])
    await world.acknowledge()
    await world.resolve()
    await world.wait(6 * MINUTE)
    await world.fire()
    await world.settle()
    incident = await world.incident()
    entries = (await show_incident(world.store, incident.id)).timeline
    assert [entry.seq for entry in entries] == list(range(1, incident.timeline_entries + 1))
    assert {"opened", "escalated", "acknowledged", "signals_cleared", "fired_again"} <= {e.action for e in entries}
    assert entries[-1].hash == incident.timeline_hash
    assert await broken(world, incident) is None


async def test_two_incidents_of_one_decision_are_two_chains(world: World) -> None:
    """Where one commit ends an incident and opens the next, each goes on in its own."""
    await world.fire()
    await world.settle()
    await world.resolve()
    await world.wait(5 * HOUR)
    await world.fire()
    await world.settle()
    incidents = await world.incidents()
    assert len(incidents) == 2
    assert [await broken(world, incident) for incident in incidents] == [None, None]


async def test_who_does_what_is_an_actor(world: World) -> None:
    """A person is named as such, and all else is the rule's and the plan's that decided."""
    await world.fire()
    await world.settle()
    incident = await world.acknowledge()
    entries = (await show_incident(world.store, incident.id)).timeline
    assert {entry.actor for entry in entries} == {"zhang.wei", "system:rule-high@0123456789ab"}
    (acknowledged,) = (entry for entry in entries if entry.action == "acknowledged")
    assert (acknowledged.before, acknowledged.after) == ({"state": "open"}, {"state": "acknowledged"})


async def test_a_tail_cut_off_in_the_store_is_found(world: World, redis: Redis) -> None:
    """The incident itself knows how its timeline ended."""
    await world.fire()
    await world.settle()
    incident = await world.incident()
    (keys,) = world.store.shards
    await redis.rpop(keys.timeline(incident.id))
    found = await broken(world, incident)
    assert found is not None
    assert (found.seq, found.problem) == (2, "missing: 2 were written, and there are 1")
