"""One incident whole, as it is read: with its timeline, its deliveries, and why it is graded as it is.

A closed incident is compacted some time after its close: all of it but its dead letters becomes one value, in the place
of the incident's own. Whoever reads does not see the difference but in what was left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tocsin._core.incident import Delivery, Incident
from tocsin._core.timeline import TimelineEntry
from tocsin._core.why import Why
from tocsin._store.client import Store
from tocsin._store.codec import decode
from tocsin._store.compact import Kept, incident_of, is_compact, unpacked
from tocsin._store.keys import Keys


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """An incident with its record. Of a compacted one, ``deliveries_left_out`` counts those of which it knows no more,
    and ``archived_in`` is the file of the archive that has all of it, if something was left out."""

    incident: Incident
    timeline: tuple[TimelineEntry, ...]
    deliveries: tuple[Delivery, ...]
    why: Why | None
    deliveries_left_out: int = 0
    archived_in: str = ""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """An incident whole, and how it lies in the store: the bytes of its value, how many entries its timeline's key
    has and how many ids its deliveries' key, and the deliveries that have keys of their own."""

    whole: Whole
    body: bytes
    entries: int
    ids: int
    live: tuple[Delivery, ...]

    @property
    def compact(self) -> bool:
        """Whether it was compacted."""
        return is_compact(self.body)


async def find_whole(store: Store, keys: Keys, incident_id: str) -> Found | None:
    """An incident of this shard. Raises ``StoreUnavailable``, and ``StoreMismatch`` for what cannot be read."""
    pipe = store.pipeline(of_one_instant=True)
    pipe.get(keys.incident(incident_id))
    pipe.lrange(keys.timeline(incident_id), 0, -1)
    pipe.lrange(keys.deliveries_of(incident_id), 0, -1)
    pipe.get(keys.why(incident_id))
    body, entries, ids, why = await store.call(pipe.execute())
    if not body:
        return None
    found = await deliveries_by_id(store, [(keys, name.decode()) for name in ids])
    live = tuple(delivery for delivery in found if delivery)
    if is_compact(body):
        kept = unpacked(body)
    else:
        timeline = tuple(decode(TimelineEntry, entry) for entry in entries)
        kept = Kept(timeline=timeline, deliveries=(), why=decode(Why, why) if why else None)
    deliveries = [*kept.deliveries, *live]
    if kept.deliveries:
        deliveries.sort(key=lambda delivery: delivery.created_at)
    whole = Whole(
        incident=incident_of(body),
        timeline=kept.timeline,
        deliveries=tuple(deliveries),
        why=kept.why,
        deliveries_left_out=kept.deliveries_left_out,
        archived_in=kept.archived_in,
    )
    return Found(whole=whole, body=body, entries=len(entries), ids=len(ids), live=live)


async def deliveries_by_id(store: Store, rows: Sequence[tuple[Keys, str]]) -> list[Delivery | None]:
    """Deliveries, each in its shard; ``None`` where there is none."""
    pipe = store.pipeline()
    for keys, name in rows:
        pipe.hget(keys.delivery(name), "b")
    bodies = await store.call(pipe.execute()) if rows else ()
    return [decode(Delivery, body) if body else None for body in bodies]
