"""Heartbeats on a real store, in the course of time: lost, told, back; over restarts and changes of the plan."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import pytest
from tests.heartbeat.conftest import Watched, heartbeat
from tests.support.clock import ManualClock

from tocsin._core.errors import StoreUnavailable
from tocsin._core.model import Tier
from tocsin._core.times import HOUR, MINUTE, SECOND
from tocsin._store.client import Arg, Store
from tocsin._store.heartbeats import GONE_AFTER, hear, last_heard


class Dying(Store):
    """A store through which a process is killed: before or after its so many-th script."""

    def __init__(self, store: Store, at: int, *, after: bool) -> None:
        self._store, self._left, self._after = store, at, after
        self.shards = store.shards

    async def run(self, script: str, keys: Sequence[str], args: Sequence[Arg]) -> Any:
        """Run it, or die."""
        self._left -= 1
        if self._left < 0 or (self._left == 0 and not self._after):
            raise StoreUnavailable("killed")
        reply = await self._store.run(script, keys, args)
        if self._left == 0:
            raise StoreUnavailable("killed")
        return reply


async def test_silence_opens_an_incident_and_the_return_clears_it(watched: Watched) -> None:
    """Told once, however long the silence lasts, and once that it is over."""
    await watched.wait(HOUR, "bj")
    assert await watched.world.incidents() == ()
    await watched.wait(5 * MINUTE)
    incident = await watched.world.incident()
    assert (incident.tier, incident.class_, incident.title.en) == ("high", "hw_sw_fault", "Heartbeat lost: bj")
    assert watched.world.told("legal") == ["opened"]
    await watched.wait(3 * MINUTE)
    assert watched.world.told("legal") == ["opened"]

    await watched.wait(MINUTE, "bj")
    assert watched.world.told("legal") == ["opened", "cleared resolved"]
    assert watched.posted == ["n", "e"]


async def test_it_is_never_stale(watched: Watched) -> None:
    """Nobody repeats the alert of a silence, so days of it are no news, and it does not expire."""
    await watched.wait(5 * MINUTE)
    for _ in range(60):
        watched.clock.advance(HOUR)
        await watched.look()
    incident = await watched.world.incident()
    assert incident.signals == "firing"
    assert not [told for told in watched.world.told("technical") if told.startswith("stale")]


async def test_what_it_is_about(watched: Watched) -> None:
    """Location from a matcher, environment as the first of the plan; its own key; the reasons say when it was heard."""
    await watched.hear()
    await watched.wait(6 * MINUTE)
    incident = await watched.world.incident()
    decision = incident.decision
    assert (decision.location, decision.environment, decision.rule) == ("bj", "prod", "heartbeat bj")
    assert incident.key_text == "source=heartbeat heartbeat=bj"
    assert decision.reasons[0] == "heartbeat bj was last heard at 2026-03-02T03:00:00.000Z, and must be every 5m"


async def test_each_heartbeat_is_an_incident(watched: Watched) -> None:
    """Two that are silent are two incidents; one that is heard has no part in them."""
    watched.use(heartbeat("bj"), heartbeat("sh", tier=Tier.LOW), heartbeat("gz"))
    await watched.wait(6 * MINUTE, "gz")
    assert sorted(one.decision.location for one in await watched.world.incidents()) == ["bj", "sh"]


async def test_a_new_one_begins_to_count_when_it_is_in_the_plan(watched: Watched) -> None:
    """A fresh store and a heartbeat that was never heard: one full ``every`` first."""
    await watched.wait(5 * MINUTE - SECOND)
    assert await watched.world.incidents() == ()
    watched.use(heartbeat("bj"), heartbeat("sh"))
    await watched.wait(MINUTE)
    assert [one.decision.location for one in await watched.world.incidents()] == ["bj"]
    await watched.wait(4 * MINUTE, "bj")
    assert len(await watched.world.incidents()) == 2


async def test_a_restart_forgets_nothing(watched: Watched) -> None:
    """What was heard is stored: a process that begins after a short pause goes on counting."""
    await watched.wait(4 * MINUTE)
    watched.world.restart()
    watched.loops = [watched.process()]
    watched.clock.advance(20 * SECOND)
    await watched.wait(40 * SECOND)
    assert watched.world.told("data") == ["opened"]


async def test_our_own_outage_does_not_count(watched: Watched) -> None:
    """Hours in which Tsocin took no alerts are no silence: after them there is one full ``every`` to be heard in."""
    await watched.wait(MINUTE, "bj")
    watched.clock.advance(3 * HOUR)
    await watched.wait(5 * MINUTE - SECOND)
    assert await watched.world.incidents() == ()
    await watched.wait(SECOND)
    assert watched.world.told("data") == ["opened"]


async def test_what_was_lost_before_an_outage_stays_lost(watched: Watched) -> None:
    """Until it is heard."""
    await watched.wait(6 * MINUTE)
    watched.clock.advance(3 * HOUR)
    await watched.wait(MINUTE)
    assert watched.world.told("data") == ["opened"]
    await watched.wait(MINUTE, "bj")
    assert watched.world.told("data") == ["opened", "cleared resolved"]


async def test_two_processes_tell_once(watched: Watched) -> None:
    """Both post, and identity makes it one alert; the same when it is back, and when it is lost again."""
    watched.loops = [watched.process(), watched.process()]
    await watched.wait(6 * MINUTE)
    await watched.wait(MINUTE, "bj")
    await watched.wait(HOUR)
    assert watched.world.told("legal") == ["opened", "cleared resolved", "reopened"]


async def test_one_that_is_taken_out_of_the_plan_ends(watched: Watched) -> None:
    """Once no process has it any more; nothing of it stays in the store, and back in the plan it begins anew."""
    await watched.wait(6 * MINUTE)
    watched.use()
    await watched.wait(GONE_AFTER)
    assert watched.world.told("legal") == ["opened"]
    await watched.wait(10 * SECOND)
    assert watched.world.told("legal") == ["opened", "cleared resolved"]
    assert await last_heard(watched.store) == {}
    watched.use(heartbeat())
    await watched.wait(5 * MINUTE - SECOND)
    assert (await watched.world.incident()).signals == "cleared"


async def test_in_a_store_of_several_shards(store_url: str, clock: ManualClock) -> None:
    """An incident may be in another shard than the heartbeats: it clears, also when nothing says any more which."""
    store = await Store.open(store_url, shards=4)
    watched = Watched(store, clock)
    names = ["bj", "sh", "gz", "sz", "cd", "wh"]
    watched.use(*map(heartbeat, names))
    await watched.wait(6 * MINUTE)
    assert len({store.shard_of(one.key) for one in await watched.world.incidents()}) > 1
    await watched.wait(MINUTE, "bj")
    assert sorted(one.signals for one in await watched.world.incidents()) == ["cleared", *["firing"] * 5]
    watched.use()
    await watched.wait(2 * MINUTE)
    assert [one.signals for one in await watched.world.incidents()] == ["cleared"] * 6
    await store.close()


async def test_another_process_may_still_have_it(watched: Watched) -> None:
    """While plans differ, for the time of a change, a heartbeat that one process has is not gone."""
    watched.use(heartbeat())
    with_it = watched.process()
    watched.use()
    watched.loops.append(with_it)
    await watched.wait(10 * MINUTE)
    assert watched.world.told("legal") == ["opened"]


async def test_a_longer_pause_may_end_a_silence(watched: Watched) -> None:
    """What is no silence by the plan of now is over, and can be lost again."""
    await watched.wait(MINUTE, "bj")
    await watched.wait(6 * MINUTE)
    watched.use(heartbeat(every=HOUR))
    await watched.wait(MINUTE)
    assert watched.world.told("legal") == ["opened", "cleared resolved"]
    await watched.wait(HOUR)
    assert watched.posted == ["n", "e", "n"]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, 5))
async def test_killed_at_any_step(watched: Watched, at: int, after: bool) -> None:
    """A process that is killed before or after any of its steps in the store: the next one tells what is owed, once."""
    await watched.wait(5 * MINUTE - SECOND)
    for told in (["opened"], ["opened", "cleared resolved"]):
        watched.clock.advance(SECOND)
        watched.loops = [watched.process(Dying(watched.store, at, after=after))]
        with contextlib.suppress(StoreUnavailable):
            await watched.look()
        watched.loops = [watched.process()]
        await watched.look()
        assert watched.world.told("legal") == told
        await watched.hear()
    assert len(await watched.world.incidents()) == 1


async def test_signs_of_life_are_kept_by_their_latest(watched: Watched) -> None:
    """Late and repeated news change nothing, and what is heard before anybody looked is kept."""
    now = watched.clock.now()
    await hear(watched.store, {"bj": now, "never|named": now - 5})
    await hear(watched.store, {"bj": now - 1})
    assert await last_heard(watched.store) == {"bj": now, "never|named": now - 5}
    await watched.wait(GONE_AFTER + MINUTE)
    assert await last_heard(watched.store) == {"bj": now}
