"""Random tests in time, in memory and on a real store by the real loops: the same notices at the same moments."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from redis.asyncio import Redis
from tests._plan.written import plan_of
from tests.support.clock import START, ManualClock
from tests.support.world import World

from tocsin._core import action as acts
from tocsin._core.action import Action
from tocsin._core.errors import Conflict, Forbidden, Unprocessable
from tocsin._core.incident import Incident, Notice
from tocsin._core.model import Alert
from tocsin._core.plan import Plan
from tocsin._core.times import HOUR, MINUTE, SECOND, Millis
from tocsin._core.trial import PlanStep
from tocsin._store.client import Store
from tocsin._store.server import PrivateServer
from tocsin.classify import Classifier
from tocsin.dedup.identity import speaks_once
from tocsin.rehearse.play import Play

RULES = """
incidents: {reopen_within: 30m}
channels: {own: {type: console}, spare: {type: console}}
groups:
  command:   {channels: [own]}
  technical: {channels: [own], fallback: [spare]}
  business:  {channels: [own]}
  legal:     {channels: [own], fallback: [spare]}
  data:      {channels: [own]}
sources: {tickets: {type: mapping, labels: {alertname: event}, expires: 10m}, slow: {type: prometheus, expires: never}}
rules:
  - {name: muted, match: ['alertname="Muted"'], drop: CHG-1, until: '2026-03-02T03:20:00Z'}
  - {name: high, match: ['alertname=~"High|Muted"'], class: critical_function_outage, tier: high}
  - {name: medium, match: ['alertname="Medium"'], class: critical_function_outage, tier: medium}
  - {name: low, match: ['alertname="Low"'], class: hw_sw_fault, tier: low}
"""
TICK: Millis = 30 * SECOND
"""All clocks of the plan are due at one of these, and none is long enough to count as a gap in taking alerts."""

Told = tuple[Millis, str, str, tuple[str, ...], str]
"""When, the event, its reason, the groups, and the service that it is about."""


def labels(name: str, service: str, replica: str = "a") -> dict[str, str]:
    """What tells an alert, and the one of a pair that speaks of it."""
    return {"alertname": name, "service": service, "prometheus_replica": replica}


ALERTS = [labels(name, "pay") for name in ("High", "Medium", "Low", "Muted")]
ALERTS += [labels("High", "pay", "b"), labels("Low", "pay", "b"), labels("High", "orders"), labels("Low", "orders")]

PEOPLE = {"acknowledge": "technical", "contain": "technical", "update": "legal", "restore": "business"}
PEOPLE |= {"close": "command", "close a low one": "technical"}
"""For which group somebody does what."""

waits = st.sampled_from([0, 1, 2, 3, 4, 5, 6, 11, 16, 21, 40])
does = st.sampled_from(["fire", "fire", "fire", "resolve", "resolve", "lose", *PEOPLE])
stories = st.lists(st.tuples(waits, does, st.integers(0, len(ALERTS) - 1)), min_size=1, max_size=14)


def told_of(notice: Notice) -> Told:
    """A notice, by what a person sees of it first."""
    return notice.at - START, notice.event, notice.reason, notice.groups, "+".join(notice.incident["services"])


def rehearsed(plan: Plan, source: str, steps: tuple[PlanStep, ...], end: Millis) -> list[Told]:
    """What is told in memory."""
    play = Play(plan, Classifier(plan), plan.sources[source], START)
    return sorted(told_of(each) for each in play.run(steps, end) if isinstance(each, Notice))


class Sender:
    """A monitoring system, or a pair, that posts to a real store what fires, and repeats it each minute; and people."""

    def __init__(self, world: World, source: str) -> None:
        self.world = world
        self.source = world.plan.sources[source]
        self.classifier = Classifier(world.plan)
        self.firing: dict[frozenset[tuple[str, str]], Alert] = {}

    async def step(self, step: PlanStep) -> None:
        """Do a step."""
        name = frozenset(step.labels.items())
        if step.group:
            await self.act(step)
            return
        if step.does == "fire":
            alert = self.firing.get(name) or self.world.alert("", source=self.source.name, labels=dict(step.labels))
            await self.post(alert)
            if not speaks_once(self.source):
                self.firing[name] = alert
            return
        was_firing = self.firing.pop(name, None)
        if step.does == "resolve":
            now = self.world.clock.now()
            await self.post(
                self.world.alert("", source=self.source.name, labels=dict(step.labels), firing=False, ends_at=now)
            )
        elif was_firing is not None:
            await self.post(was_firing)

    async def repeat(self) -> None:
        """Say again all that fires."""
        for alert in self.firing.values():
            await self.post(alert)

    async def act(self, step: PlanStep) -> None:
        """Somebody does something about the incident of a service, if one is open that takes it."""
        incident = await self.about(step.labels["service"])
        if incident is None:
            await self.world.settle()
            incident = await self.about(step.labels["service"])
        if incident is None:
            return
        act = {
            "acknowledge": acts.Acknowledge(),
            "contain": acts.Contain(),
            "update": acts.Update(goal="g", progress="p", risks="r"),
            "restore": acts.Restore(at=self.world.clock.now()),
            "close": acts.Close(),
        }[step.does]
        with suppress(Conflict, Forbidden, Unprocessable):
            await self.world.acts.act(Action(incident=incident.id, act=act, by="li.na", group=step.group))

    async def about(self, service: str) -> Incident | None:
        """The open incident of a service."""
        found = await self.world.incidents()
        return next((each for each in found if each.closed_at is None and each.decision.service == service), None)

    async def post(self, alert: Alert) -> None:
        """Say it now, as the service takes it in."""
        now = self.world.clock.now()
        said = replace(alert, received_at=now)
        await self.world.post((said, self.classifier.classify(said, now)))


async def served(url: str, plan: Plan, source: str, *, steps: tuple[PlanStep, ...], end: Millis) -> list[Told]:
    """What is told by the loops, on a real store. Alerts are received when they are posted."""
    async with Redis.from_url(url) as client:
        await client.flushall()
    store = await Store.open(url)
    try:
        world = World(store, ManualClock(), plan=plan)
        sender = Sender(world, source)
        left = list(steps)
        for at in range(0, end + 1, TICK):
            while left and left[0].at == at:
                await sender.step(left.pop(0))
            if at % MINUTE == 0:
                await sender.repeat()
            await world.settle()
            world.clock.advance(TICK)
        notices = {m.body["notice"].id: m.body["notice"] for sink in world.sinks.values() for m in sink.got}
        return sorted(map(told_of, notices.values()))
    finally:
        await store.close()


def compare(server: PrivateServer, directory: Path, source: str, story: list[tuple[int, str, int]]) -> list[Told]:
    """Tell a story in both ways; the last hour has no news. Answers what was told."""
    plan = plan_of(directory, RULES)
    steps, at, joined = [], 0, set()
    for wait, does, which in story:
        at += wait * MINUTE
        if does == "fire" and which != MUTED:
            joined.add(which)
        if does in PEOPLE and which not in joined:
            continue  # they would act upon an incident of which they cannot know
        step = PlanStep(at=at, does=does.split()[0], labels=ALERTS[which], group=PEOPLE.get(does, ""))  # type: ignore[arg-type]
        steps.append(step)
    end = at + HOUR
    told = rehearsed(plan, source, tuple(steps), end)
    assert told == asyncio.run(served(server.url, plan, source, steps=tuple(steps), end=end))
    return told


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(source=st.sampled_from(["prometheus", "alertmanager", "tickets"]), story=stories)
def test_it_is_told_as_it_would_be(
    store_server: PrivateServer,
    tmp_path_factory: pytest.TempPathFactory,
    source: str,
    story: list[tuple[int, str, int]],
) -> None:
    """Whatever fires, ends, is lost, flaps, joins, is dropped, is said by both of a pair or is acted upon."""
    compare(store_server, tmp_path_factory.mktemp("plan"), source, story)


@pytest.mark.parametrize("source", ["prometheus", "alertmanager", "slow", "tickets"])
def test_a_long_story(store_server: PrivateServer, tmp_path: Path, source: str) -> None:
    """One that has it all, and stays unseen for so long that it is stale, at every run."""
    story = [(0, "fire", 1), (2, "resolve", 1), (1, "fire", 1), (2, "fire", 2), (3, "fire", 0), (0, "fire", 4)]
    story += [(0, "fire", 6), (5, "resolve", 0), (4, "resolve", 4), (1, "fire", 3), (11, "lose", 6), (2, "resolve", 1)]
    story += [(0, "resolve", 3), (0, "resolve", 2), (1, "fire", 7), (40, "fire", 0), (1, "resolve", 0), (1, "lose", 7)]
    story += [(1530, "fire", 7), (1, "resolve", 7)]
    events = {event for _, event, *_ in compare(store_server, tmp_path, source, story)}
    assert {"opened", "alerts_added", "tier_raised", "cleared", "reopened", "closed", "escalated"} <= events
    assert ("stale" in events) is (source in ("alertmanager", "slow"))


HIGH, LOW, MEDIUM, MUTED, OTHER_OF_PAIR = 0, 2, 1, 3, 4
STORIES: dict[str, tuple[str, list[tuple[int, str, int]], str]] = {
    "one of a pair ends it, the other fires it again": (
        "prometheus",
        [(0, "fire", HIGH), (0, "fire", OTHER_OF_PAIR), (4, "resolve", HIGH)],
        "opened cleared reopened",
    ),
    "found again, and ended: nothing is unseen": (
        "prometheus",
        [(0, "fire", HIGH), (0, "fire", LOW), (1, "lose", LOW), (11, "resolve", LOW), (1, "resolve", HIGH)],
        "opened resolved",
    ),
    "lost before anything fired anew: that is over": (
        "prometheus",
        [(0, "fire", HIGH), (1, "lose", HIGH), (11, "fire", LOW), (1, "resolve", LOW)],
        "opened not_seen reopened resolved",
    ),
    "lost, and firing again beside another: it is found": (
        "prometheus",
        [
            *[(0, "fire", HIGH), (0, "fire", LOW), (1, "lose", LOW), (11, "fire", LOW)],
            *[(1, "resolve", LOW), (1, "resolve", HIGH)],
        ],
        "opened cleared resolved",
    ),
    "stale, and heard of again": (
        "alertmanager",
        [(0, "fire", HIGH), (1, "lose", HIGH), (1510, "fire", HIGH), (1, "lose", HIGH), (1510, "fire", HIGH)],
        "opened stale stale",
    ),
    "muted, and no more": ("prometheus", [(15, "fire", MUTED), (16, "resolve", MUTED)], "opened resolved"),
    "in an incident, and anew in the next": (
        "prometheus",
        [
            *[(0, "fire", HIGH), (1, "fire", LOW), (1, "resolve", LOW), (3, "resolve", HIGH)],
            *[(50, "fire", MEDIUM), (3, "fire", LOW), (1, "resolve", LOW), (1, "fire", LOW)],
        ],
        "opened alerts_added cleared unconfirmed opened alerts_added",
    ),
    "acknowledged as it would be escalated": (
        "prometheus",
        [(0, "fire", HIGH), (5, "acknowledge", HIGH), (5, "update", HIGH), (1, "contain", HIGH)],
        "opened acknowledged updated contained update_due",
    ),
    "restored as it is lost, and coming back as it is closed": (
        "prometheus",
        [(0, "fire", HIGH), (3, "lose", HIGH), (5, "restore", HIGH), (1, "fire", HIGH), (0, "close", HIGH)],
        "opened restored closed recovered opened",
    ),
    "acted upon as it opens, and after it was closed": (
        "prometheus",
        [
            *[(0, "fire", LOW), (0, "acknowledge", LOW), (6, "resolve", LOW), (1, "close a low one", LOW)],
            *[(1, "update", LOW), (1, "fire", LOW), (0, "contain", LOW)],
        ],
        "opened cleared closed unconfirmed opened",
    ),
}


@pytest.mark.parametrize(("source", "story", "words"), STORIES.values(), ids=STORIES)
def test_a_short_story(
    store_server: PrivateServer, tmp_path: Path, source: str, story: list[tuple[int, str, int]], words: str
) -> None:
    """A corner that random stories seldom reach. ``words`` are events or reasons that come in this order."""
    told = iter(
        [word for _, event, reason, *_ in compare(store_server, tmp_path, source, story) for word in (event, reason)]
    )
    assert all(word in told for word in words.split())
