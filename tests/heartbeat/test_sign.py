"""Our own sign of life: sent while all is well, not sent when it is not, and nothing of its address is told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import aiohttp
import pytest
from tests.send.contract import Receiver, receiving
from tests.support.clock import ManualClock
from tests.support.plans import plan

from tocsin._core.secret import Secret
from tocsin._core.times import HOUR, MINUTE, SECOND, Millis
from tocsin._core.watch import Watchdog
from tocsin._store.client import Store
from tocsin.heartbeat.sign import LATE, SignOfLife
from tocsin.heartbeat.silence import Said
from tocsin.heartbeat.watch import Watch
from tocsin.send.registry import open_session


@dataclass
class Marks:
    """What was counted."""

    taken: list[Millis] = field(default_factory=list)
    failed: int = 0

    def watchdog(self, at: Millis, *, taken: bool) -> None:
        """A sign of life was due."""
        if taken:
            self.taken.append(at)
        else:
            self.failed += 1


class Signing:
    """A process that calls the switch at ``receiver``."""

    def __init__(self, store: Store, clock: ManualClock, session: aiohttp.ClientSession, receiver: Receiver) -> None:
        self.store, self.clock, self.session, self.receiver = store, clock, session, receiver
        self.marks = Marks()
        self.watchdog: Watchdog | None = Watchdog(url=Secret(receiver.address), every=MINUTE)
        self.sign = SignOfLife(store=store, clock=clock, plan=lambda: plan(watchdog=self.watchdog), meter=self.marks)

    async def wait(self, duration: Millis) -> None:
        """Let time pass, a glance at a time."""
        end = self.clock.now() + duration
        while True:
            pause = await self.sign.turn(self.session)
            if self.clock.now() >= end:
                return
            self.clock.advance(min(round(pause * SECOND), end - self.clock.now()))

    @property
    def calls(self) -> list[str]:
        """The methods of the calls that came."""
        return [request.method for request, _ in self.receiver.requests]


@pytest.fixture
async def signing(store_url: str, clock: ManualClock) -> AsyncIterator[Signing]:
    """A process, a store that answers, and a switch that takes every call."""
    store = await Store.open(store_url)
    async with receiving() as receiver, open_session() as session:
        yield Signing(store, clock, session, receiver)
    await store.close()


async def test_it_calls_at_once_and_then_every_so_often(signing: Signing) -> None:
    """A GET each, counted with the time of the last that was taken."""
    await signing.wait(5 * MINUTE)
    assert signing.calls == ["GET"] * 6
    assert signing.marks.taken[-1] == signing.clock.now()


async def test_it_follows_the_plan(signing: Signing) -> None:
    """Another pause holds from the next glance on, and without a switch nobody is called."""
    signing.watchdog = Watchdog(url=signing.receiver.address, every=HOUR)
    await signing.wait(MINUTE)
    assert len(signing.calls) == 1
    signing.watchdog = Watchdog(url=signing.receiver.address, every=20 * SECOND)
    await signing.wait(MINUTE)
    assert len(signing.calls) == 5
    signing.watchdog = None
    await signing.wait(HOUR)
    assert len(signing.calls) == 5


async def test_an_incident_that_nobody_looks_at(signing: Signing) -> None:
    """While one has been due for minutes the loops do not turn, so there is no sign of life."""
    pipe = signing.store.pipeline()
    pipe.zadd(signing.store.shards[0].normal, {"a" * 32: signing.clock.now()})
    await signing.store.call(pipe.execute())
    await signing.wait(LATE)
    assert len(signing.calls) == 4
    await signing.wait(2 * MINUTE)
    assert (len(signing.calls), signing.marks.failed) == (4, 2)


async def test_a_store_out_of_reach(clock: ManualClock) -> None:
    """Then there is no sign of life either."""
    async with receiving() as receiver, open_session() as session:
        store = Store.at("redis://127.0.0.1:1")
        signing = Signing(store, clock, session, receiver)
        await signing.wait(0)
        assert (signing.calls, signing.marks.failed) == ([], 1)
        await store.close()


@pytest.mark.parametrize("status", [301, 404, 500])
async def test_a_call_that_is_not_taken(signing: Signing, caplog: pytest.LogCaptureFixture, status: int) -> None:
    """Logged once, and once that it works again; never the address. No redirect is followed."""
    caplog.set_level(logging.INFO)
    signing.watchdog = Watchdog(url=Secret(f"{signing.receiver.address}/s3cr3t-path"), every=MINUTE)
    signing.receiver.answer = signing.receiver.say(status, Location=signing.receiver.address)
    await signing.wait(3 * MINUTE)
    assert (len(signing.calls), signing.marks.failed, signing.marks.taken) == (4, 4, [])
    signing.receiver.answer = signing.receiver.say(204)
    await signing.wait(2 * MINUTE)
    told = [record for record in caplog.records if record.name.startswith("tocsin.")]
    assert [record.levelname for record in told] == ["WARNING", "INFO"]
    assert "s3cr3t" not in str([record.__dict__ for record in told])


async def test_a_switch_that_hangs_holds_up_nothing(signing: Signing) -> None:
    """Told to drain in the middle of a call, both loops end."""
    signing.receiver.answer = signing.receiver.stall()

    async def post(_: Sequence[Said], __: Millis) -> None:
        raise AssertionError("there are no heartbeats")

    watch = Watch(
        store=signing.store,
        clock=signing.clock,
        plan=lambda: plan(watchdog=signing.watchdog),
        post=post,
        meter=signing.marks,
    )
    running = asyncio.create_task(watch.run(signing.session))
    await signing.receiver.came.wait()
    watch.drain()
    await running
