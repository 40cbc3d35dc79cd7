"""The alerts of a rehearsal, kept in memory as the store keeps them: what is new, repeated, ended or lost.

It says of news what the step that stores alerts would say, and of an incident key what a claim would find. Here the
intake never stops, and no sender leaves anything out. ``tests/rehearse`` holds it to the store.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec.structs import replace

from tocsin._core.incident import Incident
from tocsin._core.model import Classification, Dropped
from tocsin._core.times import HOUR, MINUTE, Millis
from tocsin._core.view import Joined, View
from tocsin.dedup.identity import key_digest

LATE: Millis = 2 * MINUTE
"""Firing news so soon after an end was received, with no later start, is late."""

STALE: Millis = 25 * HOUR
"""How long an alert that never expires may be unseen."""

PACE: Millis = 200
"""A key is looked at at most once in so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """That an alert fires. ``until`` is when it expires, ``None`` for never; ``is_watched``: it is then missed."""

    identity: str
    decision: Classification | Dropped
    starts_at: Millis
    until: Millis | None
    is_watched: bool


@dataclass(slots=True, kw_only=True)
class Key:
    """An incident key: its alerts that fire, by identity, with their ends; and what the last look at it left."""

    name: str
    until: dict[str, Millis | None] = field(default_factory=dict)
    seen: dict[str, Millis] = field(default_factory=dict)
    recent: dict[str, int] = field(default_factory=dict)
    fired: int = 0
    fired_before: int = 0
    fired_at_look: int = 0
    first_of_firing: int = 0
    total: int = 0
    zero_at: Millis = 0
    unseen: int = 0
    stale: int = 0
    fresh: Joined | None = None
    changed: bool = False
    incident: Incident | None = None
    previous: tuple[str, Millis] | None = None
    clock: Millis | None = None
    looked_at: Millis = 0
    due: Millis | None = None

    @property
    def open(self) -> Incident | None:
        """The present incident, unless it is closed."""
        return self.incident if self.incident and self.incident.closed_at is None else None

    @property
    def rank(self) -> int:
        """That of the present incident's tier; 0 without an open one."""
        return self.open.tier.rank if self.open else 0

    def mark(self, now: Millis, *, at_once: bool = False) -> None:
        """Something about its alerts has changed."""
        self.changed = True
        at = now if at_once else max(now, self.looked_at + PACE)
        self.due = at if self.due is None else min(self.due, at)

    def end(self, identity: str, at: Millis, *, lost: bool) -> None:
        """An alert that fired does no more."""
        del self.until[identity]
        self.seen.pop(identity, None)
        self.zero_at = max(self.zero_at, at)
        self.unseen += lost

    def find(self, identity: str) -> bool:
        """An alert that was lost is heard of again; whether it was lost since anything last began to fire."""
        was_counted = self.unseen > 0 and self.recent.get(identity, -1) >= self.first_of_firing
        self.unseen -= was_counted
        return was_counted

    def expire(self, now: Millis) -> None:
        """End what was not heard of in time."""
        for identity, until in list(self.until.items()):
            if until is not None and until <= now:
                self.end(identity, until, lost=True)
                self.changed = True

    def stale_by(self, now: Millis) -> int:
        """How many of its alerts should have been heard of again by now."""
        return sum(at <= now - STALE for at in self.seen.values())

    def next_due(self, now: Millis) -> Millis | None:
        """When one of its alerts expires or goes stale, or its incident's clock is due."""
        dues = [until for until in self.until.values() if until is not None]
        dues += [at + STALE for at in self.seen.values() if at + STALE > now]
        dues += [self.clock] if self.clock is not None else []
        return min(dues, default=None)

    def view(self, now: Millis) -> View:
        """What a decision is shown. Channels take at once whatever they are given."""
        waited = self.incident.unconfirmed if self.incident else ()
        return View(
            key=self.name,
            seq=self.fired,
            firing=len(self.until),
            total=self.total,
            zero_at=self.zero_at,
            unseen=self.unseen,
            stale=self.stale_by(now),
            joined=self.fresh,
            later=sum(fired > self.fired_at_look for fired in self.recent.values()),
            told={f"{entry.incident}/{entry.sequence}/{entry.group}": "accepted" for entry in waited},
            previous=self.previous,
        )

    def opened(self) -> None:
        """An incident was opened, to which belongs what fired since the last look."""
        self.fired_before = self.fired_at_look
        self.total = sum(fired > self.fired_before for fired in self.recent.values())

    def looked(self, now: Millis, clock: Millis | None) -> None:
        """A look at it is done; ``clock`` is when its incident wants the next."""
        self.fresh, self.changed, self.stale = None, False, self.stale_by(now)
        self.fired_at_look, self.looked_at, self.clock = self.fired, now, clock
        self.due = self.next_due(now)


@dataclass(slots=True)
class _Heard:
    """What is known of one alert: the key that it joined, its end if it has ended, and the end before."""

    key: Key | None = None
    ended: Millis | None = None
    ended_before: Millis = 0

    @property
    def joined(self) -> Key | None:
        """The key that it joined and has not left by an end of its own."""
        return None if self.ended is not None else self.key


class Alerts:
    """All alerts of a rehearsal; ``keys`` are the incident keys that they joined, in the order of their coming."""

    def __init__(self) -> None:
        self.keys: dict[str, Key] = {}
        self._heard: dict[str, _Heard] = {}

    def joined_by(self, identity: str) -> Key | None:
        """The incident key that an alert joined last; ``None`` if it joined none."""
        heard = self._heard.get(identity)
        return heard.key if heard else None

    def fire(self, news: News, now: Millis) -> str:
        """Take news of one that fires: ``new``, ``repeated``, ``late`` or ``dropped``."""
        heard = self._heard.get(news.identity) or _Heard()
        key = heard.joined
        if key and news.identity in key.until:
            until = key.until[news.identity]
            if until is None or until > now:
                self._expect(key, news, now)
                return "repeated"
            key.end(news.identity, until, lost=True)
            key.mark(now)
        # An end is received when it happens, so that there is one time for both.
        if heard.ended is not None and news.starts_at <= heard.ended and now - heard.ended < LATE:
            return "late"
        if isinstance(news.decision, Dropped):
            return "dropped"
        self._join(news, news.decision, heard, now)
        return "new"

    def resolve(self, identity: str, now: Millis) -> str:
        """Take news of one that ends now: ``ended``, or ``known`` where it did not fire."""
        heard = self._heard.setdefault(identity, _Heard())
        if now <= max(heard.ended or 0, heard.ended_before):
            return "known"
        key = heard.joined
        fired = key is not None and identity in key.until
        if key and fired:
            key.end(identity, now, lost=False)
            key.mark(now)
        elif key and key.find(identity):
            key.mark(now)
        heard.ended = now
        return "ended" if fired else "known"

    def _expect(self, key: Key, news: News, now: Millis) -> None:
        """Note until when it counts as firing."""
        key.until[news.identity] = news.until
        before = key.seen.pop(news.identity, None)
        if news.is_watched:
            key.seen[news.identity] = now
        if before is not None and before <= now - STALE:
            key.mark(now)
        dues = [at for at in (key.due, key.next_due(now)) if at is not None]
        key.due = min(dues, default=None)

    def _join(self, news: News, decision: Classification, heard: _Heard, now: Millis) -> None:
        name = key_digest(decision.key)
        key = self.keys.setdefault(name, Key(name=name))
        before = key.recent.get(news.identity)
        is_new = before is None or before <= key.fired_before
        if not key.until:
            key.first_of_firing, key.unseen = key.fired + 1, 0
        elif heard.joined is key:
            key.find(news.identity)
        key.fired += 1
        key.total += is_new
        key.recent[news.identity] = key.fired
        self._heard[news.identity] = _Heard(key, None, heard.ended or heard.ended_before)
        key.until[news.identity] = news.until
        if news.is_watched:
            key.seen[news.identity] = now
        key.fresh = _joined(key.fresh, news, decision, now=now, is_new=is_new)
        key.mark(now, at_once=key.incident is None or decision.tier.rank > key.rank)


def _joined(before: Joined | None, news: News, decision: Classification, *, now: Millis, is_new: bool) -> Joined:
    """What has joined since the last look, and this alert."""
    services = (decision.service,) if decision.service else ()
    if before is None:
        return Joined(
            count=int(is_new),
            first_at=now,
            earliest_start=news.starts_at,
            top=decision,
            top_identity=news.identity,
            shortest=decision,
            classes=(decision.class_,),
            services=services,
        )
    is_worse = decision.tier.rank > before.top.tier.rank
    return replace(
        before,
        count=before.count + is_new,
        earliest_start=news.starts_at if before.earliest_start is None else min(before.earliest_start, news.starts_at),
        top=decision if is_worse else before.top,
        top_identity=news.identity if is_worse else before.top_identity,
        shortest=decision if decision.rto < before.shortest.rto else before.shortest,
        classes=tuple(dict.fromkeys((*before.classes, decision.class_))),
        services=tuple(dict.fromkeys((*before.services, *services))),
    )
