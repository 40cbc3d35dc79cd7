"""Random stories of alerts and time, on a real store, against a small model: what is owed is what is told."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from tests.incident.model import Model, Owed
from tests.incident.test_chain import broken
from tests.support.clock import ManualClock
from tests.support.plans import TIERS as PLAN_TIERS
from tests.support.plans import plan
from tests.support.world import STEP, World, classified

from tocsin._core.action import Acknowledge, Action
from tocsin._core.incident import Notice
from tocsin._core.plan import GROUPS
from tocsin._core.times import HOUR, SECOND
from tocsin._store.client import Store
from tocsin._store.incidents import LEASE
from tocsin._store.server import PrivateServer

TIERS = {"A": "low", "B": "medium", "C": "high", "D": "medium", "Y": "low", "Z": "high"}
SOURCES = {name: "prometheus" if name in "ABY" else "alertmanager" for name in TIERS}
SUBJECTS = {name: "orders" if name in "YZ" else "payments" for name in TIERS}
REPLICAS = ("p0", "p1")

names = st.sampled_from(sorted(TIERS))
steps = st.one_of(
    st.tuples(st.just("fire"), names),
    st.tuples(st.just("repeat"), names),
    st.tuples(st.just("resolve"), names),
    st.tuples(st.just("late"), names),
    st.tuples(st.just("stale"), names),
    st.tuples(st.just("killed"), names),
    st.tuples(st.just("unsent"), names),
    st.tuples(st.just("acknowledge"), st.sampled_from(["payments/technical", "payments/legal", "orders/command"])),
    st.tuples(st.just("wait"), st.sampled_from([1, 15, 40, 130, 200, 310, 700, 4 * 3600 + 400])),
)


class Play:
    """One story, told to the product and to the model."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.models = {subject: Model() for subject in sorted(set(SUBJECTS.values()))}
        self.starts: dict[str, int] = {}
        self.news = 0

    async def step(self, action: str, what: str | int) -> None:
        """One step of the story."""
        if isinstance(what, int):
            await self._wait(what * SECOND)
            return
        if action == "acknowledge":
            await self._acknowledge(*what.split("/"))
        else:
            await self._hear(action, what)
        if action == "killed":
            # Whoever took it up was killed before it could commit: nobody looks until the lease has run out.
            await self.world.die()
            for _ in range(2):
                self.world.clock.advance(LEASE // 2)
            self.world.restart()
        self._look()
        if action == "unsent":
            # Killed after the commit, before anything was sent.
            while min([await self.world.loop.turn(keys) for keys in self.world.store.shards]) == 0:
                pass
            await self.world.die()
            self.world.restart()
        await self.world.settle()
        # A key is looked at five times a second at most, so let that pass before the next step.
        await self._pass(1 * SECOND)

    async def end(self) -> None:
        """Let the leases of the killed run out, and what they held be sent."""
        for _ in range(8):
            await self._pass(STEP)
            await self.world.deliver()

    async def _acknowledge(self, subject: str, group: str) -> None:
        """A person acts; the model owes what the product is to tell."""
        for incident in await self.world.incidents():
            if incident.closed_at is None and incident.services == (subject,):
                self.models[subject].acknowledge(group)
                await self.world.acts.act(Action(incident=incident.id, act=Acknowledge(), by="wang", group=group))

    async def _hear(self, action: str, name: str) -> None:
        """News of an alert, by one of a pair of replicas in turn."""
        now = self.world.clock.now()
        self.news += 1
        told: dict[str, Any] = {
            "source": SOURCES[name],
            "labels": {"alertname": name, "prometheus_replica": REPLICAS[self.news % 2]},
            "received_at": now,
            "said": classified(
                name, TIERS[name], service=SUBJECTS[name], key=(("subject", SUBJECTS[name]), ("environment", "prod"))
            ),
        }
        model = self.models[SUBJECTS[name]]
        if action == "resolve":
            assert await self.world.resolve(name, ends_at=now, **told) == model.resolved(name, at=now)
            return
        # A late message speaks of the activation that is over; a stale one was also received before.
        start = self.starts.get(name, now) if action in ("repeat", "late", "stale") else now
        at = now - 90 * SECOND if action == "stale" else now
        self.starts[name] = start
        said = told.pop("said")
        alert = self.world.alert(name, **{**told, "starts_at": start, "received_at": at})
        taken = await self.world.post((alert, said), at=at)
        expires = SOURCES[name] == "prometheus"
        assert taken.outcomes == (model.firing(name, TIERS[name], start=start, at=at, expires=expires),)

    async def _wait(self, duration: int) -> None:
        end = self.world.clock.now() + duration
        while self.world.clock.now() < end:
            await self._pass(min(STEP, end - self.world.clock.now()))

    async def _pass(self, duration: int) -> None:
        self.world.clock.advance(duration)
        self._look()
        await self.world.settle()

    def _look(self) -> None:
        for model in self.models.values():
            model.look(self.world.clock.now())


def told(world: World, subject: str) -> list[Owed]:
    """Every notice of a subject that reached a group, in the order of commitment, with all groups that it reached."""
    reached: dict[str, list[str]] = {}
    notices: dict[str, Notice] = {}
    for sink in world.sinks.values():
        for message in sink.got:
            notice = message.body["notice"]
            if notice.incident["services"] != [subject]:
                continue
            notices[notice.id] = notice
            reached.setdefault(notice.id, []).append(message.group)
    began: dict[str, int] = {}
    for notice in notices.values():
        began[notice.incident_id] = min(notice.at, began.get(notice.incident_id, notice.at))
    in_order = sorted(notices.values(), key=lambda notice: (notice.at, began[notice.incident_id], notice.sequence))
    return [(n.event, n.reason, tuple(group for group in GROUPS if group in reached[n.id])) for n in in_order]


async def play(url: str, story: list[tuple[str, str | int]]) -> None:
    """Tell a story, and compare."""
    async with Redis.from_url(url) as client:
        await client.flushall()
    store = await Store.open(url)
    try:
        # The killed may hold up what is sent for minutes: that it is late then is another story.
        patient = {tier: replace(policy, deliver_within=1 * HOUR) for tier, policy in PLAN_TIERS.items()}
        world = World(store, ManualClock(), plan=plan(tiers=patient))
        tale = Play(world)
        for action, what in story:
            await tale.step(action, what)
        await tale.end()
        ids = Counter(message.id for sink in world.sinks.values() for message in sink.got)
        assert max(ids.values(), default=1) == 1, "a delivery was told twice"
        for subject, model in tale.models.items():
            assert told(world, subject) == model.owed
        incidents = await world.incidents()
        assert len(incidents) == sum(model.opened for model in tale.models.values())
        assert [await broken(world, incident) for incident in incidents] == [None] * len(incidents)
        for sink in world.sinks.values():
            last: dict[tuple[str, str], int] = {}
            for message in sink.got:
                lane, sequence = (message.incident, message.group), message.body["sequence"]
                assert sequence > last.get(lane, 0), "a later notice overtook an earlier one"
                last[lane] = sequence
    finally:
        await store.close()


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=st.lists(steps, min_size=1, max_size=25))
def test_what_is_owed_is_told(store_server: PrivateServer, story: list[tuple[str, str | int]]) -> None:
    """Whatever fires, repeats, ends, expires, comes late or out of order, and however long it takes between:
    each notice that the model owes is committed and reaches each of its groups exactly once, and no other is.
    And whatever was written down of it is unbroken."""
    asyncio.run(play(store_server.url, story))


def test_a_long_story(store_server: PrivateServer) -> None:
    """One story that has it all, so that it is told at every run."""
    text = (
        "fire A, wait 310, repeat A, fire C, late C, wait 40, resolve C, late C, stale C, wait 310, fire B, resolve B, "
        "wait 700, wait 14800, killed D, wait 200, fire Z, wait 310, acknowledge orders/command, wait 700, "
        "acknowledge payments/legal, wait 310, unsent A, resolve D, fire Y, wait 400, resolve Z, killed Y"
    )
    words = [step.split() for step in text.split(", ")]
    story: list[tuple[str, str | int]] = [(action, int(what) if what.isdecimal() else what) for action, what in words]
    asyncio.run(play(store_server.url, story))
