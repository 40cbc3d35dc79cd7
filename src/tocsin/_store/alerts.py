"""Step 4's hand-off: a batch of alerts into the store, in one script call per shard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tocsin._core.incident import AlertRecord
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

    ``record`` is ``None``, and ``key`` empty, for an alert that the plan drops: it is only looked up, since
    one that fired before the plan said so still has to end. ``until`` is ``None`` for one that never expires.
    ``joined`` is filled in with the key that it joined earlier, if that is another.
    """

    identity: str
    key: str
    firing: bool
    starts_at: Millis | None
    ends_at: Millis
    until: Millis | None
    record: AlertRecord | None
    truncated: int = 0
    joined: str = ""


@dataclass(slots=True)
class Accepted:
    """What became of a batch: for each alert ``n`` new, ``r`` repeated, ``e`` ended, ``d`` dropped; and what is due."""

    outcomes: list[str] = field(default_factory=list)
    due: list[tuple[str, Millis]] = field(default_factory=list)


async def accept(store: Store, news: Sequence[News], now: Millis) -> Accepted:
    """Store a batch received at ``now``. Each identity may be in it once. Raises ``StoreUnavailable``."""
    outcomes = [""] * len(news)
    accepted = Accepted(outcomes)
    by_shard: dict[Keys, list[int]] = {}
    for place, item in enumerate(news):
        by_shard.setdefault(store.shard_of(item.key or item.identity[-32:]), []).append(place)
    for keys, places in by_shard.items():
        for first in range(0, len(places), BATCH):
            chunk = places[first : first + BATCH]
            letters, due = await _accept(store, keys, [news[place] for place in chunk], now)
            accepted.due.extend(due)
            for place, letter in zip(chunk, letters, strict=True):
                outcomes[place] = letter
    return accepted


async def _accept(store: Store, keys: Keys, news: list[News], now: Millis) -> tuple[str, list[tuple[str, Millis]]]:
    records = [encode(item.record) if item.record else b"" for item in news]
    for _ in range(MAX_ROUNDS):
        names, body = _arguments(keys, news)
        reply = await store.run("accept", names, [now, KEEP, body, *records])
        if reply[0] == 0:
            due = reply[2]
            return reply[1].decode(), [(due[i].decode(), int(due[i + 1])) for i in range(0, len(due), 2)]
        for i in range(1, len(reply), 2):
            news[reply[i] - 1].joined = reply[i + 1].decode()
    raise AssertionError("an alert cannot join another key as often as this while it fires")


def _arguments(keys: Keys, news: list[News]) -> tuple[list[str], bytes]:
    places: dict[str, int] = {}
    for item in news:
        for key in (item.key, item.joined):
            if key:
                places.setdefault(key, len(places) + 1)
    names = [keys.urgent, keys.normal, keys.held, keys.intake, *(keys.alert(item.identity) for item in news)]
    for key in places:
        names += (keys.view(key), keys.until(key), keys.seen(key), keys.recent(key))
    alerts = [_row(item, places) for item in news]
    return names, pack([list(places), alerts])


def _row(item: News, places: dict[str, int]) -> list[object]:
    record = item.record
    decision = record.classification if record else None
    return [
        item.identity,
        places.get(item.key, 0),
        places.get(item.joined, 0),
        1 if item.firing else 0,
        -1 if item.starts_at is None else item.starts_at,
        item.ends_at,
        -1 if item.until is None else item.until,
        decision.tier.rank if decision else 0,
        decision.class_ if decision else "",
        decision.service.replace("\x1f", " ") if decision else "",
        decision.rto if decision else 0,
        item.truncated,
        0 if record else 1,
    ]
