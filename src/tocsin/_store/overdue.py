"""How far behind the work on incidents is."""

from __future__ import annotations

from tocsin._core.times import Millis
from tocsin._store.client import Store


async def oldest_due(store: Store) -> Millis | None:
    """When the incident key that has waited longest was due, held ones by the end of their lease; ``None`` if there is
    none. Raises ``StoreUnavailable``."""
    pipe = store.pipeline()
    for keys in store.shards:
        for queue in (keys.urgent, keys.normal, keys.held):
            pipe.zrange(queue, 0, 0, withscores=True)
    return min((int(score) for first in await store.call(pipe.execute()) for _, score in first), default=None)
