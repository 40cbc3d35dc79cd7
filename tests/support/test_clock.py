"""The clock that tests move."""

from __future__ import annotations

import asyncio

from tests.support.clock import START, ManualClock


async def test_time_passes_only_when_moved(clock: ManualClock) -> None:
    """Both readings stand still, and move by exactly what was asked."""
    assert (clock.now(), clock.monotonic()) == (START, 0.0)
    clock.advance(1_500)
    assert (clock.now(), clock.monotonic()) == (START + 1_500, 1.5)


async def test_sleepers_wake_in_order_when_their_time_has_come(clock: ManualClock) -> None:
    """Of two sleepers the one that is due wakes, the other sleeps on; one big step wakes both in order."""
    woken: list[str] = []

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(name)

    async with asyncio.TaskGroup() as group:
        late = group.create_task(sleeper("late", 20))
        early = group.create_task(sleeper("early", 10))
        await clock.asleep(2)
        clock.advance(10_000)
        await early
        assert (woken, clock.sleepers) == (["early"], 1)
        again = group.create_task(sleeper("again", 5))
        await clock.asleep(2)
        clock.advance(60_000)
        await asyncio.wait([late, again])
    assert woken == ["early", "again", "late"]


async def test_a_cancelled_sleeper_is_forgotten(clock: ManualClock) -> None:
    """A task that was cancelled in its sleep is not counted, and moving the clock does not meet it."""
    task = asyncio.create_task(clock.sleep(1))
    await clock.asleep()
    task.cancel()
    await asyncio.wait([task])
    assert clock.sleepers == 0
    clock.advance(2_000)


async def test_no_time_at_all_gives_way_once(clock: ManualClock) -> None:
    """A sleep of nothing returns, after others had their turn: a loop on it starves nobody."""
    turns: list[str] = []

    async def other() -> None:
        turns.append("other")

    async with asyncio.TaskGroup() as group:
        group.create_task(other())
        await clock.sleep(0)
        turns.append("self")
    assert turns == ["other", "self"]
