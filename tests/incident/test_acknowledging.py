"""Escalation of what nobody acknowledges, and acknowledging."""

from __future__ import annotations

import asyncio

import pytest
from tests.support.world import World

from tocsin._core.action import Acknowledge, Action
from tocsin._core.errors import Busy, Conflict, NotFound
from tocsin._core.times import HOUR, MINUTE, SECOND
from tocsin._store.listing import show_incident
from tocsin._store.stats import read_figures

ESCALATED = "escalated unacknowledged"


async def test_command_is_told_until_somebody_acknowledges(world: World) -> None:
    """Five minutes after a high incident opened command is told, again every 15, until it is acknowledged."""
    await world.fire()
    await world.wait(5 * MINUTE - 20 * SECOND, renew=["A"])
    assert world.told("command") == ["opened"]
    await world.wait(20 * SECOND, renew=["A"])
    assert world.told("command") == ["opened", ESCALATED]
    await world.wait(31 * MINUTE, renew=["A"])
    assert world.told("command") == ["opened", *[ESCALATED] * 3]
    assert world.told("technical") == ["opened"]
    incident = await world.acknowledge()
    assert (incident.state, incident.acknowledged_by) == ("acknowledged", "zhang.wei")
    await world.wait(1 * HOUR, renew=["A"])
    assert world.told("command") == ["opened", *[ESCALATED] * 3, "acknowledged"]
    assert world.told("technical") == ["opened", "acknowledged"]
    figures = await read_figures(world.store)
    assert figures.of("escalations") == {("high", "unacknowledged"): 3}


async def test_only_lead_and_command_stop_it(world: World) -> None:
    """Another group's word is recorded and told, and command is told of the silence of those that count."""
    await world.fire()
    await world.settle()
    incident = await world.acknowledge("legal", by="li.na")
    assert (incident.state, incident.acknowledged_by) == ("open", "")
    assert [(given.group, given.by) for given in incident.acknowledgements] == [("legal", "li.na")]
    await world.wait(6 * MINUTE, renew=["A"])
    assert world.told("command") == ["opened", "acknowledged", ESCALATED]
    timeline = (await show_incident(world.store, incident.id)).timeline
    assert [(entry.actor, entry.detail["group"]) for entry in timeline if entry.action == "acknowledged"] == [
        ("li.na", "legal")
    ]


async def test_the_same_word_twice_changes_nothing(world: World) -> None:
    """A person who acknowledges again gets the same incident at the same revision, and nobody is told."""
    await world.fire()
    await world.settle()
    first = await world.acknowledge()
    second = await world.acknowledge()
    assert second.acknowledgements == first.acknowledgements
    assert (await world.actions(second)).count("acknowledged") == 1
    assert world.told("command") == ["opened", "acknowledged"]


async def test_silent_while_nothing_fires(world: World) -> None:
    """What passes while nothing fires is told when it fires again, once."""
    await world.fire()
    await world.settle()
    await world.resolve()
    await world.wait(1 * HOUR)
    assert world.told("command") == ["opened", "cleared resolved"]
    await world.fire()
    await world.settle()
    assert world.told("command") == ["opened", "cleared resolved", "reopened", ESCALATED]


async def test_a_raise_makes_the_shorter_time_hold(world: World) -> None:
    """Ten minutes after a medium incident opened it is raised to high: its five minutes have passed already."""
    await world.fire(tier="medium")
    await world.wait(10 * MINUTE, renew=["A"], tier="medium")
    assert world.told("command") == ["opened"]
    await world.fire("B", "high")
    await world.settle()
    assert world.told("command") == ["opened", "tier_raised worse_alert", ESCALATED]


async def test_down_for_hours(world: World) -> None:
    """A service that was away tells once, and goes on from there; so does one that was killed in the middle of it."""
    await world.fire(source="alertmanager")
    await world.settle()
    world.clock.advance(3 * HOUR)
    await world.die()
    world.restart()
    world.clock.advance(31 * SECOND)
    await world.settle()
    assert world.told("command") == ["opened", ESCALATED, "rto_warning 75"]
    await world.wait(14 * MINUTE)
    assert world.told("command") == ["opened", ESCALATED, "rto_warning 75"]
    await world.wait(1 * MINUTE)
    assert world.told("command") == ["opened", ESCALATED, "rto_warning 75", ESCALATED]


async def test_two_services_tell_once(world: World) -> None:
    """Two services on one store tell a stage once."""
    other = World(world.store, world.clock)
    await world.fire(source="alertmanager")
    await world.settle()
    world.clock.advance(5 * MINUTE)
    await asyncio.gather(*(one.loop.turn(keys) for one in (world, other) for keys in world.store.shards))
    await world.settle()
    assert world.told("command") + other.told("command") == ["opened", ESCALATED]


async def test_low_has_no_such_time(world: World) -> None:
    """A tier without ``ack_within`` does not escalate."""
    await world.fire(tier="low", source="alertmanager")
    await world.wait(1 * HOUR)
    assert world.told("command") == []


async def test_before_it_is_told(world: World) -> None:
    """What is acknowledged before anybody was told is told as opened by then, and asks no more."""
    await world.fire(tier="medium", source="alertmanager")
    await world.settle()
    assert (await world.acknowledge()).state == "acknowledged"
    await world.wait(1 * HOUR)
    assert world.told("command") == ["opened"]
    notice = world.sinks["command-hook"].got[0].body["notice"]
    assert (notice.asks, notice.incident["acknowledged_by"]) == ({}, "zhang.wei")


async def test_another_revision(world: World) -> None:
    """What was meant for another revision is refused with the present one; it is on record, and command is told."""
    await world.fire()
    await world.settle()
    before = await world.incident()
    with pytest.raises(Conflict) as refused:
        await world.acknowledge(revision=before.revision + 1)
    after = await world.incident()
    assert refused.value.current["revision"] == after.revision == before.revision + 1
    assert (after.state, after.acknowledgements) == ("open", ())
    await world.settle()
    assert world.told("command") == ["opened", "noted"]
    assert world.told("technical") == ["opened"]
    (entry,) = [each for each in (await show_incident(world.store, after.id)).timeline if each.action == "refused"]
    assert (entry.actor, entry.detail["wanted"]) == ("zhang.wei", "acknowledge")
    assert (await world.acknowledge(revision=after.revision)).state == "acknowledged"


async def test_closed_and_unknown(world: World) -> None:
    """A closed incident takes no action but to be reopened; one that there is not is not found."""
    await world.fire(tier="low")
    await world.wait(1 * MINUTE)
    await world.resolve(tier="low")
    await world.wait(10 * MINUTE)
    with pytest.raises(Conflict) as refused:
        await world.acknowledge()
    assert refused.value.current["allowed"] == ["reopen"]
    with pytest.raises(NotFound):
        await world.acts.act(Action(incident="INC-260101-AAAAAA", act=Acknowledge(), by="a", group="legal"))


async def test_one_waits_for_the_other(world: World) -> None:
    """While another works on the incident, an act waits; it is done as soon as that one has committed."""
    await world.fire()
    await world.settle()
    (keys,) = world.store.shards
    incident = await world.incident()
    held = await world.hold(incident)
    acting = asyncio.create_task(world.acknowledge())
    await world.clock.asleep()
    assert (await world.incident()).acknowledgements == ()
    await world.loop.settle(keys, held)
    world.clock.advance(1 * SECOND)
    assert (await acting).state == "acknowledged"


async def test_not_for_ever(world: World) -> None:
    """Where another holds it for longer than 2.5 seconds, nothing is recorded, and the act may be tried again; what the
    killed one held is looked at once its lease has run out."""
    await world.fire()
    await world.settle()
    await world.hold(await world.incident())
    acting = asyncio.create_task(world.acknowledge())
    while not acting.done():
        if world.clock.sleepers:
            world.clock.advance(50)
        await world.clock.sleep(0)
    with pytest.raises(Busy):
        await acting
    assert (await world.incident()).acknowledgements == ()
    await world.wait(31 * SECOND, renew=["A"])
    assert (await world.acknowledge()).state == "acknowledged"


async def test_many_at_once(world: World) -> None:
    """Of ten people who acknowledge at the same time each is recorded, and two services do it as one."""
    await world.fire()
    await world.settle()
    incident, other = await world.incident(), World(world.store, world.clock)

    async def keep_time() -> None:
        while True:
            if world.clock.sleepers:
                world.clock.advance(50)
            await world.clock.sleep(0)

    time = asyncio.create_task(keep_time())
    actions = [
        Action(incident=incident.id, act=Acknowledge(), by=f"person-{number}", group="technical")
        for number in range(10)
    ]
    await asyncio.gather(*((world, other)[number % 2].acts.act(action) for number, action in enumerate(actions)))
    time.cancel()
    found = await world.incident()
    assert {given.by for given in found.acknowledgements} == {action.by for action in actions}
    assert (await world.actions(found)).count("acknowledged") == 10


async def test_news_in_the_middle_of_an_act_is_not_lost(world: World) -> None:
    """A worse alert that comes while an act is refused is told all the same, and so is what an act found waiting."""
    await world.fire(tier="medium", source="alertmanager")
    await world.wait(1 * MINUTE)
    await world.fire("B", "high", source="alertmanager")
    with pytest.raises(Conflict):
        await world.acknowledge(revision=99)
    await world.wait(1 * SECOND)
    assert world.told("legal") == ["tier_raised worse_alert"]
    await world.fire("C", "high", source="alertmanager")
    assert (await world.acknowledge()).total == 3
    assert world.told("technical")[-2:] == ["acknowledged", "alerts_added"]
