"""Heartbeats in the store: when each was last heard, and which are missed. All are in the first shard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from tocsin._core.times import MINUTE, Millis
from tocsin._core.watch import Heartbeat
from tocsin._store.client import Store

GONE_AFTER: Millis = 1 * MINUTE
"""How long no process may have looked at a heartbeat until it is gone from the plan: longer than it takes until all
processes have followed a change of the rule files."""

What = Literal["lost", "told", "back", "gone"]


class Pulse(msgspec.Struct, frozen=True, kw_only=True):
    """A heartbeat as the store knows it. Times, 0 for never: when it was last ``heard``, ``since`` when it counts,
    since when it is ``lost``, and when that had been ``told`` by an alert."""

    heartbeat: Heartbeat
    heard: Millis
    since: Millis
    lost: Millis
    told: Millis


class Pulses(msgspec.Struct, frozen=True, kw_only=True):
    """The heartbeats of a plan; the names of those that no plan has any more; and since when alerts can be taken again
    after the last gap, 0 if there never was one."""

    pulses: tuple[Pulse, ...]
    gone: tuple[str, ...]
    resumed: Millis


async def hear(store: Store, heard: Mapping[str, Millis]) -> None:
    """Note signs of life by the heartbeats' names, with their receipt. Raises ``StoreUnavailable``."""
    await store.run("heartbeats_hear", [store.shards[0].heartbeats], [word for pair in heard.items() for word in pair])


async def look(store: Store, heartbeats: Sequence[Heartbeat], now: Millis) -> Pulses:
    """How the heartbeats of a plan are; those that are new begin to count. Raises ``StoreUnavailable``."""
    keys = store.shards[0]
    names = [each.name for each in heartbeats]
    resumed, states, gone = await store.run(
        "heartbeats_look", [keys.heartbeats, keys.intake], [now, GONE_AFTER, *names]
    )
    pulses = [
        Pulse(heartbeat=each, heard=heard, since=since, lost=lost, told=told)
        for each, heard, since, lost, told in zip(
            heartbeats, states[::4], states[1::4], states[2::4], states[3::4], strict=True
        )
    ]
    return Pulses(pulses=tuple(pulses), gone=tuple(name.decode() for name in gone), resumed=resumed)


async def note(store: Store, notes: Iterable[tuple[What, str]], now: Millis) -> None:
    """Note what has become of heartbeats, by name. Raises ``StoreUnavailable``."""
    words = [word for pair in notes for word in pair]
    if words:
        await store.run("heartbeats_note", [store.shards[0].heartbeats], [now, *words])


async def last_heard(store: Store) -> dict[str, Millis]:
    """When each heartbeat that was ever heard was heard last, by name. Raises ``StoreUnavailable``."""
    pipe = store.pipeline()
    pipe.hgetall(store.shards[0].heartbeats)
    (row,) = await store.call(pipe.execute())
    fields = ((field.decode("utf-8", "replace").partition("|"), value) for field, value in row.items())
    return {name: int(value) for (what, _, name), value in fields if what == "heard"}
