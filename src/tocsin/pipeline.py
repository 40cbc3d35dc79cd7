"""The way of one alert, on one screen. Read this first.

::

    accept   HTTP in: who may, how much, how encoded                      accept/
    adapt    the sender's payload → alerts                                adapt/
    classify the plan's rules: alert → class, tier, incident key          classify/
    dedup    new, repeated, ended? marks the incident's key due           dedup/     one step in the store
    incident decide(incident, its alerts, plan, now) → changes, notices   incident/  one step in the store
    route    a notice's groups → deliveries on channels                   route/
    send     deliveries → channels, at least once                         send/      one step in the store each

``Pipeline.take`` runs the first half while the sender waits: its answer means that the alert is stored.
The second half runs in loops that look at what is due (``IncidentLoop``, and a ``ChannelLoop`` for each
channel); ``app.py`` starts them, and a ``HeartbeatLoop`` that has alerts of its own to ``keep``. What is stored
survives a kill at any instant, and any process can go on.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tocsin._core.clock import Clock, in_stretches
from tocsin._core.errors import NotFound
from tocsin._core.incident import Delivery, Fallback, Notice
from tocsin._core.model import Alert, Batch, Dropped, Receipt
from tocsin._core.room import Room
from tocsin._core.times import Millis
from tocsin._store.client import Store
from tocsin._store.heartbeats import hear
from tocsin.dedup.take import Classified, take
from tocsin.incident.loop import IncidentLoop
from tocsin.plan import Current
from tocsin.route.decide import route, route_fallback
from tocsin.telemetry.metrics import Metrics

ALERTS_AT_ONCE = 256
"""Alerts stored at the same time: enough to keep the store busy. More would only stand in line before it, and with
them the incidents, whose every step would wait behind all of them."""


class Routes:
    """Step 6 for the incident loop: routes by the plan in force."""

    def __init__(self, current: Current) -> None:
        self._current = current

    def deliveries(self, notice: Notice, now: Millis) -> tuple[tuple[Delivery, ...], tuple[tuple[str, int], ...]]:
        """A notice's deliveries, and for each of its groups how many of them are the group's."""
        routing = route(notice, self._current.plan(), now)
        return routing.deliveries, routing.owing

    def fallback(self, entry: Fallback, key: str, now: Millis) -> tuple[Delivery, ...]:
        """The deliveries of a notice to a group's fallback channels."""
        return route_fallback(entry, key, self._current.plan(), now)


class Pipeline:
    """The first half of the way: from a decoded batch to the store."""

    def __init__(
        self, *, current: Current, store: Store, clock: Clock, incidents: IncidentLoop, metrics: Metrics
    ) -> None:
        self._current = current
        self._store = store
        self._clock = clock
        self._incidents = incidents
        self._metrics = metrics
        self._room = Room(ALERTS_AT_ONCE)

    async def take(self, batch: Batch) -> Receipt:
        """Classify and store a batch; its answer means that every alert is kept, dropped by the plan or rejected.

        Raises ``StoreUnavailable``; the sender may then send the same batch again. Raises ``NotFound``, and nothing is
        stored, where the plan in force no longer has its source.
        """
        edition = self._current.edition
        now = batch.alerts[0].received_at if batch.alerts else self._clock.now()

        def classify(alert: Alert) -> Classified:
            source = edition.plan.sources.get(alert.source)
            if source is None:  # a reload took it away while the alerts were on their way
                raise NotFound(f"the plan has no source {alert.source} any more")
            return alert, source, edition.classifier.classify(alert, now)

        classified = await in_stretches(self._clock, batch.alerts, classify)
        if edition.plan.heartbeats and (heard := _signs_of_life(classified)):
            await hear(self._store, heard)
        receipt = await self.keep(classified, now)
        return msgspec.structs.replace(
            receipt, received=receipt.received + len(batch.rejected), rejected=batch.rejected
        )

    async def keep(self, classified: Sequence[Classified], now: Millis) -> Receipt:
        """Store alerts of which it is decided what they are. Raises ``StoreUnavailable``."""
        taken = await take(self._store, classified, now, clock=self._clock, room=self._room)
        self._incidents.wake(taken.due)
        self._metrics.taken(classified, taken.outcomes)
        return taken.receipt


def _signs_of_life(classified: Sequence[Classified]) -> dict[str, Millis]:
    """The heartbeats that a batch lets hear, with the receipt of the last sign of each."""
    heard: dict[str, Millis] = {}
    for alert, _, decision in classified:
        if isinstance(decision, Dropped) and decision.heard and alert.firing:
            heard |= {name: max(alert.received_at, heard.get(name, 0)) for name in decision.heard}
    return heard
