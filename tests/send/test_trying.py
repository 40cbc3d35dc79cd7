"""Channels tried by a test and by quiet checks: past the queues, each by itself, and never too often."""

from __future__ import annotations

import asyncio
import logging
from random import Random

import pytest
from tests.support.clock import ManualClock
from tests.support.plans import plan as make_plan
from tests.support.world import Sink

from tocsin._core.errors import Conflict, NotFound, SendRefused, TrySendAgain
from tocsin._core.message import Answer, Sender
from tocsin._core.model import Text
from tocsin._core.plan import Channel, Plan, Vendor
from tocsin._core.times import MINUTE, SECOND
from tocsin.send.specimen import specimen
from tocsin.send.trying import CHECK_EVERY, FIRST_WITHIN, TEST_EVERY, Trials


class Asked(Sink):
    """A channel that can be asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.no: Exception | None = None

    async def check(self) -> bool:
        """Say so."""
        self.asked += 1
        if self.no is not None:
            raise self.no
        return True


class Stuck(Sink):
    """A channel that never answers."""

    def __init__(self) -> None:
        super().__init__()
        self.began = asyncio.Event()

    async def check(self) -> bool:
        """Say nothing."""
        self.began.set()
        await asyncio.Event().wait()
        return True


class Bench:
    """Trials of some channels, what they told of, and the clock."""

    def __init__(self, clock: ManualClock, **senders: Sink) -> None:
        self.clock = clock
        self.senders: dict[str, Sender] = {f"{name}-hook": sender for name, sender in senders.items()}
        self.told: list[tuple[str, bool | None]] = []
        self.trials = Trials(senders=lambda: self.senders, clock=clock, random=Random(7), checked=self._checked)
        self.plan = make_plan()

    def _checked(self, name: str, answer: Answer) -> None:
        self.told.append((name, answer.ok))

    async def wait(self, duration: int) -> None:
        """Let time pass, asking whoever is due."""
        end = self.clock.now() + duration
        while self.clock.now() < end:
            self.clock.advance(min(SECOND, end - self.clock.now()))
            await self.trials.turn()


async def test_a_test_goes_out_and_says_what_it_is(clock: ManualClock) -> None:
    """The channel's own sender takes it; it is of no incident, and of no tier."""
    sink = Sink()
    bench = Bench(clock, legal=sink)
    answer = await bench.trials.test("legal-hook", bench.plan)
    assert (answer.ok, answer.error) == (True, "")
    (message,) = sink.got
    assert (message.event, message.incident, message.tier, message.group) == ("test", "", "", "legal")
    assert message.subject == "[TEST] Channel legal-hook"
    assert message.text.startswith(message.subject)
    assert "Nothing has happened" in message.below
    assert (message.body["id"], message.body["channel"]) == (message.id, "legal-hook")
    assert "incident" not in message.body
    assert bench.trials.last_test("legal-hook") == answer


async def test_a_no_is_an_answer(clock: ManualClock) -> None:
    """Refused, or to be tried again, or a fault of the sender: the answer says which, and nothing is raised."""
    sink = Sink()
    bench = Bench(clock, legal=sink)
    for error, said in (
        (SendRefused("404 Not Found"), "404 Not Found"),
        (TrySendAgain("connection refused"), "connection refused"),
        (ValueError("a secret"), "unexpected ValueError; see the log"),
    ):
        sink.fail = error
        clock.advance(TEST_EVERY)
        answer = await bench.trials.test("legal-hook", bench.plan)
        assert (answer.ok, answer.error) == (False, said)


async def test_nobody_is_flooded(clock: ManualClock) -> None:
    """A channel that was tested just now is not tested again; another is."""
    bench = Bench(clock, legal=Sink(), data=Sink())
    await bench.trials.test("legal-hook", bench.plan)
    clock.advance(TEST_EVERY - 1)
    with pytest.raises(Conflict, match="tested just now"):
        await bench.trials.test("legal-hook", bench.plan)
    await bench.trials.test("data-hook", bench.plan)
    clock.advance(1)
    await bench.trials.test("legal-hook", bench.plan)


async def test_only_channels_of_the_plan(clock: ManualClock) -> None:
    """Any other name says which there are."""
    bench = Bench(clock, legal=Sink())
    with pytest.raises(NotFound, match="it has: command-hook, technical-hook"):
        await bench.trials.test("nowhere", bench.plan)


async def test_channels_are_asked_every_few_minutes(clock: ManualClock) -> None:
    """Soon after the start, then about every five minutes, not all at one moment; what cannot be asked is known."""
    first, second, mute = Asked(), Asked(), Sink()
    bench = Bench(clock, legal=first, data=second, command=mute)
    await bench.wait(FIRST_WITHIN)
    assert (first.asked, second.asked) == (1, 1)
    await bench.wait(int(CHECK_EVERY * 0.9) - FIRST_WITHIN)
    assert (first.asked, second.asked) == (1, 1)
    await bench.wait(60 * MINUTE)
    assert 11 <= first.asked <= 15
    mutely = bench.trials.last_check("command-hook")
    assert mutely is not None
    assert (mutely.ok, mute.got) == (None, [])
    legal, data = bench.trials.last_check("legal-hook"), bench.trials.last_check("data-hook")
    assert legal is not None
    assert data is not None
    assert legal.at != data.at


async def test_the_log_has_changes_alone(clock: ManualClock, caplog: pytest.LogCaptureFixture) -> None:
    """One line when a channel begins to fail its check, one when it passes again; whoever counts is told each time."""
    sink = Asked()
    bench = Bench(clock, legal=sink)
    with caplog.at_level(logging.INFO, "tocsin.send.trying"):
        await bench.wait(20 * MINUTE)
        assert caplog.messages == []
        sink.no = SendRefused("401 Unauthorized")
        await bench.wait(20 * MINUTE)
        assert caplog.messages == ["a channel fails its check"]
        sink.no = None
        await bench.wait(20 * MINUTE)
    assert caplog.messages == ["a channel fails its check", "a channel passes its check again"]
    assert len(bench.told) == sink.asked
    assert {ok for _, ok in bench.told} == {True, False}


async def test_other_settings_are_asked_anew(clock: ManualClock) -> None:
    """A channel with another sender is asked soon, and what the one before said counts no more; one that is gone is
    forgotten."""
    before, after = Asked(), Asked()
    after.no = SendRefused("401 Unauthorized")
    bench = Bench(clock, legal=before)
    await bench.wait(FIRST_WITHIN)
    bench.senders["legal-hook"] = after
    await bench.wait(FIRST_WITHIN + SECOND)
    assert (before.asked, after.asked) == (1, 1)
    answer = bench.trials.last_check("legal-hook")
    assert answer is not None
    assert (answer.ok, answer.error) == (False, "401 Unauthorized")
    bench.senders.clear()
    await bench.trials.turn()
    assert bench.trials.last_check("legal-hook") is None


async def test_one_that_hangs_does_not_hold_up_the_end(clock: ManualClock) -> None:
    """Drained, the checks end at once, whatever a tool does."""
    stuck = Stuck()
    bench = Bench(clock, legal=stuck)
    await bench.trials.turn()
    clock.advance(FIRST_WITHIN)
    running = asyncio.create_task(bench.trials.run())
    await stuck.began.wait()
    bench.trials.drain()
    async with asyncio.timeout(5):
        await running


def test_a_test_speaks_the_language_of_its_channel() -> None:
    """Its own, else that of who has it, else the plan's; a vendor's channel is the vendor's, one that nobody has is
    command's."""
    base = make_plan()
    channels = {
        **base.channels,
        "ours": Channel(name="ours", type="webhook", language="zh"),
        "acme-hook": Channel(name="acme-hook", type="webhook"),
    }
    acme = Vendor(name="acme", title=Text("Acme", "Acme"), channels=("acme-hook",), language="zh")
    plan: Plan = make_plan(channels=channels, vendors={"acme": acme})

    def said(name: str) -> tuple[str, str, str]:
        message = specimen(plan.channels[name], plan, 0)
        return message.group, message.body["language"], message.subject

    assert said("ours") == ("command", "zh", "【测试】通道 ours")
    assert said("acme-hook") == ("vendor", "zh", "【测试】通道 acme-hook")
    assert said("technical-hook") == ("technical", "en", "[TEST] Channel technical-hook")
