"""The hand-offs of retention: closed incidents are compacted, and those past their time are removed.

A closed incident waits in the index ``compact`` until it may be compacted, and in ``closed-at`` until it is removed.
Each step is one script that does nothing if the incident is not as it was read, or may still change.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Literal

from tocsin._core.ids import notice_id, notice_of
from tocsin._core.times import DAY, Millis
from tocsin._store.client import Arg, Store
from tocsin._store.compact import LIMIT, Kept, packed
from tocsin._store.keys import Keys
from tocsin._store.whole import Found

SETTLES_WITHIN: Millis = 1 * DAY
"""Beyond the time to reopen, a closed incident stays as it is for so long: people still act upon it."""

Verdict = Literal["ok", "changed", "busy"]
Counted = Literal["archived", "dropped"]


@dataclass(frozen=True, slots=True)
class Moment:
    """When a step is done, and how long a closed incident may be reopened by the plan in force."""

    now: Millis
    reopen_within: Millis


async def lease(store: Store, keys: Keys, token: str, *, now: Millis, until: Millis) -> bool:
    """Take, or keep, the right to work on a shard's closed incidents; ``False`` while another has it.

    An ``until`` that has come gives it back. Raises ``StoreUnavailable``.
    """
    answer: int = await store.run("retention_lease", [keys.retention], [now, until, token])
    return answer == 1


async def to_compact(store: Store, keys: Keys, now: Millis, limit: int) -> list[str]:
    """Closed incidents that may be compacted by now. Raises ``StoreUnavailable``."""
    pipe = store.pipeline().zrange(keys.compact, "-inf", now, byscore=True, offset=0, num=limit)
    (names,) = await store.call(pipe.execute())
    return [name.decode() for name in names]


async def closed_before(store: Store, keys: Keys, before: Millis, limit: int) -> list[str]:
    """Incidents that closed before then, the earliest first. Raises ``StoreUnavailable``."""
    pipe = store.pipeline().zrange(keys.closed_at, "-inf", f"({before}", byscore=True, offset=0, num=limit)
    (names,) = await store.call(pipe.execute())
    return [name.decode() for name in names]


async def postpone(store: Store, keys: Keys, incident_id: str, until: Millis) -> None:
    """Look again at an incident that cannot be compacted yet. Raises ``StoreUnavailable``."""
    await store.run("retention_postpone", [keys.compact], [incident_id, until])


async def forget(store: Store, keys: Keys, incident_id: str) -> None:
    """Take an incident that is not there out of the indexes. Raises ``StoreUnavailable``."""
    await store.run("retention_forget", [keys.incident(incident_id), *_indexes(keys)], [incident_id])


async def too_large(found: Found) -> bool:
    """Whether something must be left out of an incident, for it to be compacted to its limit."""
    # A huge one takes a tenth of a second; the loop goes on meanwhile.
    body = await asyncio.to_thread(packed, found.whole.incident, _kept(found, ""), whole=True)
    return len(body) > LIMIT


async def compact(
    store: Store, keys: Keys, found: Found, at: Moment, *, whole: bool = False, archived_in: str = ""
) -> Verdict:
    """Put one small value in the place of all that is stored of a closed incident, but its dead letters.

    What does not fit is left out, unless it is to stay ``whole``; ``archived_in`` is where it is. Raises
    ``StoreUnavailable``.
    """
    kept = _kept(found, archived_in or found.whole.archived_in)
    body = await asyncio.to_thread(packed, found.whole.incident, kept, whole=whole)
    return await _retire(store, keys, found, at, args=["compact", body, ""])


def _kept(found: Found, archived_in: str) -> Kept:
    whole = found.whole
    dead = {delivery.id for delivery in found.live if delivery.state == "dead"}
    return Kept(
        timeline=whole.timeline,
        deliveries=tuple(delivery for delivery in whole.deliveries if delivery.id not in dead),
        why=whole.why,
        deliveries_left_out=whole.deliveries_left_out,
        archived_in=archived_in,
    )


async def removable(store: Store, keys: Keys, found: Found, at: Moment) -> Verdict:
    """Whether ``remove`` would do it now; changes nothing. Raises ``StoreUnavailable``."""
    return await _retire(store, keys, found, at, args=["look", "", ""])


async def remove(store: Store, keys: Keys, found: Found, at: Moment, counted: Counted) -> Verdict:
    """Remove all that is stored of a closed incident, and count it. Raises ``StoreUnavailable``."""
    return await _retire(store, keys, found, at, args=["remove", "", counted])


async def _retire(store: Store, keys: Keys, found: Found, at: Moment, *, args: list[Arg]) -> Verdict:
    incident = found.whole.incident
    owed = {notice_of(delivery.id) for delivery in found.live if delivery.state == "dead"}
    notices = [notice_id(incident.id, number) for number in range(1, incident.sequence + 1)]
    if args[0] == "compact":
        notices = [notice for notice in notices if notice not in owed]
    names = [keys.incident(incident.id), keys.view(incident.key), keys.held, *_indexes(keys)]
    names += [keys.deliveries, keys.dead, keys.stats, keys.timeline(incident.id), keys.deliveries_of(incident.id)]
    names += [keys.why(incident.id), keys.told(incident.id), keys.threads(incident.id), *map(keys.notice, notices)]
    first = len(names)
    names += (keys.delivery(delivery.id) for delivery in found.live)
    args += [at.now, at.reopen_within + SETTLES_WITHIN, incident.id, incident.key, found.body]
    args += [found.entries, found.ids, first]
    for delivery in found.live:
        args += (delivery.id, delivery.channel, delivery.state)
    verdict: bytes = await store.run("retention_retire", names, args)
    text = verdict.decode()
    assert text in ("ok", "changed", "busy")
    return text  # type: ignore[return-value]


def _indexes(keys: Keys) -> tuple[str, str, str]:
    return keys.closed, keys.closed_at, keys.compact
