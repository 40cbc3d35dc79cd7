"""Reading for people: incidents and deliveries in pages, and one incident whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from tocsin._core.errors import Conflict, NotFound
from tocsin._core.incident import Delivery, Incident
from tocsin._store.client import Store
from tocsin._store.compact import incident_of, is_compact
from tocsin._store.keys import Keys
from tocsin._store.whole import Whole as Whole
from tocsin._store.whole import deliveries_by_id, find_whole

CHUNK = 200
"""Entries of an index read at once."""

T = TypeVar("T")
Row = tuple[int, str, Keys]
"""An entry of an index: its score, the member, and the shard it is in."""


class Page(Generic[T]):
    """Some of a list's items, and the cursor of the next page, or ``None`` after the last."""

    def __init__(self, items: Sequence[T], next_cursor: str | None) -> None:
        self.items = tuple(items)
        self.next = next_cursor


async def list_incidents(
    store: Store,
    wanted: Callable[[Incident], bool],
    *,
    closed: bool | None = None,
    cursor: str = "",
    limit: int = 100,
) -> Page[Incident]:
    """Incidents that are wanted: those not closed first, then by tier and start, newest first.

    ``closed`` says which are looked at, ``None`` all; there may be very many closed ones. Raises ``ValueError``
    for a cursor that is none of ours, and ``StoreUnavailable``.
    """
    indexes = [
        [(keys, keys.active) for keys in store.shards if closed is not True],
        [(keys, keys.closed) for keys in store.shards if closed is not False],
    ]
    return await _page(store, indexes, _incidents, wanted, cursor=cursor, limit=limit)


async def list_deliveries(
    store: Store, wanted: Callable[[Delivery], bool], *, dead: bool = False, cursor: str = "", limit: int = 100
) -> Page[Delivery]:
    """Deliveries that are wanted, newest first; with ``dead`` only the dead letters are looked at.

    Raises as ``list_incidents``.
    """
    index = [(keys, keys.dead if dead else keys.deliveries) for keys in store.shards]
    return await _page(store, [index], _deliveries, wanted, cursor=cursor, limit=limit)


async def deliveries_of(
    store: Store, incident_id: str, wanted: Callable[[Delivery], bool], *, cursor: str = "", limit: int = 100
) -> Page[Delivery]:
    """Deliveries of one incident that are wanted, newest first; of a compacted one, those that it still knows of.

    Raises as ``list_incidents``.
    """
    start = _read_cursor(cursor, 1)[1]
    try:
        whole = await show_incident(store, incident_id)
    except NotFound:
        return Page((), None)
    places = {(each.created_at, each.id): each for each in whole.deliveries if wanted(each)}
    rows = sorted((place for place in places if not start or place < start), reverse=True)
    last = "0.{}.{}".format(*rows[limit - 1]) if len(rows) > limit else None
    items = [places[place] for place in rows]
    return Page(items[:limit], last)


async def _page(
    store: Store,
    indexes: Sequence[Sequence[tuple[Keys, str]]],
    load: Callable[[Store, Sequence[Row]], Awaitable[list[T | None]]],
    wanted: Callable[[T], bool],
    *,
    cursor: str,
    limit: int,
) -> Page[T]:
    """Walk the indexes one after another, from the cursor on, until the page is full."""
    first, start = _read_cursor(cursor, len(indexes))
    items: list[T] = []
    last = ""
    for number in range(first, len(indexes)):
        async for rows in _walk(store, indexes[number], start):
            for (score, member, _), item in zip(rows, await load(store, rows), strict=True):
                if item is None or not wanted(item):
                    continue
                if len(items) == limit:
                    return Page(items, last)
                items.append(item)
                last = f"{number}.{score}.{member}"
        start = None
    return Page(items, None)


async def show_incident(store: Store, incident_id: str) -> Whole:
    """One incident with its timeline and deliveries. Raises ``NotFound`` and ``StoreUnavailable``."""
    for keys in store.shards:
        found = await find_whole(store, keys, incident_id)
        if found:
            return found.whole
    raise NotFound(f"there is no incident {incident_id}")


async def find_incident(store: Store, incident_id: str) -> tuple[Keys, Incident]:
    """An incident that may still change, as stored, and its shard.

    Raises ``Conflict`` for one that was compacted, ``NotFound`` and ``StoreUnavailable``.
    """
    for keys in store.shards:
        (body,) = await store.call(store.pipeline().get(keys.incident(incident_id)).execute())
        if body and is_compact(body):
            incident = incident_of(body)
            current = {"id": incident.id, "revision": incident.revision, "state": incident.state}
            raise Conflict(f"{incident_id} was closed long ago; its record is complete and takes nothing more", current)
        if body:
            return keys, incident_of(body)
    raise NotFound(f"there is no incident {incident_id}")


async def open_incidents(store: Store) -> list[Incident]:
    """All incidents that are not closed, in the order of the list."""
    incidents: list[Incident] = []
    async for rows in _walk(store, [(keys, keys.active) for keys in store.shards], None):
        incidents += (incident for incident in await _incidents(store, rows) if incident)
    return incidents


async def _incidents(store: Store, rows: Sequence[Row]) -> list[Incident | None]:
    pipe = store.pipeline()
    for _, member, keys in rows:
        pipe.get(keys.incident(member))
    return [incident_of(body) if body else None for body in await store.call(pipe.execute())]


async def _deliveries(store: Store, rows: Sequence[Row]) -> list[Delivery | None]:
    return await deliveries_by_id(store, [(keys, member) for _, member, keys in rows])


async def _walk(
    store: Store, index: Sequence[tuple[Keys, str]], start: tuple[int, str] | None
) -> AsyncIterator[list[Row]]:
    """An index over all shards from the highest score down, in chunks, after ``start``."""
    count = CHUNK
    while True:
        pipe = store.pipeline()
        for _, name in index:
            pipe.zrevrangebyscore(name, start[0] if start else "+inf", "-inf", start=0, num=count, withscores=True)
        found = await store.call(pipe.execute())
        rows = [
            (int(score), member.decode(), keys)
            for (keys, _), shard in zip(index, found, strict=True)
            for member, score in shard
        ]
        # Below the last entry of a shard that has more, entries of that shard are still missing.
        cut = max(((int(shard[-1][1]), shard[-1][0].decode()) for shard in found if len(shard) == count), default=None)
        fresh = sorted(
            (row for row in rows if (not start or row[:2] < start) and (not cut or row[:2] >= cut)),
            key=lambda row: row[:2],
            reverse=True,
        )
        if fresh:
            yield fresh
            start, count = fresh[-1][:2], CHUNK
        elif cut:
            count *= 2
        if not cut:
            return


def _read_cursor(cursor: str, indexes: int) -> tuple[int, tuple[int, str] | None]:
    if not cursor:
        return 0, None
    number, _, rest = cursor.partition(".")
    score, _, member = rest.partition(".")
    if not (number.isdecimal() and int(number) < indexes and score.isdecimal() and member):
        raise ValueError("the cursor is none of ours; take it from the `next` of the page before")
    return int(number), (int(score), member)
