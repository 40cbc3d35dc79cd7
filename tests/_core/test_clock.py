"""The clock that follows the store's time."""

from __future__ import annotations

from tocsin._core.clock import StoreClock
from tocsin._core.times import SECOND


def test_a_slow_answer_does_not_turn_time_back() -> None:
    """The store's time, read late, seems behind; the clock waits for it rather than step back behind what it said."""
    clock = StoreClock()
    clock.follow(clock.now())
    before = clock.now()
    clock.follow(before - 900)
    assert clock.now() >= before


def test_small_drift_is_followed() -> None:
    """A store whose time is a little ahead is followed at once."""
    clock = StoreClock()
    before = clock.now()
    clock.follow(before)
    clock.follow(before + 700)
    assert 700 <= clock.now() - before < 1_000


def test_a_jump_waits() -> None:
    """A jump is not followed at once, in either direction."""
    clock = StoreClock()
    before = clock.now()
    clock.follow(before)
    for jump in (3_600 * SECOND, -3_600 * SECOND):
        clock.follow(before + jump)
        assert abs(clock.now() - before) < 1 * SECOND
