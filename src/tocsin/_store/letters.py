"""Dead letters at a person's word: finding them, taking them up again, and dropping them.

All that are meant are worked through in batches, the oldest first, so that within a lane the order is kept. What dies
again meanwhile is not met a second time: a batch holds those alone that were dead when the first one began.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from tocsin._core.errors import Busy, InvalidRequest
from tocsin._core.incident import Delivery, Incident
from tocsin._core.letter import Dropping
from tocsin._core.timeline import TimelineEntry, chained
from tocsin._core.times import Millis
from tocsin._store.client import Arg, Store
from tocsin._store.codec import encode
from tocsin._store.compact import incident_of, is_compact
from tocsin._store.deliveries import take_up
from tocsin._store.keys import Keys
from tocsin._store.whole import deliveries_by_id

AT_ONCE = 200
"""Dead letters looked at in one batch."""

NAMED = 20
"""Letters that an entry of the timeline names; it counts all."""

TRIES = 20
"""How often letters are looked at again because something about them, or their incident, has just changed."""


class Batch(NamedTuple):
    """Some dead letters of one shard, oldest first, and the cursor of the next batch; ``""`` after the last."""

    keys: Keys
    letters: tuple[Delivery, ...]
    cursor: str


class _Cursor(NamedTuple):
    until: Millis
    shard: int
    at: Millis
    name: str


async def find_dead(store: Store, channel: str, *, now: Millis, cursor: str = "") -> Batch:
    """The next dead letters of a channel, of all channels with ``""``; a batch may have none, and others follow.

    Raises ``InvalidRequest`` for a cursor that is none of ours, and ``StoreUnavailable``.
    """
    place = _read(cursor, len(store.shards)) if cursor else _Cursor(now, 0, 0, "")
    keys = store.shards[place.shard]
    rows = await _after(store, keys, place)
    found = await deliveries_by_id(store, [(keys, name) for _, name in rows])
    letters = tuple(one for one in found if one and one.state == "dead" and channel in ("", one.channel))
    return Batch(keys, letters, _following(rows, place, len(store.shards)))


async def _after(store: Store, keys: Keys, place: _Cursor) -> list[tuple[Millis, str]]:
    """The entries of the index that come after a place, at most ``AT_ONCE``."""
    count = 2 * AT_ONCE
    while True:
        pipe = store.pipeline()
        pipe.zrange(keys.dead, place.at, place.until, byscore=True, offset=0, num=count, withscores=True)
        (found,) = await store.call(pipe.execute())
        rows = [(int(score), name.decode()) for name, score in found]
        fresh = [row for row in rows if row > (place.at, place.name)]
        if len(fresh) >= AT_ONCE or len(rows) < count:
            return fresh[:AT_ONCE]
        count *= 2  # many died at one moment


def _following(rows: Sequence[tuple[Millis, str]], place: _Cursor, shards: int) -> str:
    if len(rows) == AT_ONCE:
        following = _Cursor(place.until, place.shard, *rows[-1])
    elif place.shard + 1 < shards:
        following = _Cursor(place.until, place.shard + 1, 0, "")
    else:
        return ""
    return ".".join(map(str, following))


def _read(cursor: str, shards: int) -> _Cursor:
    parts = cursor.split(".", 3)
    numbers = [int(part) for part in parts[:3] if part.isascii() and part.isdecimal() and len(part) < 16]
    if len(parts) != 4 or len(numbers) != 3 or numbers[1] >= shards:
        raise InvalidRequest("cursor", "the cursor is none of ours; take it from the `next` of the answer before")
    return _Cursor(numbers[0], numbers[1], numbers[2], parts[3])


async def retry_all(store: Store, batch: Batch, now: Millis) -> tuple[Delivery, ...]:
    """Take up the letters of a batch again; answers those that still were dead. Raises ``StoreUnavailable``."""
    return tuple([letter for letter in batch.letters if await take_up(store, batch.keys, letter, now)])


async def drop(store: Store, keys: Keys, letters: Sequence[Delivery], dropping: Dropping) -> AsyncIterator[Delivery]:
    """Drop letters of one shard, of whatever incidents; gives those that were dead until now, as they then are.

    Raises ``Busy`` where an incident changes all the time, and ``StoreUnavailable``; what was dropped by then stays so.
    """
    by_incident: dict[str, list[str]] = {}
    for letter in letters:
        by_incident.setdefault(letter.incident, []).append(letter.id)
    for incident, names in by_incident.items():
        for dropped in await _drop(store, keys, incident, names, dropping):
            yield dropped


async def _drop(
    store: Store, keys: Keys, incident: str, names: Sequence[str], dropping: Dropping
) -> tuple[Delivery, ...]:
    """Drop letters of one incident. One that was compacted takes no more entries: then the letters alone say it."""
    for _ in range(TRIES):
        pipe = store.pipeline().get(keys.incident(incident))
        (body,) = await store.call(pipe.execute())
        found = await deliveries_by_id(store, [(keys, name) for name in names])
        dead = [letter for letter in found if letter and letter.state == "dead"]
        if not dead:
            return ()
        dropped = tuple(replace(letter, state="superseded", dropped=dropping) for letter in dead)
        present = None if not body or is_compact(body) else incident_of(body)
        after = _entered(present, dead, dropping) if present else (b"", b"")
        places = [keys.timeline(incident), keys.view(dead[0].key), keys.stats, keys.dead]
        args: list[Arg] = [body or b"", *after]
        for letter in dropped:
            args += (letter.id, letter.channel, encode(letter))
        names_of = [keys.incident(incident), *places, *(keys.delivery(letter.id) for letter in dropped)]
        if await store.run("delivery_drop", names_of, args) == b"ok":
            return dropped
    raise Busy(f"{incident} is being worked on all the time; its letters were not dropped, so try again")


def _entered(incident: Incident, dead: Sequence[Delivery], dropping: Dropping) -> tuple[bytes, bytes]:
    """The incident with the entry in its timeline, and the entry, as they are stored."""
    entry = TimelineEntry(
        at=dropping.at,
        actor=dropping.by,
        action="letters_dropped",
        via=dropping.via,
        verified=dropping.verified,
        detail={
            "reason": dropping.reason,
            "count": len(dead),
            "channels": sorted({letter.channel for letter in dead}),
            "deliveries": [letter.id for letter in dead[:NAMED]],
        },
    )
    (linked,) = chained(incident.id, incident.timeline_head, (entry,))
    head = {"timeline_entries": linked.seq, "timeline_hash": linked.hash}
    return encode(replace(incident, revision=incident.revision + 1, **head)), encode(linked)
