"""Corners of an incident's life: what meets in one moment, comes late, or belongs to the incident before."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from redis.asyncio import Redis
from tests.support.plans import plan
from tests.support.world import World, classified

from tocsin._core.times import HOUR, MINUTE, SECOND
from tocsin._store import incidents as stored
from tocsin._store.client import Store


async def test_the_next_incident_counts_its_own_alerts(world: World) -> None:
    """An incident that follows another on the same key neither counts nor shows the alerts of the one before."""
    await world.fire("A", "low")
    await world.wait(6 * MINUTE, renew=["A"], tier="low")
    await world.resolve("A", "low")
    await world.wait(11 * MINUTE)
    await world.fire("B", "high")
    await world.settle()
    notice = next(m.body["notice"] for m in world.sinks["data-hook"].got if m.event == "opened")
    assert notice.incident["alerts"] == {"firing": 1, "total": 1}
    assert [alert.labels["alertname"] for alert in notice.alerts] == ["B"]
    assert notice.truncated_alerts == 0
    await world.wait(1 * SECOND)
    await world.fire("C", "high")
    await world.wait(1 * SECOND)
    notice = next(m.body["notice"] for m in world.sinks["technical-hook"].got if m.event == "alerts_added")
    assert [alert.labels["alertname"] for alert in notice.alerts] == ["C", "B"]
    assert notice.incident["alerts"] == {"firing": 2, "total": 2}


async def test_a_return_after_long_counts_its_own_alerts(world: World) -> None:
    """So it is where one commit closes the old incident and opens the new one."""
    await world.fire("A")
    await world.wait(1 * MINUTE)
    await world.resolve("A")
    await world.wait(4 * HOUR + 2 * MINUTE, step=5 * MINUTE)
    await world.fire("B")
    await world.settle()
    new, old = await world.incidents()
    assert (new.total, old.total) == (1, 1)
    by_event = {m.event: m.body["notice"] for m in world.sinks["data-hook"].got[-2:]}
    assert [alert.labels["alertname"] for alert in by_event["closed"].alerts] == ["A"]
    assert [alert.labels["alertname"] for alert in by_event["opened"].alerts] == ["B"]


async def test_one_that_joins_while_the_next_opens_is_told(world: World) -> None:
    """An alert of the incident before that fires while the next one is being committed has joined that one."""
    for name in ("A", "B"):
        await world.fire(name, "low")
    await world.wait(6 * MINUTE, renew=["A", "B"], tier="low")
    for name in ("A", "B"):
        await world.resolve(name, "low")
    await world.wait(11 * MINUTE)
    (keys,) = world.store.shards
    taken = await world.post((world.alert("A"), classified("A")))
    key = taken.due[0][0]
    claims = await stored.claim(world.store, keys, [key], token="t", now=world.clock.now())
    world.clock.advance(10)
    await world.fire("B")
    await world.loop.settle(keys, claims.claims[0])
    await world.wait(5 * SECOND)
    assert world.told("technical")[-2:] == ["opened", "alerts_added"]
    assert (await world.incidents())[0].total == 2


async def test_told_although_it_is_over(world: World) -> None:
    """What fired for longer than its wait is told, even if nobody could look at it before it ended."""
    await world.fire("A", "medium")
    world.clock.advance(20 * MINUTE)
    await world.resolve("A", "medium")
    await world.settle()
    assert world.told("technical") == ["opened", "cleared resolved"]
    assert (await world.incident()).signals == "cleared"


async def test_high_is_never_transient(world: World) -> None:
    """With no wait there is nothing to end within: a high alert is told, however short it was."""
    await world.fire("A")
    world.clock.advance(50)
    await world.resolve("A")
    await world.settle()
    assert world.told("legal") == ["opened", "cleared resolved"]


async def test_an_expiry_at_the_end_of_the_wait_is_transient(world: World) -> None:
    """An expiry counts from when the alert's time ran out, not from when somebody looked."""
    await world.fire("A", "low")
    await world.wait(10 * MINUTE)
    assert (await world.incident()).outcome == "transient"
    await world.fire("B")
    fired = world.clock.now()
    await world.wait(10 * MINUTE, step=17 * SECOND)
    assert (await world.incidents())[0].cleared_at == fired + 5 * MINUTE


async def test_a_lost_alert_that_is_seen_again_is_not_lost(world: World) -> None:
    """One that was lost from sight while another fired, fires again and then ends, was resolved like the other."""
    await world.fire("A")
    await world.fire("B")
    await world.wait(5 * MINUTE + 10 * SECOND, renew=["B"])
    assert world.meter.expirations == {"prometheus": 1}
    assert await world.fire("A") == "n"
    await world.wait(10 * SECOND, renew=["B"])
    for name in ("A", "B"):
        await world.resolve(name)
    await world.wait(1 * SECOND)
    assert world.told("legal") == ["opened", "cleared resolved"]


async def test_one_lost_in_another_time_does_not_excuse_one_lost_now(world: World) -> None:
    """An alert lost before the present firing began says nothing of those lost since."""
    await world.fire("A")
    await world.wait(6 * MINUTE)
    for name in ("B", "C"):
        await world.fire(name)
    await world.wait(5 * MINUTE + 10 * SECOND, renew=["C"])
    await world.fire("A")
    for name in ("A", "C"):
        world.clock.advance(1 * SECOND)
        await world.resolve(name)
    await world.wait(6 * MINUTE)
    assert world.told("legal") == ["opened", "cleared not_seen", "reopened", "cleared not_seen"]


async def test_ended_alerts_are_forgotten_behind_firing_ones(world: World) -> None:
    """However many fire for long, ended ones beyond the newest thousand or so are forgotten."""
    alerts = [(world.alert(f"F{n}", source="alertmanager"), classified()) for n in range(600)]
    await world.post(*alerts)
    await world.settle()
    for turn in range(4):
        names = [f"E{turn}-{n}" for n in range(800)]
        await world.post(*((world.alert(name), classified()) for name in names))
        world.clock.advance(1 * SECOND)
        await world.post(
            *((world.alert(name, firing=False, ends_at=world.clock.now()), classified()) for name in names)
        )
        await world.wait(1 * SECOND)
    incident = await world.incident()
    assert (incident.total, incident.firing) == (3_800, 600)
    client = world.store.pipeline()
    client.zcard(world.store.shards[0].recent(incident.key))
    (kept,) = await client.execute()
    assert 1_600 <= kept <= 600 + 1_000 + 500


async def test_a_closed_incident_leaves_no_view(world: World, redis: Redis) -> None:
    """Once an incident is closed and its last notice arrived, all that is kept of its alerts has a time to live."""
    await world.fire(tier="low")
    await world.wait(6 * MINUTE, renew=["A"], tier="low")
    await world.resolve(tier="low")
    await world.wait(1 * HOUR)
    incident = await world.incident()
    assert (incident.outcome, incident.unconfirmed) == ("recovered", ())
    (keys,) = world.store.shards
    for name in (keys.view(incident.key), keys.recent(incident.key)):
        assert await redis.pttl(name) > 0, name


async def test_urgent_goes_before_a_storm(world: World) -> None:
    """A storm of low keys that this process just took does not hold up a high one."""
    for number in range(60):
        said = classified(tier="low", key=(("subject", f"s{number}"),), service=f"s{number}")
        await world.fire(f"L{number}", said=said)
    await world.fire("A", "high")
    (keys,) = world.store.shards
    await world.loop.turn(keys)
    assert (await world.incidents())[0].tier == "high"
    await world.settle()
    assert len(await world.incidents()) == 61


async def test_what_cannot_be_read_holds_up_nobody(world: World, redis: Redis) -> None:
    """A key whose joined alert was written by another version does not keep the others from being told."""
    taken = await world.post((world.alert("X"), classified("X", key=(("subject", "x"),))))
    (keys,) = world.store.shards
    await redis.hset(keys.view(taken.due[0][0]), "f_top", b"\x07nonsense")
    await world.fire()
    await world.settle()
    assert world.told("legal") == ["opened"]


async def test_cut_off_it_gives_back_its_lease(world: World) -> None:
    """Cancelled while it commits, the loop gives the key back, and another can claim it at once."""

    started = asyncio.Event()
    real = world.store.run

    async def run(script: str, keys: Sequence[str], args: Sequence[Any]) -> Any:
        if script == "commit":
            started.set()
            await asyncio.Event().wait()
        return await real(script, keys, args)

    await world.fire()
    world.store.run = run  # type: ignore[method-assign]
    (keys,) = world.store.shards
    task = asyncio.create_task(world.loop.turn(keys))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    world.store.run = real  # type: ignore[method-assign]
    await world.settle()
    assert world.told("legal") == ["opened"]


async def test_another_shard_is_asked_too(store_url: str, world: World) -> None:
    """With several shards, too, an alert ends in the incident that it joined, whatever a new plan says of its key."""
    store = await Store.open(store_url, namespace="wide", shards=4)
    wide = World(store, world.clock, plan=plan())
    for number in range(8):
        await wide.fire(f"A{number}", source="alertmanager", said=classified(key=(("subject", f"s{number}"),)))
    await wide.settle()
    for number in range(8):
        moved = classified(key=(("subject", f"other{number}"),))
        assert await wide.fire(f"A{number}", source="alertmanager", said=moved) == "r"
        world.clock.advance(1 * SECOND)
        assert await wide.resolve(f"A{number}", source="alertmanager", said=moved) == "e"
    await wide.wait(1 * SECOND)
    assert {incident.signals for incident in await wide.incidents()} == {"cleared"}
    assert len(await wide.incidents()) == 8
    world.clock.advance(5 * MINUTE)
    assert await wide.fire("A0", source="alertmanager", said=classified(key=(("subject", "other0"),))) == "n"
    await wide.settle()
    assert len(await wide.incidents()) == 9
    await store.close()


async def test_the_next_incident_has_nothing_of_what_was_left_out_before(world: World) -> None:
    """Alerts that a sender left out belong to the incident of that time; the next begins with its own."""
    await world.fire(source="alertmanager", truncated=7)
    await world.wait(1 * MINUTE)
    await world.resolve(source="alertmanager")
    await world.wait(5 * HOUR, step=1 * MINUTE)
    await world.fire("B")
    await world.settle()
    assert [incident.truncated for incident in await world.incidents()] == [0, 7]
    await world.fire("C", source="alertmanager", truncated=5)
    await world.wait(1 * SECOND)
    assert [incident.truncated for incident in await world.incidents()] == [5, 7]
