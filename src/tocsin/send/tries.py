"""How a delivery is tried: what a try makes of it, when it is tried again, and when it is given up. Pure."""

from __future__ import annotations

from random import Random

from msgspec.structs import replace

from tocsin._core.errors import SendError, TrySendAgain
from tocsin._core.incident import Attempt, Delivery, DeliveryState
from tocsin._core.times import HOUR, MINUTE, SECOND, Millis
from tocsin._store.deliveries import Result, attempted

GIVE_UP_AFTER: Millis = 1 * HOUR
"""A delivery that has failed for so long is a dead letter."""

LATE: Millis = 2 * MINUTE
TRY_FOR: Millis = 5 * MINUTE
"""One that was tried so late has at least so long from there: it waited behind another, or nobody could send."""

_WORDS: dict[Result, str] = {"accepted": "accepted", "retry": "retried", "dead": "dead"}

FIRST_PAUSE: Millis = 1 * SECOND
LONGEST_PAUSE: Millis = 5 * MINUTE


def tried(
    delivery: Delivery,
    now: Millis,
    result: Result,
    said: str | SendError = "",
    wait: Millis = 0,
    *,
    together: int = 1,
) -> Delivery:
    """The delivery after a try; ``said`` is the error where it failed, ``wait`` how long until the next one, and
    ``together`` how many notices the message was for."""
    attempt = Attempt(
        at=now,
        result=_WORDS[result],
        error=str(said) if isinstance(said, SendError) else "",
        together=together if together > 1 else 0,
    )
    state: DeliveryState = "waiting" if result == "retry" else "dead" if result == "dead" else "accepted"
    return attempted(delivery, attempt, state=state, due=now + (wait if result == "retry" else 0))


def in_time(delivery: Delivery, now: Millis) -> Delivery:
    """The delivery that was tried just now, with the time that it has left if that was late."""
    if now - delivery.due < LATE:
        return delivery
    return replace(delivery, since=max(delivery.since, now - GIVE_UP_AFTER + TRY_FOR))


def pause(delivery: Delivery, error: TrySendAgain, random: Random) -> Millis:
    """Until the next try. Growing, with jitter so that many do not return at once; at least what the channel asked
    for."""
    tries = sum(attempt.at >= delivery.since for attempt in delivery.attempts)
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(tries, 20))
    wait = int(longest * random.uniform(0.5, 1.0))
    return max(wait, int((error.retry_after or 0) * SECOND))
