"""The figures that the store keeps over restarts, raw: counters by their labels, and what is pending."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tocsin._core.incident import Incident
from tocsin._core.times import Millis
from tocsin._store.client import Store
from tocsin._store.listing import open_incidents


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Counters are keyed by kind and labels, as ``("opened", "hw_sw_fault", "low")``; ``aside`` counts keys set
    aside. ``incidents`` are all that are not closed."""

    counters: dict[tuple[str, ...], float]
    incidents: tuple[Incident, ...]
    aside: int

    def of(self, kind: str) -> dict[tuple[str, ...], float]:
        """The counters of one kind, by their labels."""
        return {labels[1:]: value for labels, value in self.counters.items() if labels[0] == kind}


class ChannelFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Of one channel: deliveries that wait, dead letters, and when it last accepted a delivery, 0 for never."""

    waiting: int
    dead: int
    last_success: Millis


async def channel_figures(store: Store, channels: Sequence[str]) -> dict[str, ChannelFigures]:
    """The figures of some channels, by name. Raises ``StoreUnavailable``."""
    if not channels:
        return {}
    names = [f"{kind}|{channel}" for kind in ("waiting", "dead", "success") for channel in channels]
    pipe = store.pipeline()
    for keys in store.shards:
        pipe.hmget(keys.stats, names)
    rows = [[int(value or 0) for value in row] for row in await store.call(pipe.execute())]
    waiting, dead, success = (
        [column[first : first + len(channels)] for column in rows] for first in range(0, len(names), len(channels))
    )
    return {
        channel: ChannelFigures(
            waiting=sum(shard[place] for shard in waiting),
            dead=sum(shard[place] for shard in dead),
            last_success=max(shard[place] for shard in success),
        )
        for place, channel in enumerate(channels)
    }


async def read_figures(store: Store) -> Figures:
    """All figures. Raises ``StoreUnavailable``."""
    pipe = store.pipeline()
    for keys in store.shards:
        pipe.hgetall(keys.stats)
        pipe.zcard(keys.aside)
    rows = await store.call(pipe.execute())
    counters: dict[tuple[str, ...], float] = {}
    for stats in rows[::2]:
        for name, value in stats.items():
            labels = tuple(name.decode().split("|"))
            number = float(value)
            known = counters.get(labels, 0.0)
            # A time of success is no count: the latest of the shards holds.
            counters[labels] = max(known, number) if labels[0] == "success" else known + number
    return Figures(counters=counters, incidents=tuple(await open_incidents(store)), aside=sum(rows[1::2]))
