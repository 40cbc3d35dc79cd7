"""When a heartbeat is missed, and when it is back: pure."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.heartbeat.conftest import heartbeat

from tocsin._core.times import MINUTE, Millis
from tocsin._store.heartbeats import Pulse, Pulses
from tocsin.heartbeat.decide import Judgement, judge

EVERY = 5 * MINUTE
times = st.integers(0, 100).map(lambda minutes: minutes * MINUTE)


def judged(now: Millis, *, resumed: Millis = 0, **states: Millis) -> Judgement:
    """What is made of one heartbeat."""
    state = {"heard": 0, "since": 0, "lost": 0, "told": 0, **states}
    return judge(Pulses(pulses=(Pulse(heartbeat=heartbeat(), **state),), gone=(), resumed=resumed), now)


def test_missed_to_the_millisecond() -> None:
    """Not a moment before ``every`` is over, and then at once."""
    early = judged(99 * MINUTE + EVERY - 1, heard=99 * MINUTE, since=1)
    assert (early.missed, early.next_at) == ((), 99 * MINUTE + EVERY)
    (missed,) = judged(99 * MINUTE + EVERY, heard=99 * MINUTE, since=1).missed
    assert (missed.at, missed.is_new) == (99 * MINUTE + EVERY, True)


def test_what_is_missed_is_told_once() -> None:
    """Noted but not yet told it is told again, since the teller may have been killed; told, it is left alone."""
    (again,) = judged(50 * MINUTE, heard=MINUTE, since=1, lost=40 * MINUTE).missed
    assert (again.at, again.is_new) == (40 * MINUTE, False)
    told = judged(50 * MINUTE, heard=MINUTE, since=1, lost=40 * MINUTE, told=40 * MINUTE)
    assert (told.missed, told.back, told.next_at) == ((), (), None)


def test_it_is_back_once_it_is_heard() -> None:
    """Also if the sign was received in the moment in which the loss was noted."""
    assert judged(50 * MINUTE, heard=50 * MINUTE, lost=40 * MINUTE, told=40 * MINUTE).back
    assert judged(41 * MINUTE, heard=40 * MINUTE, lost=40 * MINUTE).back


@given(heard=times, since=times, resumed=times, now=times)
def test_time_that_does_not_count(heard: Millis, since: Millis, resumed: Millis, now: Millis) -> None:
    """Since the last sign, since it is in the plan, and since alerts can be taken again."""
    late = all(moment + EVERY <= now for moment in (heard, since, resumed))
    found = judged(now, heard=heard, since=since, resumed=resumed)
    assert bool(found.missed) == late
    assert found.next_at == (None if late else max(heard, since, resumed) + EVERY)
    assert not found.back
