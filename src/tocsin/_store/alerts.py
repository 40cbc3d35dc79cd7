"""Step 4's hand-off: a batch of alerts into the store, in one script call per shard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tocsin._core.incident import AlertRecord
from tocsin._core.model import Classification, Dropped, DropReason
from tocsin._core.times import DAY, Millis
from tocsin._store.client import Store
from tocsin._store.codec import encode, pack
from tocsin._store.keys import Keys

KEEP: Millis = 400 * DAY
"""How long an alert's record outlives its last news. Long, since some sources repeat nothing for weeks."""

BATCH = 256
"""Alerts per script call: bounds how long one call holds up the others."""

MAX_ROUNDS = 5


@dataclass(slots=True)
class News:
    """One alert's news, as the script takes it.

    ``decision`` is what the plan says of it. ``record`` is ``None``, and ``key`` empty, for an alert that the plan
    drops: it is only looked up, since one that fired before the plan said so still has to end. ``until`` is ``None``
    for one that never expires; ``once`` says of it that nobody repeats it, so that it never goes stale either.
    ``joined`` is filled in with the key that it joined earlier, if that is another.
    """

    identity: str
    key: str
    firing: bool
    starts_at: Millis | None
    ends_at: Millis
    until: Millis | None
    record: AlertRecord | None
    decision: Classification | Dropped
    truncated: int = 0
    once: bool = False
    joined: str = ""


@dataclass(slots=True)
class Accepted:
    """What became of a batch: for each alert ``n`` new, ``r`` repeated, ``e`` ended, ``d`` dropped; and what is due."""

    outcomes: list[str] = field(default_factory=list)
    due: list[tuple[str, Millis]] = field(default_factory=list)


async def accept(store: Store, news: Sequence[News], now: Millis) -> Accepted:
    """Store a batch received at ``now``. Each identity may be in it once. Raises ``StoreUnavailable``."""
    accepted = Accepted([""] * len(news))
    homes = [store.shard_of(item.key or item.identity[-32:]) for item in news]
    places = list(range(len(news)))
    if len(store.shards) > 1:
        strays = await _strays(store, news, homes)
        for keys, items in strays.items():
            await _accept_in(store, keys, items, now, accepted)
        # What turned out to be neither firing nor ended there is decided about here.
        places = [place for place in places if accepted.outcomes[place] in ("", "d")]
    by_shard: dict[Keys, dict[int, News]] = {}
    for place in places:
        by_shard.setdefault(homes[place], {})[place] = news[place]
    for keys, items in by_shard.items():
        await _accept_in(store, keys, items, now, accepted)
    return accepted


async def _strays(store: Store, news: Sequence[News], homes: Sequence[Keys]) -> dict[Keys, dict[int, News]]:
    """Alerts that joined a key of another shard, before the plan said otherwise: to be looked up there only."""
    at_home = await _joined(store, [(homes[place], item.identity) for place, item in enumerate(news)])
    wanted = [
        (place, keys)
        for place, key in enumerate(at_home)
        if not key
        for keys in store.shards
        if keys is not homes[place]
    ]
    found = await _joined(store, [(keys, news[place].identity) for place, keys in wanted])
    strays: dict[Keys, dict[int, News]] = {}
    for (place, keys), key in zip(wanted, found, strict=True):
        if key:
            strays.setdefault(keys, {})[place] = replace(news[place], key="", record=None, joined=key)
    return strays


async def _joined(store: Store, wanted: Sequence[tuple[Keys, str]]) -> list[str]:
    """For each identity the key that it joined in a shard, if it was not said to have ended; else ``""``."""
    if not wanted:
        return []
    pipe = store.pipeline()
    for keys, identity in wanted:
        pipe.hmget(keys.alert(identity), ["k", "e"])
    return [joined.decode() if joined and not ended else "" for joined, ended in await store.call(pipe.execute())]


async def _accept_in(store: Store, keys: Keys, items: Mapping[int, News], now: Millis, accepted: Accepted) -> None:
    """Store the alerts of one shard, given by their places in the batch."""
    places = list(items)
    for first in range(0, len(places), BATCH):
        chunk = places[first : first + BATCH]
        letters, due = await _accept(store, keys, [items[place] for place in chunk], now)
        accepted.due.extend(due)
        for place, letter in zip(chunk, letters, strict=True):
            accepted.outcomes[place] = letter


async def _accept(store: Store, keys: Keys, news: list[News], now: Millis) -> tuple[str, list[tuple[str, Millis]]]:
    records = [encode(item.record) if item.record else b"" for item in news]
    for _ in range(MAX_ROUNDS):
        names, body, said = _arguments(keys, news)
        reply = await store.run("accept", names, [now, KEEP, body, *records, *said])
        if reply[0] == 0:
            due = reply[2]
            return reply[1].decode(), [(due[i].decode(), int(due[i + 1])) for i in range(0, len(due), 2)]
        for i in range(1, len(reply), 2):
            news[reply[i] - 1].joined = reply[i + 1].decode()
    raise AssertionError("an alert cannot join another key as often as this while it fires")


def _arguments(keys: Keys, news: list[News]) -> tuple[list[str], bytes, list[bytes]]:
    """The script's keys, the batch, and the stored form of what is said: once each, however many alerts it is about."""
    places: dict[str, int] = {}
    said: dict[int, tuple[int, Classification | Dropped]] = {}
    names = [keys.urgent, keys.normal, keys.held, keys.intake, keys.coverage]
    alerts = []
    for item in news:
        names.append(keys.alert(item.identity))
        key = places.setdefault(item.key, len(places) + 1) if item.key else 0
        joined = places.setdefault(item.joined, len(places) + 1) if item.joined else 0
        decision, _ = said.setdefault(id(item.decision), (len(said) + 1, item.decision))
        alerts.append(
            (
                item.identity,
                key,
                joined,
                1 if item.firing else 0,
                -1 if item.starts_at is None else item.starts_at,
                item.ends_at,
                (-2 if item.once else -1) if item.until is None else item.until,
                decision,
                item.truncated,
            )
        )
    for key_name in places:
        names += (keys.view(key_name), keys.until(key_name), keys.seen(key_name), keys.recent(key_name))
    decisions = [decision for _, decision in said.values()]
    stored = [b"" if isinstance(decision, Dropped) else encode(decision) for decision in decisions]
    return names, pack([list(places), [_says(decision) for decision in decisions], alerts]), stored


def _says(decision: Classification | Dropped) -> tuple[object, ...]:
    if isinstance(decision, Dropped):
        rules = (decision.by,) if decision.reason is DropReason.RULE else ()
        return 0, "", "", 0, 1, rules, 0
    service = decision.service.replace("\x1f", " ")
    unclassified = 0 if decision.rule else 1
    return decision.tier.rank, decision.class_, service, decision.rto, 0, decision.matched, unclassified
