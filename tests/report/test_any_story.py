"""Random stories of alerts and people: whatever was done, its timeline verifies, and its report can be read."""

from __future__ import annotations

import asyncio
import contextlib

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from tests.incident.test_chain import broken
from tests.report.reading import OURS, marks
from tests.support.clock import ManualClock
from tests.support.world import World

from tocsin._core import action as acts
from tocsin._core.action import Act, Action
from tocsin._core.errors import Conflict, Forbidden, Unprocessable
from tocsin._core.model import Tier
from tocsin._core.plan import GROUPS, Language
from tocsin._core.times import HOUR, MINUTE
from tocsin._store.client import Store
from tocsin._store.listing import show_incident
from tocsin._store.server import PrivateServer
from tocsin.report.write import report

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30) | st.sampled_from(
    ["<b>|", "- *x*", "[a](http://b)", "`", "文字", "1. a\n# b", "\\"]
)
texts = st.none() | words
lists = st.none() | st.lists(words, max_size=3).map(tuple)
flags = st.none() | st.booleans()
times = st.none() | st.integers(1_772_420_400_000, 1_772_520_400_000)
tiers = st.sampled_from(list(Tier))
classes = st.sampled_from(["cyber_attack", "hw_sw_fault", "other"])
done = st.one_of(
    st.builds(acts.Acknowledge),
    st.builds(acts.Assign, to=words),
    st.builds(acts.Contain, note=texts),
    st.builds(acts.Update, goal=words, progress=words, risks=words, next_step=texts, eta=times, known_cause=texts),
    st.builds(acts.Note, text=words, location=texts, systems=lists, measures_done=lists, direct_impact=texts),
    st.builds(acts.Snooze, for_seconds=st.just(600), reason=texts),
    st.builds(acts.Raise, tier=tiers, reason=texts),
    st.builds(acts.Lower, tier=tiers, reason=words),
    st.builds(acts.Reclassify, class_=classes, subtype=texts, reason=texts),
    st.builds(acts.Widen, service=words),
    st.builds(acts.Change, what=words, approver=texts, rollback_plan=texts, tested=flags, scope=st.just("large")),
    st.builds(acts.Restore, at=times, despite_firing=st.booleans(), note=texts),
    st.builds(acts.StillBroken, note=texts),
    st.builds(acts.Close, reason=texts),
    st.builds(acts.FalseAlarm, reason=words),
    st.builds(acts.Reopen, reason=texts),
    st.builds(acts.VendorAcknowledge, who=words, eta=times),
)
persons = st.sampled_from(["zhang.wei", "李娜", "<i>|*Bob*"])
actions = st.tuples(done, persons, st.sampled_from(GROUPS), st.sampled_from(["api", "link", "chatops"]))
steps = st.one_of(
    actions,
    actions,
    st.sampled_from(["fire", "resolve", "worse"]),
    st.sampled_from([MINUTE, 20 * MINUTE, 3 * HOUR]),
)


async def play(url: str, story: list[tuple[Act, str, str, str] | str | int]) -> None:
    """Tell a story, then read what is left of it."""
    async with Redis.from_url(url) as client:
        await client.flushall()
    store = await Store.open(url)
    try:
        world = World(store, ManualClock())
        await world.fire("A", "medium")
        await world.wait(MINUTE)
        for step in story:
            await _step(world, step)
        for incident in await world.incidents():
            assert await broken(world, incident) is None
            whole = await show_incident(store, incident.id)
            languages: tuple[Language, ...] = ("en", "zh")
            for language in languages:
                text = report(whole, world.plan, language, world.clock.now())
                assert marks(text) <= OURS
                assert "BROKEN" not in text
    finally:
        await store.close()


async def _step(world: World, step: tuple[Act, str, str, str] | str | int) -> None:
    if isinstance(step, int):
        await world.wait(step, step=10 * MINUTE)
    elif step == "resolve":
        await world.resolve("A", "medium")
    elif isinstance(step, str):
        await world.fire("A" if step == "fire" else "B", "medium" if step == "fire" else "high")
    else:
        act, by, group, via = step
        (incident, *_) = await world.incidents()
        with contextlib.suppress(Conflict, Forbidden, Unprocessable):
            await world.acts.act(Action(incident=incident.id, act=act, by=by, group=group, via=via))
    await world.settle()


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=st.lists(steps, min_size=1, max_size=12))
def test_any_story(store_server: PrivateServer, story: list[tuple[Act, str, str, str] | str | int]) -> None:
    """Every act there is, by anybody, in any order, with any words: the chain holds, and nobody's words are markup."""
    asyncio.run(play(store_server.url, story))
