"""Random stories of alerts and time, on a real store, against a small model: what is owed is what is told."""

from __future__ import annotations

import asyncio
from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from tests.incident.model import Model, Owed
from tests.support.clock import ManualClock
from tests.support.world import STEP, World, classified

from tocsin._core.incident import Notice
from tocsin._core.plan import GROUPS
from tocsin._core.times import SECOND
from tocsin._store.client import Store
from tocsin._store.server import PrivateServer

TIERS = {"A": "low", "B": "medium", "C": "high", "D": "medium"}
SOURCES = {"A": "prometheus", "B": "prometheus", "C": "alertmanager", "D": "alertmanager"}

names = st.sampled_from(sorted(TIERS))
steps = st.one_of(
    st.tuples(st.just("fire"), names),
    st.tuples(st.just("repeat"), names),
    st.tuples(st.just("resolve"), names),
    st.tuples(st.just("late"), names),
    st.tuples(st.just("stale"), names),
    st.tuples(st.just("wait"), st.sampled_from([1, 15, 40, 130, 200, 310, 700, 4 * 3600 + 400])),
)


class Play:
    """One story, told to the product and to the model."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.model = Model()
        self.starts: dict[str, int] = {}

    async def step(self, action: str, what: str | int) -> None:
        """One step of the story."""
        clock = self.world.clock
        if isinstance(what, int):
            await self._wait(what * SECOND)
            return
        now = clock.now()
        if action in ("fire", "repeat", "late", "stale"):
            # A late message speaks of the activation that is over; a stale one was also received before.
            start = now if action == "fire" else self.starts.get(what, now)
            at = now - 90 * SECOND if action == "stale" else now
            self.starts[what] = start
            await self._firing(what, start, at)
        else:
            assert await self.world.resolve(
                what, TIERS[what], source=SOURCES[what], received_at=now, ends_at=now
            ) == self.model.resolved(what, at=now)
        self.model.look(now)
        await self.world.settle()
        # A key is looked at five times a second at most, so let that pass before the next step.
        await self._pass(1 * SECOND)

    async def _firing(self, name: str, start: int, at: int) -> None:
        world, source = self.world, SOURCES[name]
        alert = world.alert(name, source=source, starts_at=start, received_at=at)
        taken = await world.post((alert, classified(name, TIERS[name])), at=at)
        expected = self.model.firing(name, TIERS[name], start=start, at=at, expires=source == "prometheus")
        assert taken.outcomes == (expected,)

    async def _wait(self, duration: int) -> None:
        end = self.world.clock.now() + duration
        while self.world.clock.now() < end:
            await self._pass(min(STEP, end - self.world.clock.now()))

    async def _pass(self, duration: int) -> None:
        self.world.clock.advance(duration)
        self.model.look(self.world.clock.now())
        await self.world.settle()


def told(world: World) -> list[Owed]:
    """Every notice that reached a group, in the order of commitment, with all groups that it reached."""
    reached: dict[str, list[str]] = {}
    notices: dict[str, Notice] = {}
    for sink in world.sinks.values():
        for message in sink.got:
            notice = message.body["notice"]
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
        world = World(store, ManualClock())
        tale = Play(world)
        for action, what in story:
            await tale.step(action, what)
        ids = Counter(message.id for sink in world.sinks.values() for message in sink.got)
        assert max(ids.values(), default=1) == 1, "a delivery was told twice"
        assert told(world) == tale.model.owed
        assert len(await world.incidents()) == tale.model.opened
    finally:
        await store.close()


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=st.lists(steps, min_size=1, max_size=25))
def test_what_is_owed_is_told(store_server: PrivateServer, story: list[tuple[str, str | int]]) -> None:
    """Whatever fires, repeats, ends, expires, comes late or out of order, and however long it takes between:
    each notice that the model owes is committed and reaches each of its groups exactly once, and no other is."""
    asyncio.run(play(store_server.url, story))


def test_a_long_story(store_server: PrivateServer) -> None:
    """One story that has it all, so that it is told at every run."""
    text = (
        "fire A, wait 310, repeat A, fire C, late C, wait 40, resolve C, late C, stale C, wait 310, fire B, resolve B, "
        "wait 700, wait 14800, fire D, wait 200, resolve D"
    )
    words = [step.split() for step in text.split(", ")]
    story: list[tuple[str, str | int]] = [(action, int(what) if what.isdecimal() else what) for action, what in words]
    asyncio.run(play(store_server.url, story))
