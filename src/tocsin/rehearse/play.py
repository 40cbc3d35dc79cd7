"""A test in time, played: alerts fire and end, people act, a clock is moved; the real decision says who is told what.

As a sender does, ``fire`` says it again and again until the alert is resolved or lost; so one of a pair may end an
alert that the other still fires. Nothing is sent, and every channel takes what it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from tocsin._core.action import Action
from tocsin._core.incident import Notice
from tocsin._core.model import Alert, Classification, Dropped, DropReason
from tocsin._core.plan import Plan
from tocsin._core.source import Source
from tocsin._core.times import MINUTE, Millis, format_duration
from tocsin._core.trial import PlanStep
from tocsin.adapt.posted import Posted, to_alert
from tocsin.classify.classifier import Classifier
from tocsin.dedup.identity import fires_until, identity, speaks_once
from tocsin.incident.decide import Decision, decide
from tocsin.rehearse.acts import NotTaken, action_of, open_key, open_of, refusals
from tocsin.rehearse.alerts import Alerts, Key, News

AGAIN_EVERY: Millis = 1 * MINUTE
"""How often a sender says what does not count as firing though it says so."""

MOST_LOOKS = 1_000
"""Looks at an incident key at one moment, after which its clock counts as standing still."""

Decide = Callable[..., Decision]
"""``tocsin.incident.decide.decide``, or what stands in for it."""


class StandsStill(Exception):
    """An incident is due again at once, however often it is looked at. The text is for the person who reads it."""


@dataclass(slots=True)
class _Series:
    """What a sender repeats, and whose news it is; ``again_at`` is when next, if it makes a difference."""

    alert: Alert
    identity: str
    again_at: Millis | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of a step: in words, what the plan says of an alert that fires, and whether an act was refused."""

    step: PlanStep
    outcome: str
    decision: Classification | Dropped | None = None
    is_refused: bool = False


class Play:
    """One test in time. ``run`` plays its steps, in order, and answers what happened.

    It raises ``Refused`` for an alert that no source could post, and ``StandsStill``.
    """

    def __init__(
        self, plan: Plan, classifier: Classifier, source: Source, start: Millis, *, decide: Decide = decide
    ) -> None:
        self._plan = plan
        self._classifier = classifier
        self._source = source
        self._start = start
        self._decide = decide
        self._alerts = Alerts()
        self._said: dict[frozenset[tuple[str, str]], _Series] = {}

    def run(self, steps: tuple[PlanStep, ...], end: Millis) -> Iterator[Heard | Notice]:
        """All steps and notices until ``end``, an offset as those of the steps are, in the order of time."""
        left = list(reversed(steps))
        while True:
            dues = [self._start + step.at for step in left[-1:]]
            dues += [key.due for key in self._alerts.keys.values() if key.due is not None]
            dues += [series.again_at for series in self._said.values() if series.again_at is not None]
            now = min(dues, default=None)
            if now is None or now > self._start + end:
                return
            while left and self._start + left[-1].at <= now:
                step = left.pop()
                if step.group:
                    yield from self._act(step, now)
                else:
                    yield self._hear(step, now)
            self._repeat(now)
            for key in self._alerts.keys.values():
                yield from self._looks(key, now)

    def _act(self, step: PlanStep, now: Millis) -> Iterator[Heard | Notice]:
        """Somebody does something. What opens at this moment is open by then; clocks that are due have not spoken."""
        for each in self._alerts.keys.values():
            if each.open is None:
                yield from self._looks(each, now)
        try:
            key = self._meant(step, now)
            key.expire(now)
            with refusals():
                notices = self._decided(key, now, step)
        except NotTaken as refused:
            yield Heard(step, f"refused, {refused}", is_refused=True)
            return
        yield Heard(step, "done")
        yield from notices

    def _meant(self, step: PlanStep, now: Millis) -> Key:
        """The incident key that somebody acts upon. Raises ``NotTaken``."""
        if step.labels:
            return open_of(self._alerts.joined_by(self._series(step, now).identity), self._start)
        return open_key(self._alerts.keys.values(), self._start)

    def _hear(self, step: PlanStep, now: Millis) -> Heard:
        series = self._series(step, now)
        labels = frozenset(step.labels.items())
        if step.does == "fire":
            if not speaks_once(self._source):
                self._said[labels] = series
            return Heard(step, *self._fire(series, now))
        was_repeated = self._said.pop(labels, None) is not None
        if step.does == "resolve":
            return Heard(step, self._end(series, now))
        if was_repeated:  # now, for the last time
            self._fire(series, now)
        return Heard(step, "lost" if was_repeated else "never repeated")

    def _series(self, step: PlanStep, now: Millis) -> _Series:
        known = self._said.get(frozenset(step.labels.items()))
        if known:
            return known
        posted = to_alert(Posted(labels=dict(step.labels)), source=self._source.name, received_at=now, firing=True)
        alert = msgspec.structs.replace(posted, starts_at=now)
        return _Series(alert, identity(alert, self._source))

    def _fire(self, series: _Series, now: Millis) -> tuple[str, Classification | Dropped]:
        alert = msgspec.structs.replace(series.alert, received_at=now)
        until = fires_until(alert, self._source)
        is_repeated = any(each.identity == series.identity for each in self._said.values())
        decision = self._classifier.classify(alert, now)
        news = News(
            identity=series.identity,
            decision=decision,
            starts_at=alert.starts_at or now,
            until=None if is_repeated else until,
            is_watched=until is None and not is_repeated and not speaks_once(self._source),
        )
        outcome = self._alerts.fire(news, now)
        series.again_at = now + AGAIN_EVERY if outcome == "late" else None
        if outcome == "dropped" and isinstance(decision, Dropped) and decision.reason is DropReason.RULE:
            series.again_at = next((rule.until for rule in self._plan.rules if rule.name == decision.by), None)
        return outcome, decision

    def _end(self, series: _Series, now: Millis) -> str:
        outcome = self._alerts.resolve(series.identity, now)
        for other in self._said.values():
            if other.identity == series.identity:
                other.again_at = now + AGAIN_EVERY
        return outcome

    def _repeat(self, now: Millis) -> None:
        for series in self._said.values():
            if series.again_at is not None and series.again_at <= now:
                self._fire(series, now)

    def _looks(self, key: Key, now: Millis) -> Iterator[Notice]:
        """Look at a key until nothing about it is due. Raises ``StandsStill``."""
        for _ in range(MOST_LOOKS):
            if key.due is None or key.due > now:
                return
            yield from self._look(key, now)
        raise StandsStill(
            f"at {format_duration(now - self._start)} one incident was looked at {MOST_LOOKS:,} times and is due again "
            "at once: a clock that stands still. This is a mistake in Tocsin and none of the plan's; please report it"
        )

    def _look(self, key: Key, now: Millis) -> tuple[Notice, ...]:
        """Decide about a key that is due, as the loop does; nobody is told where it was due for an alert only."""
        key.expire(now)
        again = key.next_due(now)
        if not key.changed and key.stale == key.stale_by(now) and again is not None and again > now:
            key.due = again
            return ()
        return self._decided(key, now)

    def _decided(self, key: Key, now: Millis, step: PlanStep | None = None) -> tuple[Notice, ...]:
        """Decide, and keep it; with a step, about what somebody does. Raises what ``action_of`` and ``decide`` do."""
        action: Action | None = None
        if step and key.open:
            action = action_of(step, key.open, self._plan, now)
        decision = self._decide(key.incident, key.view(now), self._plan, now, action=action)
        for incident in decision.incidents:
            if incident.closed_at is not None:
                key.previous = (incident.id, incident.closed_at)
        present = decision.incidents[-1] if decision.incidents else key.incident
        key.incident = present if present and (present.closed_at is None or present.unconfirmed) else None
        if decision.opened:
            key.opened()
        key.looked(now, decision.clock)
        return decision.notices
