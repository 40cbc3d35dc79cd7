"""The process's own metrics (P): counters, durations and flags that start at 0 with the process.

In: events, told by the steps once a batch or once a delivery, under the names of the events. Out: metric
families. Counters of several replicas add up; flags and times do not. What survives a restart is the
store's and is in ``figures.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from tocsin._core.message import Answer
from tocsin._core.model import Alert, Batch, Classification, Dropped, DropReason, RejectReason, Tier
from tocsin._core.plan import Plan
from tocsin._core.press import hears
from tocsin._core.source import Source
from tocsin._core.times import SECOND, Millis
from tocsin._core.watch import SILENCE
from tocsin.telemetry.instruments import Counter, Gauge, Histogram
from tocsin.telemetry.known import (
    CALLBACKS,
    EVENTS,
    LANGUAGES,
    OTHER,
    RESULTS,
    RULES,
    STATUSES,
    SUPPRESSED,
    TIERS,
    Known,
    every,
)

INGEST_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
DELAY_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
ERROR_STATUSES = tuple(map(str, (400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 500, 503)))


class Metrics(Collector):
    """What this process counts. ``registry`` is its own, never the library's global one."""

    def __init__(self, version: str) -> None:
        self.known = Known()
        self._build = Gauge("build_info", "The version that runs; always 1.", ["version"])
        self._build.set(1, version)
        self._alert_counters()
        self._delivery_counters()
        self._plan_gauges()
        self._watchdog()
        self.registry = CollectorRegistry()
        self.registry.register(self)

    def _alert_counters(self) -> None:
        by_source = ["source"]
        self._received = Counter("alerts_received", "Alerts read from payloads, by status.", ["source", "status"])
        self._rejected = Counter("alerts_rejected", "Alerts that could not be taken.", ["source", "reason"])
        self._dropped = Counter("alerts_dropped", "Alerts dropped by the plan.", ["reason"])
        self._repeated = Counter("alerts_deduplicated", "Alerts that were no news.", by_source)
        self._unclassified = Counter("alerts_unclassified", "Alerts fired anew that no rule matched.", by_source)
        self._expired = Counter("alerts_expired", "Alerts whose time ran out without a resolution.", by_source)
        self._classified = Counter("classifications", "Alerts fired anew, by what the plan says.", ["class", "tier"])
        self._matched = Counter("rule_matches", "Alerts fired anew that this rule decided.", ["rule"])
        self._ingest = Histogram("ingest_duration_seconds", "From a payload being read to its answer.", INGEST_BUCKETS)
        self._errors = Counter("http_errors", "Requests answered with an error, by HTTP status.", ["status"])
        self._dropped.declare((reason.value,) for reason in DropReason)
        self._matched.declare([(OTHER,)])
        self._errors.declare(every(ERROR_STATUSES))

    def _delivery_counters(self) -> None:
        self._suppressed = Counter("notices_suppressed", "Changes that were told to nobody.", ["reason"])
        self._deliveries = Counter("deliveries", "Tries to send, by result.", ["channel", "result"])
        text = "From an alert being accepted to a channel saying yes."
        self._delay = Histogram("delivery_delay_seconds", text, DELAY_BUCKETS, ["tier"])
        text = "Times that closed incidents could not be written to the archive; they stay in the store."
        self._archive_failures = Counter("archive_failures", text)
        text = "Texts of the plan's own that failed, and were told in the shipped words."
        self._failed_templates = Counter("template_failures", text, ["event", "language"])
        self._failed_templates.declare(every(EVENTS, LANGUAGES))
        text = "What channels' tools sent back, by what became of it."
        self._callbacks = Counter("callbacks", text, ["channel", "result"])
        text = "Whether a channel's tool said yes when it was last quietly asked; absent where it cannot be asked."
        self._checks = Gauge("channel_check_successful", text, ["channel"])
        self._suppressed.declare(every(SUPPRESSED))
        self._delay.declare(every(TIERS))

    def _watchdog(self) -> None:
        text = "When somebody else's dead man's switch last took our sign of life."
        self._well_at = Gauge("watchdog_last_success_timestamp_seconds", text)
        text = "Signs of life that were due and were not taken, or not sent since not all was well."
        self._unwell = Counter("watchdog_failures", text)

    def _plan_gauges(self) -> None:
        self._reloaded = Gauge("plan_last_reload_successful", "Whether the rule files last read were sound.")
        text = "When sound rule files were last read."
        self._reloaded_at = Gauge("plan_last_reload_success_timestamp_seconds", text)
        self._plan = Gauge("plan_info", "The plan in force; always 1.", ["hash"])
        self._reloaded.set(0)
        self._reloaded_at.set(0)

    def collect(self) -> Iterable[Metric]:
        """All families, for a scrape."""
        alerts = (self._received, self._rejected, self._dropped, self._repeated, self._unclassified, self._expired)
        decisions = (self._classified, self._matched, self._ingest, self._errors)
        deliveries = (self._suppressed, self._deliveries, self._delay, self._callbacks)
        failures = (self._archive_failures, self._failed_templates, self._unwell)
        for instrument in (self._build, *alerts, *decisions, *deliveries, *failures):
            yield instrument.family()
        for gauge in (self._reloaded, self._reloaded_at, self._plan, self._well_at, self._checks):
            yield gauge.family()

    def plan_loaded(self, plan: Plan, at: Millis) -> None:
        """A sound plan is in force from now on: its names exist, at 0 if they are new."""
        known = self.known = Known.of(plan)
        self._received.declare(every(known.sources, STATUSES))
        self._rejected.declare(every(known.sources, tuple(reason.value for reason in RejectReason)))
        for counter in (self._repeated, self._unclassified, self._expired):
            counter.declare(every(known.sources))
        self._classified.declare(every(known.classes, TIERS))
        for rule in known.rules:
            if len(self._matched.values) <= RULES:
                self._matched.declare([(rule,)])
        self._deliveries.declare(every(known.channels, RESULTS))
        hearing = tuple(name for name, channel in plan.channels.items() if hears(channel))
        self._callbacks.declare(every(hearing, CALLBACKS))
        for gone in self._checks.values.keys() - set(every(known.channels)):
            del self._checks.values[gone]
        self._reloaded.set(1)
        self._reloaded_at.set(at / SECOND)
        self._plan.values.clear()
        self._plan.set(1, plan.hash)

    def plan_refused(self) -> None:
        """Rule files were read and were not sound; the plan before stays."""
        self._reloaded.set(0)

    def received(self, source: str, batch: Batch) -> None:
        """A payload was read."""
        firing = sum(alert.firing for alert in batch.alerts)
        self._received.add(source, "firing", by=firing)
        self._received.add(source, "resolved", by=len(batch.alerts) - firing)
        for rejection in batch.rejected:
            self._rejected.add(source, rejection.reason.value)

    def unreadable(self, source: str) -> None:
        """A payload could not be read as a whole."""
        self._rejected.add(source, RejectReason.PAYLOAD.value)

    def ingested(self, seconds: float) -> None:
        """A payload was read, decided, stored and is about to be answered."""
        self._ingest.observe(seconds)

    def refused(self, status: int) -> None:
        """A request was answered with an error."""
        self._errors.add(str(status))

    def taken(
        self, classified: Iterable[tuple[Alert, Source, Classification | Dropped]], outcomes: Sequence[str]
    ) -> None:
        """A batch was stored: of each alert, ``n`` new, ``r`` repeated, ``e`` ended or ``d`` dropped."""
        for (alert, _, decision), outcome in zip(classified, outcomes, strict=True):
            if alert.source == SILENCE.name:  # nobody posted it, and no rule decided it
                if outcome == "n" and isinstance(decision, Classification):
                    self._classified.add(decision.class_, decision.tier.value)
            elif outcome == "r":
                self._repeated.add(alert.source)
            elif outcome == "d" and isinstance(decision, Dropped):
                self._dropped.add(decision.reason.value)
            elif outcome == "n" and isinstance(decision, Classification):
                self._decided(alert.source, decision)

    def _decided(self, source: str, decision: Classification) -> None:
        self._classified.add(decision.class_, decision.tier.value)
        if not decision.rule:
            self._unclassified.add(source)
        elif (decision.rule,) in self._matched.values:
            self._matched.add(decision.rule)
        else:
            self._matched.add(OTHER)

    def expired(self, by_source: Mapping[str, int]) -> None:
        """Alerts' time ran out without a resolution."""
        for source, count in by_source.items():
            self._expired.add(source, by=count)

    def suppressed(self, reasons: Iterable[str]) -> None:
        """Changes were told to nobody."""
        for reason in reasons:
            self._suppressed.add(reason)

    def delivery(self, channel: str, result: str) -> None:
        """A try to send: ``accepted``, ``retried`` or ``dead``; or a dead letter that was dropped: ``superseded``."""
        self._deliveries.add(channel, result)

    def callback(self, channel: str, result: str) -> None:
        """A channel's tool sent something back, and this became of it."""
        self._callbacks.add(channel, result)

    def checked(self, channel: str, answer: Answer) -> None:
        """A channel was quietly asked whether it would take a message."""
        if answer.ok is None or channel not in self.known.channels:
            self._checks.values.pop((channel,), None)
        else:
            self._checks.set(answer.ok, channel)

    def archive_failed(self) -> None:
        """Closed incidents could not be written to the archive."""
        self._archive_failures.add()

    def delivered(self, tier: Tier, seconds: float) -> None:
        """A channel said yes, so long after the alert behind it was accepted."""
        self._delay.observe(seconds, tier.value)

    def template_failed(self, event: str, language: str) -> None:
        """A text of the plan's own failed, and the shipped one was told."""
        self._failed_templates.add(event, language)

    def watchdog(self, at: Millis, *, taken: bool) -> None:
        """A sign of life was due; whether it was sent and taken."""
        if taken:
            self._well_at.set(at / SECOND)
        else:
            self._unwell.add()
