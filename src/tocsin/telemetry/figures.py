"""The store's figures (S): the same on every replica, and they survive restarts.

In: ``StoreFigures``, read from the store for this scrape. Out: metric families. Drills are no figures.
Incidents that are not closed have series of their own, for the 200 that matter most; the rest is counted.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from tocsin._core.incident import Incident
from tocsin._core.times import SECOND, Millis
from tocsin._store.coverage import Coverage
from tocsin.telemetry.durations import durations
from tocsin.telemetry.instruments import PREFIX, Labels
from tocsin.telemetry.known import (
    OTHER,
    OUTCOMES,
    RTO,
    RULES,
    STATES,
    TIERS,
    Known,
    every,
)

SHOWN = 200
"""Incidents with series of their own."""

INFO = ("incident", "class", "tier", "state", "signals", "service", "environment", "vendor", "location")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFigures:
    """What the store reports, keyed by the labels in the order of the metric's.

    ``escalations`` by tier and stage; ``notices`` by group and event;
    ``queued``, ``dead`` and ``last_success`` (milliseconds since the epoch)
    by channel; ``opened`` by class and tier; ``closed`` by class, tier and outcome; ``service_opened`` by
    service and tier; ``rto`` by class, tier and result; ``vendor_rto`` by vendor and result;
    ``durations`` are what ``durations.durations`` takes.
    ``heard`` is when a heartbeat was last heard, in milliseconds since the epoch, by its name. ``archived`` and
    ``dropped`` count closed incidents that left the store. ``coverage`` is what each rule matched. ``incidents`` are
    all that are not closed, ``now`` the time at which they were read.
    """

    now: Millis
    notices: Mapping[Labels, float]
    escalations: Mapping[Labels, float]
    queued: Mapping[Labels, float]
    dead: Mapping[Labels, float]
    last_success: Mapping[Labels, float]
    opened: Mapping[Labels, float]
    closed: Mapping[Labels, float]
    service_opened: Mapping[Labels, float]
    rto: Mapping[Labels, float]
    vendor_rto: Mapping[Labels, float]
    durations: Mapping[str, Mapping[Labels, float]]
    heard: Mapping[str, Millis]
    archived: float
    dropped: float
    coverage: Coverage
    incidents: Sequence[Incident]
    keys_set_aside: int


def families(figures: StoreFigures, known: Known) -> Iterator[Metric]:
    """All families of the store. What ``known`` names exists, at 0 if the store has no word of it."""
    incidents = [incident for incident in figures.incidents if not incident.drill and incident.state != "closed"]
    yield from _counters(figures, known)
    yield from _gauges(figures, known, incidents)
    yield from _of_rules(figures.coverage, known.rules[:RULES])
    shown = sorted(incidents, key=lambda incident: (-incident.tier.rank, incident.started_at, incident.id))[:SHOWN]
    yield from _of_incidents(shown, figures.now)
    text = "Incidents that are not closed and have no series of their own, being beyond the first 200."
    yield _gauge("incident_series_dropped", text, (), {(): len(incidents) - len(shown)})


def _counters(figures: StoreFigures, known: Known) -> Iterator[Metric]:
    graded = (known.classes, TIERS)
    yield _counter("notices", "Notices committed.", ("group", "event"), known.notices, figures.notices)
    text = "Stages of escalation that were told."
    yield _counter("escalations", text, ("tier", "stage"), known.stages, figures.escalations)
    yield _counter("incidents_opened", "Incidents opened.", ("class", "tier"), every(*graded), figures.opened)
    yield _counter(
        "incidents_closed", "Incidents closed.", ("class", "tier", "outcome"), every(*graded, OUTCOMES), figures.closed
    )
    yield _counter(
        "service_incidents_opened",
        "Incidents opened, by service; those that the catalogue does not name are _other.",
        ("service", "tier"),
        every(known.services, TIERS),
        figures.service_opened,
    )
    text = "Incidents by whether they recovered in time; missed the moment the deadline passes."
    yield _counter("incident_rto_outcomes", text, ("class", "tier", "result"), every(*graded, RTO), figures.rto)
    text = "The same for the vendors of the services concerned."
    zeros = every(known.vendors, RTO)
    yield _counter("vendor_rto_outcomes", text, ("vendor", "result"), zeros, figures.vendor_rto)
    yield from durations(figures.durations, known)
    text = "Closed incidents past the retention that were moved to the archive."
    yield _counter("incidents_archived", text, (), (), {(): figures.archived})
    text = "Closed incidents past the retention that were dropped."
    yield _counter("incidents_dropped", text, (), (), {(): figures.dropped})


def _gauges(figures: StoreFigures, known: Known, incidents: Iterable[Incident]) -> Iterator[Metric]:
    channels: dict[Labels, float] = dict.fromkeys(every(known.channels), 0.0)
    label = ("channel",)
    yield _gauge("delivery_queue_length", "Deliveries that wait for a channel.", label, channels | dict(figures.queued))
    yield _gauge("deliveries_dead", "Dead letters of a channel.", label, channels | dict(figures.dead))
    yield _gauge(
        "channel_last_success_timestamp_seconds",
        "When a channel last accepted a delivery.",
        label,
        {labels: at / SECOND for labels, at in figures.last_success.items() if labels in channels},
    )
    heard: dict[Labels, float] = {
        (name,): at / SECOND for name, at in figures.heard.items() if name in known.heartbeats
    }
    text = "When a heartbeat of the plan was last heard."
    yield _gauge("heartbeat_last_seen_timestamp_seconds", text, ("name",), heard)
    tally = Tally((incident.class_, incident.tier.value, incident.state) for incident in incidents)
    still = dict.fromkeys(every(known.classes, TIERS, STATES), 0.0) | {labels: float(n) for labels, n in tally.items()}
    yield _gauge("incidents_open", "Incidents that are not closed.", ("class", "tier", "state"), still)
    text = "Incident keys that failed again and again and wait for a person."
    yield _gauge("keys_set_aside", text, (), {(): figures.keys_set_aside})


def _of_rules(counted: Coverage, named: Sequence[str]) -> Iterator[Metric]:
    """What matched, by the plan's first rules; all others, those that are gone among them, share a name."""
    count: dict[Labels, float] = dict.fromkeys([*every(tuple(named)), (OTHER,)], 0.0)
    last: dict[Labels, float] = {}
    for rule, matches in counted.rules.items():
        labels = (rule,) if (rule,) in count else (OTHER,)
        count[labels] += matches.count
        last[labels] = max(last.get(labels, 0.0), matches.last / SECOND)
    yield _counter("rule_coverage_matches", "Matches of a rule, counted over restarts.", ("rule",), (), count)
    yield _gauge("rule_last_match_timestamp_seconds", "When a rule last matched.", ("rule",), last)
    text = "Alerts fired anew, counted over restarts beside the matches of rules."
    yield _counter("rule_coverage_alerts", text, (), (), {(): counted.alerts})
    text = "Those of them whose class no rule decided."
    yield _counter("rule_coverage_unclassified", text, (), (), {(): counted.unclassified})
    since: dict[Labels, float] = {} if counted.since is None else {(): counted.since / SECOND}
    yield _gauge("rule_coverage_since_timestamp_seconds", "Since when matches of rules are counted.", (), since)


def _of_incidents(incidents: Sequence[Incident], now: Millis) -> Iterator[Metric]:
    text = "An incident that is not closed; always 1."
    yield _gauge("incident_info", text, INFO, {_info(incident): 1 for incident in incidents})

    def each(name: str, text: str, value: Callable[[Incident], float | None]) -> Metric:
        found = ((incident.id, value(incident)) for incident in incidents)
        values: dict[Labels, float] = {(name,): number for name, number in found if number is not None}
        return _gauge(name, text, ("incident",), values)

    yield each("incident_start_timestamp_seconds", "When it started.", lambda one: one.started_at / SECOND)
    yield each(
        "incident_rto_deadline_timestamp_seconds",
        "When its recovery time is over.",
        lambda one: one.rto_deadline / SECOND,
    )
    text = "The share of its recovery time that is used; it stands still while nothing fires."
    yield each("incident_rto_consumed_ratio", text, lambda one: one.rto_consumed(now))
    yield each(
        "incident_cleared_timestamp_seconds",
        "Since when nothing fires; absent while something does.",
        lambda one: None if one.cleared_at is None else one.cleared_at / SECOND,
    )
    yield each(
        "incident_sla_deadline_timestamp_seconds",
        "When its SLA limit is reached; absent where it has none.",
        lambda one: None if one.sla_deadline is None else one.sla_deadline / SECOND,
    )
    yield each(
        "incident_eta_timestamp_seconds",
        "When it should be over by somebody's estimate; absent without one.",
        lambda one: None if one.eta is None else one.eta.at / SECOND,
    )
    yield each(
        "incident_update_due_timestamp_seconds",
        "When its next update is due; absent where none is.",
        lambda one: None if one.update_due is None else one.update_due / SECOND,
    )
    text = "Whether a group that was told of it has acknowledged it: 1 or 0."
    yield _gauge("incident_group_acknowledged", text, ("incident", "group"), _acknowledged(incidents))


def _acknowledged(incidents: Sequence[Incident]) -> dict[Labels, float]:
    values: dict[Labels, float] = {}
    for incident in incidents:
        values |= {(incident.id, group): 0.0 for group in incident.told}
        values |= {(incident.id, given.group): 1.0 for given in incident.acknowledgements}
    return values


def _info(incident: Incident) -> Labels:
    decision = incident.decision
    place = (decision.service, decision.environment, incident.vendor, decision.location)
    return (incident.id, incident.class_, incident.tier.value, incident.state, incident.signals, *place)


def _counter(
    name: str, text: str, names: Sequence[str], zeros: Iterable[Labels], values: Mapping[Labels, float]
) -> Metric:
    family = CounterMetricFamily(PREFIX + name, text, labels=names)
    for labels, value in (dict.fromkeys(zeros, 0.0) | dict(values)).items():
        family.add_metric(labels, value)
    return family


def _gauge(name: str, text: str, names: Sequence[str], values: Mapping[Labels, float]) -> Metric:
    family = GaugeMetricFamily(PREFIX + name, text, labels=names)
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family
