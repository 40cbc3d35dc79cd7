"""Incidents through days of virtual time on a real store: one of each tier and class, and random lives of people and
alerts. No clock speaks early, none is skipped, none speaks twice, and nothing but a person makes anything milder."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from tests.incident.simulator import Simulator
from tests.incident.test_chain import broken
from tests.support.clock import ManualClock
from tests.support.world import World

from tocsin._core import action as acts
from tocsin._core.action import Act
from tocsin._core.events import VENDOR_HEARS
from tocsin._core.incident import Incident, Notice
from tocsin._core.model import Tier
from tocsin._core.times import DAY, HOUR, MINUTE, SECOND, Millis
from tocsin._plan.defaults import CLASSES
from tocsin._store.client import Store
from tocsin._store.server import PrivateServer
from tocsin.incident import escalation, recovery, updates
from tocsin.incident.audience import VENDOR_EVENTS

UPDATE = acts.Update(goal="g", progress="p", risks="r")
DEEDS: dict[str, tuple[Act, str]] = {
    "acknowledge": (acts.Acknowledge(), "command"),
    "contain": (acts.Contain(), "technical"),
    "update": (UPDATE, "technical"),
    "snooze": (acts.Snooze(for_seconds=3600), "command"),
    "raise": (acts.Raise(tier=Tier.HIGH), "technical"),
    "lower": (acts.Lower(tier=Tier.LOW, reason="r"), "command"),
    "restore": (acts.Restore(despite_firing=True), "business"),
    "still_broken": (acts.StillBroken(), "business"),
    "close": (acts.Close(), "command"),
    "reopen": (acts.Reopen(), "command"),
    "false_alarm": (acts.FalseAlarm(reason="r"), "command"),
    "vendor": (acts.VendorAcknowledge(who="Ms Xu"), "technical"),
    "change": (acts.Change(what="w", scope="large"), "technical"),
    "add_service": (acts.Widen(service="orders"), "technical"),
    "late": (acts.Note(text="x", eta=1_772_420_400_000 + 400 * HOUR), "business"),
    "reclassify": (acts.Reclassify(class_="cyber_attack"), "command"),
    "to bolt": (acts.Reclassify(class_="critical_function_outage", vendor="bolt"), "command"),
    "to acme": (acts.Reclassify(class_="critical_function_outage", vendor="acme"), "command"),
}
MARKS = (("rto_warning", "50"), ("rto_warning", "75"), ("rto_warning", "90"), ("rto_missed", ""))

steps = st.one_of(
    st.tuples(st.just("fire"), st.sampled_from(["A low", "B medium", "C high"])),
    st.tuples(st.just("resolve"), st.sampled_from("ABC")),
    st.tuples(st.just("run"), st.sampled_from([1, 30, 299, 301, 1801, 7200, 14_500, 86_500])),
    st.tuples(st.just("do"), st.sampled_from(sorted(DEEDS))),
)


def overdue(incident: Incident, world: World, now: Millis) -> list[Millis]:
    """What should have spoken by now and has not."""
    dues = (
        *recovery.dues(incident),
        escalation.escalation_due(incident, world.plan, now),
        updates.reminder_due(incident, world.plan, now),
    )
    return [due for due in dues if due is not None and due <= now]


def check_marks(notices: list[Notice]) -> None:
    """Each mark of the recovery time is told once at most, in order, and never before its time."""
    told = [(notice.event, notice.reason) for notice in notices if notice.event.startswith("rto_")]
    assert told == [mark for mark in MARKS if mark in told]
    for notice in notices:
        if notice.event == "rto_warning":
            assert notice.incident["rto"]["consumed_ratio"] >= int(notice.reason) / 100
        if notice.event == "rto_missed":
            assert notice.incident["rto"]["consumed_ratio"] >= 1


def check_stages(notices: list[Notice], again: Millis) -> None:
    """A stage speaks again only after its time, and a vendor's once for each that came to answer."""
    last: dict[str, Millis] = {}
    for notice in notices:
        if notice.event == "opened" and notice.vendor:
            last = {stage: at for stage, at in last.items() if not stage.startswith("vendor")}
        for stage in notice.said["stages"] if notice.event == "escalated" else ():
            assert stage not in last or not stage.startswith("vendor")
            assert notice.at - last.get(stage, notice.at - again) >= again, stage
            last[stage] = notice.at


def check_vendors(notices: list[Notice]) -> None:
    """A vendor is told first that it answers for it, then all that becomes of it, and last that another does."""
    told = ""
    for number, notice in enumerate(notices):
        if notice.vendor:
            assert notice.event in VENDOR_HEARS
            assert notice.scope["vendor"] == notice.vendor
            assert (notice.vendor == told) == (notice.event != "opened"), notice
        elif told:
            # Another answers for it from this very decision on, and both are told next.
            following = next((each for each in notices[number + 1 :] if each.vendor), notice)
            changes = following.at == notice.at and following.event in ("reclassified", "opened")
            assert notice.event not in VENDOR_EVENTS or changes, notice
        if notice.event == "opened" and notice.vendor:
            assert told == ""
            told = notice.vendor
        elif notice.event == "reclassified" and notice.vendor:
            told = ""


def check_states(states: list[tuple[Incident, str]]) -> None:
    """Nothing but a person lowers a tier or moves a deadline later; the start never moves."""
    for (before, _), (after, act) in itertools.pairwise(states):
        if before.id != after.id:
            continue
        assert after.started_at == before.started_at
        assert after.revision >= before.revision
        if act != "lower":
            assert after.tier.rank >= before.tier.rank
            assert after.rto_deadline <= before.rto_deadline


async def live(world: World, story: list[tuple[str, str | int]]) -> None:
    """Play a story, and hold all that happened to what must be."""
    simulator = Simulator(world)
    for step, what in story:
        if step == "fire":
            name, _, tier = str(what).partition(" ")
            await simulator.fire(name, tier=tier)
        elif step == "resolve":
            await simulator.resolve(str(what))
        elif step == "run":
            await simulator.run(int(what) * SECOND)
        else:
            await simulator.act(*DEEDS[str(what)])
        newest = await simulator.newest()
        if newest is not None:
            assert overdue(newest, world, world.clock.now()) == []
    for incident in await world.incidents():
        notices = simulator.notices(incident.id)
        assert [notice.sequence for notice in notices] == list(range(1, incident.sequence + 1))
        check_marks(notices)
        check_stages(notices, 15 * MINUTE)
        check_vendors(notices)
        assert await broken(world, incident) is None
    check_states(simulator.states)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@example(story=[("fire", "C high"), ("run", 1), ("resolve", "C"), ("fire", "A low"), ("do", "to bolt")])
@given(story=st.lists(steps, min_size=1, max_size=20))
def test_whatever_people_and_alerts_do(store_server: PrivateServer, story: list[tuple[str, str | int]]) -> None:
    """Random lives: no clock early, skipped or twice; no tier falls by itself, no deadline moves later but by a person
    who lowers; every timeline is unbroken."""

    async def play() -> None:
        async with Redis.from_url(store_server.url) as client:
            await client.flushall()
        store = await Store.open(store_server.url)
        try:
            await live(World(store, ManualClock()), story)
        finally:
            await store.close()

    asyncio.run(play())


@pytest.mark.parametrize("tier", ["high", "medium", "low"])
@pytest.mark.parametrize("class_", sorted(CLASSES))
async def test_a_whole_life(world: World, class_: str, tier: str) -> None:
    """One of each class and tier: nobody answers for a day, then it is taken up, contained, restored and closed."""
    simulator = Simulator(world, class_=class_, tier=tier)
    lead = CLASSES[class_].lead
    await simulator.fire()
    opened_at = world.clock.now()
    await simulator.run(1 * DAY)
    incident = await world.incident()
    events = Counter((notice.event, notice.reason) for notice in simulator.notices(incident.id))
    ack_within = world.plan.tiers[Tier(tier)].ack_within
    if ack_within is not None:
        until = opened_at + 1 * DAY - (incident.announced_at or 0) - ack_within
        assert events["escalated", "unacknowledged"] == until // (15 * MINUTE) + 1
    missed = incident.rto_deadline <= world.clock.now()
    assert events["rto_missed", ""] == missed
    assert events["rto_warning", "50"] == (incident.rto // 2 <= 1 * DAY)
    for act, group in ((acts.Acknowledge(), lead), (acts.Contain(), lead), (UPDATE, lead)):
        assert await simulator.act(act, group)
    await simulator.run(4 * HOUR)
    await simulator.resolve()
    assert (await world.incident()).cleared_at is not None
    await simulator.run(5 * MINUTE)
    assert await simulator.act(acts.Restore(), "business")
    await simulator.run(1 * HOUR)
    if (await world.incident()).state != "closed":  # low ones close by themselves
        assert await simulator.act(acts.Close(), "command")
    closed = await world.incident()
    assert (closed.state, closed.outcome) == ("closed", "recovered")
    assert closed.rto_outcome == ("missed" if (closed.restored_at or 0) > closed.rto_deadline else "met")
    notices = simulator.notices(closed.id)
    check_marks(notices)
    check_stages(notices, 15 * MINUTE)
    check_vendors(notices)
    check_states(simulator.states)
    assert await broken(world, closed) is None
    assert overdue(closed, world, world.clock.now()) == []
