"""Step 5's hand-offs: claiming due incident keys, and committing what was decided about one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from tocsin._core.errors import StoreMismatch
from tocsin._core.incident import Delivery, Incident, Notice
from tocsin._core.timeline import TimelineEntry
from tocsin._core.times import DAY, HOUR, MINUTE, SECOND, Millis
from tocsin._core.view import Claim
from tocsin._core.why import Why
from tocsin._store.client import Arg, Store
from tocsin._store.codec import encode, pack
from tocsin._store.compact import incident_of
from tocsin._store.keys import Keys
from tocsin._store.views import view_of

log = logging.getLogger(__name__)

LEASE: Millis = 30 * SECOND
PATIENCE = 10
"""Tries of a key that fails before it is set aside."""

REST: Millis = 10 * MINUTE
"""How long a key that was set aside rests before it is tried again."""

NEWEST = 20
"""How many of an incident's alerts are looked at and told of, newest first."""

Verdict = Literal["ok", "lost", "stale", "taken"]


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a claim gave: the keys under lease, alerts that expired by source, keys set aside."""

    claims: tuple[Claim, ...]
    expired: dict[str, int]
    aside: tuple[str, ...]


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be written of one key. ``incidents`` are the changed ones, the present one last; ``explained`` says
    of incidents why they are graded as they are; ``owing`` says for each (incident, sequence, group) how many primary
    deliveries it has."""

    claim: Claim
    incidents: tuple[Incident, ...]
    opened: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    explained: tuple[tuple[str, Why], ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    owing: tuple[tuple[str, int, str, int], ...] = ()
    timeline: tuple[tuple[str, TimelineEntry], ...] = ()
    stats: tuple[tuple[str, float], ...] = ()
    clock: Millis | None = None
    reopen_within: Millis = 4 * HOUR


async def due_keys(store: Store, keys: Keys, now: Millis, limit: int) -> tuple[list[str], Millis | None]:
    """Keys that are due, urgent first, and when the next one will be if none is left."""
    pipe = store.pipeline()
    for name in (keys.urgent, keys.held, keys.normal):
        pipe.zrange(name, "-inf", now, byscore=True, offset=0, num=limit)
    for name in (keys.urgent, keys.held, keys.normal):
        pipe.zrange(name, f"({now}", "+inf", byscore=True, offset=0, num=1, withscores=True)
    rows = await store.call(pipe.execute())
    due = [member.decode() for row in rows[:3] for member in row]
    later = [int(score) for row in rows[3:] for _, score in row]
    return due[:limit], min(later, default=None)


async def claim(store: Store, keys: Keys, candidates: Sequence[str], *, token: str, now: Millis) -> Claims:
    """Claim those of the candidates that are due, and load them. Raises ``StoreUnavailable``."""
    names = [keys.urgent, keys.normal, keys.held, keys.leases, keys.tries, keys.aside, keys.intake]
    for key in candidates:
        names += (keys.view(key), keys.until(key), keys.seen(key), keys.recent(key))
    args: list[Arg] = [now, now + LEASE, token, PATIENCE, REST, NEWEST, *candidates]
    expired, aside, rows = await store.run("claim", names, args)
    claims = await _load(store, keys, rows, token)
    counts = {expired[i].decode(): int(expired[i + 1]) for i in range(0, len(expired), 2)}
    return Claims(claims=claims, expired=counts, aside=tuple(member.decode() for member in aside))


async def _load(store: Store, keys: Keys, rows: list[Any], token: str) -> tuple[Claim, ...]:
    pipe = store.pipeline()
    found = []
    for member, tries, flat, newest in rows:
        # RESP3 answers a map for HGETALL outside scripts, but a flat list inside them.
        fields = {flat[i].decode(): flat[i + 1] for i in range(0, len(flat), 2)}
        incident = fields.get("inc", b"").decode()
        names = [(newest[i].decode(), newest[i + 1] == 1) for i in range(0, len(newest), 2)]
        found.append((member.decode(), tries, fields, incident, names))
        if incident:
            pipe.get(keys.incident(incident))
    answers = iter(await store.call(pipe.execute()) if len(pipe) else ())
    loaded = []
    for key, tries, fields, incident, names in found:
        stored = next(answers) if incident else None
        try:
            view = view_of(key, fields)
            present = incident_of(stored) if stored else None
        except StoreMismatch as error:
            # It must not hold up the others. Its lease runs out, and after some tries it is set aside.
            log.error("an incident key cannot be read", extra={"key": key, "error": str(error)})
            continue
        loaded.append(Claim(key=key, token=token, tries=int(tries), view=view, incident=present, newest=tuple(names)))
    told = await _told(store, keys, [claimed.incident for claimed in loaded])
    return tuple(
        msgspec.structs.replace(claimed, view=msgspec.structs.replace(claimed.view, told=arrived))
        for claimed, arrived in zip(loaded, told, strict=True)
    )


async def _told(store: Store, keys: Keys, incidents: list[Incident | None]) -> list[dict[str, str]]:
    """For each incident, what became of the notices whose arrival it still waits for."""
    waited = [tuple({entry.incident for entry in incident.unconfirmed} if incident else ()) for incident in incidents]
    pipe = store.pipeline()
    for names in waited:
        for name in names:
            pipe.hgetall(keys.told(name))
    answers = iter(await store.call(pipe.execute()) if any(waited) else ())
    told = []
    for incident, names in zip(incidents, waited, strict=True):
        rows = {name: next(answers) for name in names}
        seen = {f"{name}/{field.decode()}": row[field].decode() for name, row in rows.items() for field in row}
        for entry in incident.unconfirmed if incident else ():
            if entry.due is None and not rows[entry.incident]:
                # The incident before was compacted meanwhile: nothing of it is on its way any more.
                seen[f"{entry.incident}/{told_field(entry.sequence, entry.group)}"] = "accepted"
        told.append(seen)
    return told


async def make_due_now(store: Store, keys: Keys, key: str, incident: str, now: Millis) -> bool:
    """Make an incident's key due, unless it is held; ``False`` if the key has another incident by now.

    Raises ``StoreUnavailable``.
    """
    names = [keys.urgent, keys.normal, keys.held, keys.view(key), keys.recent(key)]
    answer: int = await store.run("due_now", names, [key, now, incident])
    return answer == 1


async def release(store: Store, keys: Keys, claimed: Claim, *, due: Millis, failed: bool) -> None:
    """Give back a lease without a commit, due again at ``due``."""
    key = claimed.key
    names = [keys.urgent, keys.normal, keys.held, keys.leases, keys.view(key), keys.tries]
    await store.run("release", names, [key, claimed.token, due, 0 if failed else 1])


async def commit(store: Store, keys: Keys, change: Commit, now: Millis) -> Verdict:
    """Write it all in one step, or nothing. Raises ``StoreUnavailable``."""
    names = _Names(keys, change.claim.key)
    body = pack(_body(names, keys, change))
    verdict: bytes = await store.run("commit", names.all, [now, body, *names.values])
    text = verdict.decode()
    assert text in ("ok", "lost", "stale", "taken")
    return text  # type: ignore[return-value]


class _Names:
    """The keys and the stored values of a commit, and the place of each.

    Values are arguments of their own, since the store's MessagePack knows no binary strings.
    """

    def __init__(self, keys: Keys, key: str) -> None:
        self.all = [keys.urgent, keys.normal, keys.held, keys.leases, keys.tries, keys.aside, keys.intake]
        self.all += [keys.view(key), keys.until(key), keys.seen(key), keys.recent(key)]
        self.all += [keys.active, keys.closed, keys.closed_at, keys.deliveries, keys.channels, keys.stats]
        self.all += [keys.compact]
        self._places = {name: place for place, name in enumerate(self.all, 1)}
        self.values: list[bytes] = []

    def place(self, name: str) -> int:
        """Where in KEYS this name is, counting from 1."""
        if name not in self._places:
            self.all.append(name)
            self._places[name] = len(self.all)
        return self._places[name]

    def value(self, value: object) -> int:
        """Where in ARGV the stored form of this value is."""
        self.values.append(encode(value))
        return 2 + len(self.values)


def _body(names: _Names, keys: Keys, change: Commit) -> dict[str, Any]:
    view = change.claim.view
    present = change.incidents[-1] if change.incidents else change.claim.incident
    is_open = present is not None and present.closed_at is None
    previous = view.previous
    for incident in change.incidents:
        if incident.closed_at is not None:
            previous = (incident.id, incident.closed_at)
    return {
        "digest": change.claim.key,
        "token": change.claim.token,
        "rev": view.rev,
        "mark": view.mark,
        "seq": view.seq,
        "rank": present.tier.rank if present and is_open else 0,
        "inc": present.id if present and (is_open or present.unconfirmed) else "",
        "prev": f"{previous[0]} {previous[1]}" if previous else "",
        "clock": -1 if change.clock is None else change.clock,
        "opened": bool(change.opened),
        "keep": change.reopen_within + DAY,
        "stats": list(change.stats),
        "incidents": [_incident(names, keys, incident, change) for incident in change.incidents],
        "timeline": [[names.place(keys.timeline(name)), names.value(entry)] for name, entry in change.timeline],
        "notices": [
            *([names.place(keys.notice(notice.id)), names.value(notice)] for notice in change.notices),
            *([names.place(keys.why(incident)), names.value(why)] for incident, why in change.explained),
        ],
        "told": [
            [names.place(keys.told(incident)), told_field(sequence, group), count]
            for incident, sequence, group, count in change.owing
        ],
        "deliveries": [_delivery(names, keys, delivery) for delivery in change.deliveries],
    }


def _incident(names: _Names, keys: Keys, incident: Incident, change: Commit) -> list[Any]:
    closed_at = -1 if incident.closed_at is None else incident.closed_at
    place = names.place(keys.incident(incident.id))
    return [place, incident.id, names.value(incident), incident.id in change.opened, order(incident), closed_at]


def _delivery(names: _Names, keys: Keys, delivery: Delivery) -> list[Any]:
    lane = lane_of(delivery)
    return [
        names.place(keys.delivery(delivery.id)),
        delivery.id,
        names.value(delivery),
        names.place(keys.lane(delivery.channel, lane)),
        lane,
        [names.place(queue) for queue in keys.queues(delivery.channel)],
        names.place(keys.sending(delivery.channel)),
        delivery.channel,
        names.place(keys.deliveries_of(delivery.incident)),
        names.place(keys.ranks(delivery.channel)),
        rank_of(delivery),
        delivery.due,
    ]


def order(incident: Incident) -> int:
    """Where an incident stands in a list: by tier, then by start; the highest number comes first."""
    return incident.tier.rank << 44 | incident.started_at


def lane_of(delivery: Delivery) -> str:
    """The lane of a delivery on its channel: within one, first in is first out."""
    return f"{delivery.incident}/{delivery.lane or delivery.group}"


def rank_of(delivery: Delivery) -> int:
    """Which of its channel's queues a delivery belongs to, as ``Keys.queues`` counts them."""
    return 0 if delivery.digest else delivery.tier.rank


def told_field(sequence: int, group: str) -> str:
    """The field of ``told:<incident>`` that says whether a group got a notice."""
    return f"{sequence}/{group}"
