"""A classified batch into the store: what is new in it, what is repeated, what ended.

In: alerts with what the plan says of each. Out: a ``Receipt``, and the incident keys that are due. Nothing is
dropped here; an alert that the plan drops is only looked up, so that one that fired before can end.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tocsin._core.clock import Clock, in_stretches
from tocsin._core.errors import StoreUnavailable
from tocsin._core.incident import AlertRecord
from tocsin._core.model import Alert, Classification, Dropped, Receipt
from tocsin._core.room import Room
from tocsin._core.source import Source
from tocsin._core.times import Millis
from tocsin._store.alerts import News, accept
from tocsin._store.client import Store
from tocsin.dedup.identity import ended_at, fires_until, identity, key_digest, speaks_once

Classified = tuple[Alert, Source, Classification | Dropped]


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a batch. ``outcomes`` has one letter for each alert: ``n`` new, ``r`` repeated, ``e`` ended,
    ``d`` dropped; ``due`` are keys with the time at which each is to be looked at."""

    receipt: Receipt
    outcomes: tuple[str, ...]
    due: tuple[tuple[str, Millis], ...]


async def take(store: Store, classified: Sequence[Classified], now: Millis, *, clock: Clock, room: Room) -> Taken:
    """Store a batch received at ``now``, as soon as the store has room for it.

    Raises ``StoreUnavailable``; it is then safe to take it again.
    """
    news = await in_stretches(clock, classified, _news)
    chosen = _one_each(news, [alert for alert, _, _ in classified])
    async with room.of(len(news)):
        try:
            accepted = await accept(store, [news[place] for place in chosen], now)
        except StoreUnavailable as error:
            room.turn_away(error)
            raise
    outcomes = ["r"] * len(news)
    for place, letter in zip(chosen, accepted.outcomes, strict=True):
        outcomes[place] = letter
    for place in set(range(len(news))).difference(chosen):
        if news[place].record is None:
            outcomes[place] = "d"
    receipt = Receipt(
        received=len(news),
        new=outcomes.count("n"),
        repeated=outcomes.count("r"),
        resolved=outcomes.count("e"),
        dropped=outcomes.count("d"),
    )
    return Taken(receipt=receipt, outcomes=tuple(outcomes), due=tuple(accepted.due))


def _news(classified: Classified) -> News:
    alert, source, decision = classified
    name = identity(alert, source)
    record = None
    if isinstance(decision, Classification):
        record = AlertRecord(
            identity=name,
            source=alert.source,
            labels=alert.labels,
            annotations=alert.annotations,
            generator_url=alert.generator_url,
            starts_at=alert.starts_at,
        )
    return News(
        identity=name,
        key=key_digest(decision.key) if isinstance(decision, Classification) else "",
        firing=alert.firing,
        starts_at=alert.starts_at,
        ends_at=ended_at(alert),
        until=fires_until(alert, source) if alert.firing else None,
        record=record,
        decision=decision,
        truncated=alert.truncated,
        once=speaks_once(source),
    )


def _one_each(news: Sequence[News], alerts: Sequence[Alert]) -> list[int]:
    """The places of the news that count where a batch speaks of one alert several times.

    One series says its later word last, so its last news counts. Different series of one alert are replicas
    of a source, and it fires while it fires for any of them. A source that says by what its alerts are known has
    no replicas.
    """
    by_identity: dict[str, list[int]] = {}
    for place, item in enumerate(news):
        by_identity.setdefault(item.identity, []).append(place)
    if len(by_identity) == len(news):
        return list(range(len(news)))
    chosen = []
    for places in by_identity.values():
        last = {_series(alerts[place]): place for place in places}
        chosen.append(max(last.values(), key=lambda place: (news[place].firing, place)))
    return sorted(chosen)


def _series(alert: Alert) -> tuple[object, ...]:
    return alert.identity or tuple(sorted(alert.labels.items()))
