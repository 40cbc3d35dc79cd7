"""Step 7's hand-offs: claiming lanes of a channel, and recording how a try to send ended."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Literal, TypeVar

import msgspec

from tocsin._core.errors import NotFound, StoreMismatch
from tocsin._core.ids import incident_of, notice_of
from tocsin._core.incident import Attempt, Delivery, DeliveryState, Notice
from tocsin._core.times import SECOND, Millis
from tocsin._store.client import Arg, Store
from tocsin._store.codec import decode, encode
from tocsin._store.incidents import lane_of, rank_of, told_field
from tocsin._store.keys import Keys
from tocsin._store.together import Together

log = logging.getLogger(__name__)

T = TypeVar("T")

LEASE: Millis = 60 * SECOND
"""Longer than any channel's timeout."""

ATTEMPTS_KEPT = 20
"""Attempts kept of one delivery: the first and the newest."""

Result = Literal["accepted", "retry", "dead", "released"]


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery under lease until ``lease_ends``, and its notice; ``None`` where that is gone from the store.
    ``thread`` is the one that the channel's messages about the incident follow, ``""`` where there is none yet."""

    delivery: Delivery
    notice: Notice | None
    thread: str = ""
    token: str
    lease_ends: Millis


async def channels(store: Store, keys: Keys) -> set[str]:
    """The channels that ever had a delivery."""
    (names,) = await store.call(store.pipeline().smembers(keys.channels).execute())
    return {name.decode() for name in names}


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a channel may be claimed: ``messages`` to be begun now, by the process; by the rate ``number`` within
    ``per``, 0 for any, of which ``kept`` are for the highest tier; and at most so many notices in one message."""

    messages: int
    number: int = 0
    per: Millis = 0
    kept: int = 0
    most: int = 1

    @property
    def candidates(self) -> int:
        """How many lanes are worth a look at once."""
        return self.messages * (self.most if self.number else 1) + 1


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """``messages`` are the parcels of each message to be sent. ``again`` is when the rate lets more through, of what is
    due; ``None`` if nothing is held back by it."""

    messages: list[list[Parcel]]
    again: Millis | None


async def due_lanes(
    store: Store, keys: Keys, channel: str, now: Millis, limit: int, *, digests_limit: int = 1
) -> tuple[list[str], Millis | None]:
    """Lanes of a channel with something to send now, the most urgent first and those of digests last, and when the next
    one will have if none is left."""
    pipe = store.pipeline()
    digests, *tiers = keys.queues(channel)
    names = (*reversed(tiers), keys.sending(channel), digests)
    for name in names:
        most = digests_limit if name == digests else limit
        pipe.zrange(name, "-inf", now, byscore=True, offset=0, num=most)
    for name in names:
        pipe.zrange(name, f"({now}", "+inf", byscore=True, offset=0, num=1, withscores=True)
    rows = await store.call(pipe.execute())
    *urgent, together = rows[: len(names)]
    due = [member.decode() for row in urgent for member in row][:limit]
    due += [member.decode() for member in together]
    later = (int(score) for row in rows[len(names) :] for _, score in row)
    return due, min(later, default=None)


async def claim(
    store: Store, keys: Keys, channel: str, lanes: Sequence[str], allowance: Allowance, *, token: str, now: Millis
) -> Claimed:
    """Claim lanes of a channel as far as it may be sent now, and load the first delivery of each.

    Raises ``StoreUnavailable``.
    """
    names = [*keys.queues(channel), keys.sending(channel), keys.tokens(channel), keys.ranks(channel)]
    names += [keys.sent(channel), *(keys.lane(channel, lane) for lane in lanes)]
    args: list[Arg] = [now, now + LEASE, token, allowance.messages, allowance.number, allowance.per]
    args += [allowance.kept, allowance.most, *lanes]
    again, rows = await store.run("delivery_claim", names, args)
    pipe = store.pipeline()
    for row in rows[1::3]:
        found = row.decode()
        pipe.hget(keys.delivery(found), "b")
        pipe.get(keys.notice(notice_of(found)))
        pipe.hget(keys.threads(incident_of(found)), channel)
    stored = await store.call(pipe.execute()) if rows else []
    messages: dict[int, list[Parcel]] = {}
    for place, number in enumerate(rows[2::3]):
        body, notice, thread = stored[3 * place : 3 * place + 3]
        delivery = _readable(Delivery, body)
        if delivery is not None:
            parcel = Parcel(
                delivery=delivery,
                notice=_readable(Notice, notice),
                thread=(thread or b"").decode(),
                token=token,
                lease_ends=now + LEASE,
            )
            messages.setdefault(number, []).append(parcel)
    return Claimed(messages=list(messages.values()), again=None if again < 0 else again)


def _readable(kind: type[T], body: bytes | None) -> T | None:
    """A stored value, or ``None`` where it is gone or cannot be read: it must not hold up the others."""
    if body is None:
        return None
    try:
        return decode(kind, body)
    except StoreMismatch as error:
        log.error("a delivery cannot be read", extra={"error": str(error)})
        return None


def attempted(delivery: Delivery, attempt: Attempt, *, state: DeliveryState, due: Millis) -> Delivery:
    """The delivery after one more attempt."""
    attempts = (*delivery.attempts, attempt)
    if len(attempts) > ATTEMPTS_KEPT:
        attempts = (attempts[0], *attempts[-ATTEMPTS_KEPT + 1 :])
    return msgspec.structs.replace(delivery, attempts=attempts, state=state, due=due)


SCRIPT = "delivery_settle"


class Settler:
    """Records how tries ended: what ends at the same time, in one round trip."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._together = Together(store, SCRIPT)

    async def settle(
        self,
        keys: Keys,
        parcel: Parcel,
        result: Result,
        after: Delivery,
        *,
        now: Millis,
        thread: str = "",
        alone: bool = False,
    ) -> str:
        """Record a try; ``after`` is the delivery as it then is, and ``thread`` the one that later messages about the
        incident follow; ``alone`` waits for no others. Raises ``StoreUnavailable``.

        Answers ``ok``, ``lost`` (a failure, and the lease is another's by now) or ``done`` (it had been accepted).
        """
        names, args = _settlement(keys, parcel, result, after, now=now, thread=thread)
        run = self._store.run(SCRIPT, names, args) if alone else self._together.run(names, args)
        answer: bytes = await run
        return answer.decode()


def _settlement(
    keys: Keys, parcel: Parcel, result: Result, after: Delivery, *, now: Millis, thread: str
) -> tuple[list[str], list[Arg]]:
    delivery = parcel.delivery
    channel, lane = delivery.channel, lane_of(delivery)
    names = [
        *(*keys.queues(channel), keys.sending(channel), keys.tokens(channel), keys.ranks(channel)),
        keys.lane(channel, lane),
        *(keys.delivery(delivery.id), keys.stats, keys.told(delivery.incident), keys.dead),
        *(keys.urgent, keys.normal, keys.held, keys.view(delivery.key), keys.threads(delivery.incident)),
        keys.health,
    ]
    fields = [] if delivery.record else [told_field(delivery.sequence, group) for group in delivery.groups]
    args: list[Arg] = [now, lane, parcel.token, delivery.id, result, encode(after), after.due, channel]
    error = after.attempts[-1].error if after.attempts else ""
    args += [delivery.key, 0 if delivery.fallback else 1, thread, error, *fields]
    return names, args


async def find(store: Store, delivery_id: str) -> tuple[Keys, Delivery]:
    """A delivery by its id, and its shard. Raises ``NotFound``."""
    for keys in store.shards:
        (body,) = await store.call(store.pipeline().hget(keys.delivery(delivery_id), "b").execute())
        if body:
            return keys, decode(Delivery, body)
    raise NotFound(f"there is no delivery {delivery_id}")


async def retry(store: Store, delivery_id: str, now: Millis) -> Delivery:
    """Take up a dead letter again; one that is not dead stays as it is. Answers it as it then is."""
    keys, delivery = await find(store, delivery_id)
    return await take_up(store, keys, delivery, now) or (await find(store, delivery_id))[1]


async def take_up(store: Store, keys: Keys, delivery: Delivery, now: Millis) -> Delivery | None:
    """Take up a dead letter again; answers it as it then is, ``None`` if it is not dead any more."""
    again = msgspec.structs.replace(delivery, state="waiting", since=now, due=now)
    channel, lane = delivery.channel, lane_of(delivery)
    names = [*keys.queues(channel), keys.sending(channel), keys.ranks(channel), keys.lane(channel, lane)]
    names += [keys.delivery(delivery.id), keys.stats, keys.dead, keys.told(delivery.incident)]
    counts = not (delivery.fallback or delivery.record)
    fields = [told_field(delivery.sequence, group) for group in delivery.groups if counts]
    args: list[Arg] = [now, lane, delivery.id, encode(again), channel, rank_of(again), *fields]
    state = await store.run("delivery_retry", names, args)
    return again if state == b"dead" else None
