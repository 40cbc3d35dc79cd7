"""Which heartbeats are missed, and which are back. Pure.

A heartbeat is missed when none was heard within its ``every``. Time in which Tocsin could take no alerts does not
count, nor does time before it was in the plan: then it has one full ``every`` from the end of that.
"""

from __future__ import annotations

from dataclasses import dataclass

from tocsin._core.times import Millis
from tocsin._store.heartbeats import Pulse, Pulses


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A heartbeat that is missed since ``at``; ``is_new`` where that is not noted yet."""

    pulse: Pulse
    at: Millis
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Of which heartbeats an alert must say that they are missed, and which are ``back``; and when the next of them
    will be missed, ``None`` if there is none."""

    missed: tuple[Missed, ...]
    back: tuple[Pulse, ...]
    next_at: Millis | None


def judge(pulses: Pulses, now: Millis) -> Judgement:
    """How the heartbeats are at a time."""
    missed, back, upcoming = [], [], []
    for pulse in pulses.pulses:
        if pulse.lost:
            if pulse.heard + pulse.heartbeat.every > now:
                back.append(pulse)
            elif not pulse.told:
                missed.append(Missed(pulse=pulse, at=pulse.lost, is_new=False))
            continue
        at = max(pulse.heard, pulse.since, pulses.resumed) + pulse.heartbeat.every
        if at <= now:
            missed.append(Missed(pulse=pulse, at=at, is_new=True))
        else:
            upcoming.append(at)
    return Judgement(missed=tuple(missed), back=tuple(back), next_at=min(upcoming, default=None))
