"""What the process counts, and how a scrape shows it."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from prometheus_client import REGISTRY
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as parse_text
from tests.telemetry.sample import DECISION, NOW, figures, incident, plan

from tocsin._core.message import Answer
from tocsin._core.model import Alert, Batch, Classification, Dropped, DropReason, Rejection, RejectReason, Tier
from tocsin._core.record import Estimate
from tocsin._core.source import Source
from tocsin._core.times import HOUR, MINUTE
from tocsin._core.watch import SILENCE
from tocsin._store.coverage import Coverage, Matches
from tocsin.telemetry.figures import SHOWN, StoreFigures
from tocsin.telemetry.known import RULES
from tocsin.telemetry.metrics import Metrics
from tocsin.telemetry.render import render

SOURCE = Source(name="prometheus", type="prometheus")
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def scrape(metrics: Metrics, store: StoreFigures | None = None) -> Samples:
    """All samples of a scrape, by name (without the prefix) and labels."""
    body, _ = render(metrics, store, "")
    return {
        (sample.name.removeprefix("tocsin_"), tuple(sorted(sample.labels.items()))): sample.value
        for family in parse_text(body.decode())
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float | None:
    """One sample's value; ``class_`` stands for ``class``."""
    return samples.get((name, tuple(sorted((label.rstrip("_"), text) for label, text in labels.items()))))


def loaded() -> Metrics:
    """Metrics that know the sample's plan."""
    metrics = Metrics("1.2.3")
    metrics.plan_loaded(plan(), NOW)
    return metrics


def alert(source: str = "prometheus", firing: bool = True) -> Alert:
    """An alert; only its source and whether it fires matter here."""
    return Alert(source=source, labels={"a": "b"}, firing=firing, received_at=NOW)


def test_closed_label_sets_exist_at_zero() -> None:
    """Before anything happens, every combination of names of the plan is there."""
    samples = scrape(loaded(), figures(**{name: {} for name in ("notices", "opened", "closed", "queued", "dead")}))
    for name, labels in (
        ("alerts_received_total", {"source": "prometheus", "status": "firing"}),
        ("alerts_rejected_total", {"source": "alertmanager", "reason": "ends_before_start"}),
        ("alerts_dropped_total", {"reason": "environment"}),
        ("alerts_deduplicated_total", {"source": "prometheus"}),
        ("alerts_unclassified_total", {"source": "prometheus"}),
        ("alerts_expired_total", {"source": "prometheus"}),
        ("classifications_total", {"class": "other", "tier": "low"}),
        ("rule_matches_total", {"rule": "gateway"}),
        ("rule_matches_total", {"rule": "_other"}),
        ("ingest_duration_seconds_count", {}),
        ("http_errors_total", {"status": "503"}),
        ("notices_suppressed_total", {"reason": "transient"}),
        ("deliveries_total", {"channel": "hook", "result": "superseded"}),
        ("delivery_delay_seconds_count", {"tier": "medium"}),
        ("notices_total", {"group": "technical", "event": "cleared"}),
        ("delivery_queue_length", {"channel": "hook"}),
        ("deliveries_dead", {"channel": "hook"}),
        ("incidents_opened_total", {"class": "other", "tier": "high"}),
        ("incidents_closed_total", {"class": "other", "tier": "low", "outcome": "transient"}),
        ("incidents_open", {"class": "other", "tier": "low", "state": "contained"}),
        ("service_incidents_opened_total", {"service": "_other", "tier": "low"}),
        ("incident_series_dropped", {}),
        ("keys_set_aside", {}),
    ):
        assert value(samples, name, **labels) == 0, name


def test_a_payload_is_counted_by_source() -> None:
    """Firing, resolved and rejected alerts, each with its own word."""
    metrics = loaded()
    rejected = (Rejection(2, RejectReason.TIME, "…"),)
    metrics.received("prometheus", Batch(3, (alert(), alert(firing=False)), rejected))
    metrics.ingested(0.003)
    metrics.refused(413)
    samples = scrape(metrics)
    assert value(samples, "alerts_received_total", source="prometheus", status="firing") == 1
    assert value(samples, "alerts_received_total", source="prometheus", status="resolved") == 1
    assert value(samples, "alerts_rejected_total", source="prometheus", reason="time") == 1
    assert value(samples, "ingest_duration_seconds_sum") == 0.003
    assert value(samples, "ingest_duration_seconds_bucket", le="0.0025") == 0
    assert value(samples, "ingest_duration_seconds_bucket", le="0.005") == 1
    assert value(samples, "ingest_duration_seconds_bucket", le="+Inf") == 1
    assert value(samples, "http_errors_total", status="413") == 1


def test_a_stored_batch_is_counted_by_outcome() -> None:
    """New alerts by what decided them, repeated and dropped ones apart, ended ones not again."""
    metrics = loaded()
    unmatched = msgspec.structs.replace(DECISION, rule="", class_="other", tier=Tier.LOW)
    dropped = Dropped(DropReason.RULE, "known", "TICKET-1")
    decisions: list[Classification | Dropped] = [DECISION, unmatched, DECISION, DECISION, dropped]
    metrics.taken([(alert(), SOURCE, decision) for decision in decisions], "nnred")
    samples = scrape(metrics)
    assert value(samples, "classifications_total", class_="hw_sw_fault", tier="high") == 1
    assert value(samples, "classifications_total", class_="other", tier="low") == 1
    assert value(samples, "rule_matches_total", rule="gateway") == 1
    assert value(samples, "alerts_unclassified_total", source="prometheus") == 1
    assert value(samples, "alerts_deduplicated_total", source="prometheus") == 1
    assert value(samples, "alerts_dropped_total", reason="rule") == 1


def test_rules_beyond_a_thousand_share_a_name() -> None:
    """The number of series is bounded whatever the plan's size, over reloads too."""
    metrics = Metrics("1")
    metrics.plan_loaded(plan(rules=tuple(f"r{i}" for i in range(RULES + 5))), NOW)
    metrics.plan_loaded(plan(rules=("new",)), NOW)
    named = msgspec.structs.replace(DECISION, rule="new")
    metrics.taken([(alert(), SOURCE, named)], "n")
    samples = scrape(metrics)
    assert value(samples, "rule_matches_total", rule="_other") == 1
    assert sum(name == "rule_matches_total" for name, _ in samples) == RULES + 1


def test_the_other_events_are_counted() -> None:
    """Expiry, silence, tries to send and how long they took."""
    metrics = loaded()
    metrics.expired({"prometheus": 3})
    metrics.suppressed(["transient", "transient"])
    metrics.delivery("hook", "retried")
    metrics.delivered(Tier.HIGH, 0.02)
    samples = scrape(metrics)
    assert value(samples, "alerts_expired_total", source="prometheus") == 3
    assert value(samples, "notices_suppressed_total", reason="transient") == 2
    assert value(samples, "deliveries_total", channel="hook", result="retried") == 1
    assert value(samples, "delivery_delay_seconds_bucket", tier="high", le="0.025") == 1


def test_the_plan_in_force_is_shown() -> None:
    """A refused reload turns the flag and keeps hash and time; counters live on over a reload."""
    metrics = loaded()
    metrics.delivery("hook", "accepted")
    metrics.plan_refused()
    samples = scrape(metrics)
    assert value(samples, "plan_last_reload_successful") == 0
    assert value(samples, "plan_last_reload_success_timestamp_seconds") == NOW / 1000
    metrics.plan_loaded(plan(hash_="fff000"), NOW + 1000)
    samples = scrape(metrics)
    assert value(samples, "plan_last_reload_successful") == 1
    assert [labels for name, labels in samples if name == "plan_info"] == [(("hash", "fff000"),)]
    assert value(samples, "deliveries_total", channel="hook", result="accepted") == 1
    assert value(samples, "build_info", version="1.2.3") == 1


def test_without_the_store_its_metrics_are_left_out() -> None:
    """Nothing is shown as 0 that is not known to be 0."""
    down, up = scrape(loaded()), scrape(loaded(), figures())
    assert (value(down, "store_up"), value(up, "store_up")) == (0, 1)
    assert not [name for name, _ in down if name.startswith(("incident", "notices_total", "delivery_queue", "keys_"))]


def test_what_the_store_reports_is_shown() -> None:
    """Its counters as they are, those of channels that the plan no longer has included."""
    samples = scrape(loaded(), figures())
    assert value(samples, "notices_total", group="command", event="opened") == 3
    assert value(samples, "delivery_queue_length", channel="hook") == 2
    assert value(samples, "deliveries_dead", channel="gone") == 1
    assert value(samples, "channel_last_success_timestamp_seconds", channel="hook") == NOW / 1000
    assert value(samples, "incidents_closed_total", class_="hw_sw_fault", tier="high", outcome="recovered") == 3
    assert value(samples, "service_incidents_opened_total", service="payments", tier="high") == 4


def test_open_incidents_have_series_of_their_own() -> None:
    """What it is, when it started, when its time is over and how much of it is used."""
    cleared = incident(2, cleared_at=NOW - 10 * MINUTE, state="acknowledged")
    samples = scrape(loaded(), figures(incidents=[incident(), cleared, incident(3, drill=True)]))
    first, second = incident().id, cleared.id
    assert value(samples, "incident_start_timestamp_seconds", incident=first) == (NOW - 30 * MINUTE) / 1000
    deadline = (NOW - 30 * MINUTE + 4 * HOUR) / 1000
    assert value(samples, "incident_rto_deadline_timestamp_seconds", incident=first) == deadline
    assert value(samples, "incident_rto_consumed_ratio", incident=first) == 0.125
    assert value(samples, "incident_cleared_timestamp_seconds", incident=first) is None
    assert value(samples, "incident_cleared_timestamp_seconds", incident=second) == (NOW - 10 * MINUTE) / 1000
    info = [dict(labels) for name, labels in samples if name == "incident_info"]
    assert [(i["signals"], i["state"]) for i in info] == [("firing", "open"), ("cleared", "acknowledged")]
    assert info[0]["service"] == 'pay"ments\n支付'
    assert value(samples, "incidents_open", class_="hw_sw_fault", tier="high", state="open") == 1


def test_incident_series_are_capped() -> None:
    """The 200 that matter most: higher tiers first, then the older; the rest is a number."""
    low = [incident(i, tier=Tier.LOW, started_at=NOW - i) for i in range(SHOWN)]
    samples = scrape(loaded(), figures(incidents=[*low, incident(999)]))
    shown = [dict(labels)["incident"] for name, labels in samples if name == "incident_info"]
    assert (len(shown), shown[0], shown[1]) == (SHOWN, incident(999).id, low[-1].id)
    assert low[0].id not in shown
    assert value(samples, "incident_series_dropped") == 1
    assert value(samples, "incidents_open", class_="hw_sw_fault", tier="low", state="open") == SHOWN


@pytest.mark.parametrize("accept", ["", "text/plain;version=x", "*/*", "text/plain;version=0.0.4;q=0.5"])
def test_plain_text_is_the_default(accept: str) -> None:
    """Whatever else is asked for, sound or not."""
    _, content_type = render(loaded(), figures(), accept)
    assert content_type.startswith("text/plain; version=0.0.4")


@pytest.mark.parametrize(
    "accept", ["application/openmetrics-text;version=1.0.0,text/plain;q=0.5", "application/openmetrics-text; version=x"]
)
def test_openmetrics_where_it_is_asked_for(accept: str) -> None:
    """It parses by the strict parser, and ends as it must."""
    body, content_type = render(loaded(), figures(), accept)
    assert content_type.startswith("application/openmetrics-text; version=1.0.0")
    assert body.endswith(b"# EOF\n")
    families = text_string_to_metric_families(body.decode())  # type: ignore[no-untyped-call]
    assert "tocsin_notices" in {family.name for family in families}


def test_the_global_registry_stays_empty() -> None:
    """Two services in one process do not meet."""
    before = {family.name for family in REGISTRY.collect()}
    Metrics("1")
    Metrics("2")
    assert {family.name for family in REGISTRY.collect()} == before


@pytest.mark.programs
@pytest.mark.skipif(shutil.which("promtool") is None, reason="needs promtool, of Debian's package prometheus")
def test_promtool_finds_nothing_to_say() -> None:
    """Names, units, types and help texts are as Prometheus wants them."""
    body, _ = render(loaded(), figures(incidents=[incident(cleared_at=NOW)]), "")
    done = subprocess.run(["promtool", "check", "metrics"], input=body, capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def test_the_silence_of_a_heartbeat_is_no_post() -> None:
    """It is counted by class and tier; nobody posted it, so it is no repeat of a source, and no rule decided it."""
    metrics = loaded()
    own = Alert(source="heartbeat", labels={"a": "b"}, firing=True, received_at=NOW)
    said = [(own, SILENCE, DECISION)]
    metrics.taken(said, ["n"])
    metrics.taken(said, ["r"])
    samples = scrape(metrics, figures())
    assert value(samples, "classifications_total", class_="hw_sw_fault", tier="high") == 1
    assert value(samples, "rule_matches_total", rule="gateway") == 0
    assert value(samples, "alerts_deduplicated_total", source="heartbeat") is None


def test_heartbeats_and_our_own_sign_of_life() -> None:
    """When those of the plan were last heard, and when the switch last took ours; absent until then."""
    metrics = loaded()
    before = scrape(metrics, figures(heard={}))
    assert value(before, "watchdog_last_success_timestamp_seconds") is None
    assert value(before, "watchdog_failures_total") == 0
    assert not [name for name, _ in before if name == "heartbeat_last_seen_timestamp_seconds"]
    metrics.watchdog(NOW, taken=True)
    metrics.watchdog(NOW + 1, taken=False)
    samples = scrape(metrics, figures())
    assert value(samples, "watchdog_last_success_timestamp_seconds") == NOW / 1000
    assert value(samples, "watchdog_failures_total") == 1
    heard = {labels: at for (name, labels), at in samples.items() if name == "heartbeat_last_seen_timestamp_seconds"}
    assert heard == {(("name", "watchdog"),): NOW / 1000 - 60}


def test_quiet_checks() -> None:
    """1 or 0 by what a channel's tool said last; nothing of one that cannot be asked, or that no plan has any more."""
    metrics = loaded()

    def shown() -> float | None:
        return value(scrape(metrics, figures()), "channel_check_successful", channel="hook")

    assert shown() is None
    for ok, number in ((True, 1.0), (False, 0.0), (None, None), (True, 1.0)):
        metrics.checked("hook", Answer(at=NOW, ok=ok, seconds=0.1))
        assert shown() == number
    metrics.plan_loaded(replace(plan(), channels={}), NOW)
    assert shown() is None
    metrics.checked("hook", Answer(at=NOW, ok=True, seconds=0.1))
    assert shown() is None


def test_the_last_success_is_of_channels_of_the_plan() -> None:
    """A channel that is gone would look like one that has not worked for ever longer."""
    both = {("hook",): float(NOW), ("gone",): float(NOW)}
    samples = scrape(loaded(), figures(last_success=both))
    assert value(samples, "channel_last_success_timestamp_seconds", channel="hook") == NOW / 1000
    assert value(samples, "channel_last_success_timestamp_seconds", channel="gone") is None


def test_the_documentation_names_each_metric_and_no_other() -> None:
    """docs/metrics.md and the code say the same, labels included."""
    eta = Estimate(at=NOW, by="zhang.wei", said_at=NOW)
    one = incident(cleared_at=NOW, told=("command",), sla_limit=1, eta=eta, update_due=NOW)
    metrics = loaded()
    metrics.checked("hook", Answer(at=NOW, ok=True, seconds=0.1))
    body, _ = render(metrics, figures(incidents=[one]), "")
    exposed = {}
    for family in parse_text(body.decode()):
        name = family.name + ("_total" if family.type == "counter" else "")
        exposed[name] = {label for sample in family.samples for label in sample.labels if label != "le"}
    page = Path(__file__).parents[2] / "docs" / "metrics.md"
    rows = re.findall(r"^\| `(tocsin_\w+)` \| (.*?) \|", page.read_text(encoding="utf-8"), re.MULTILINE)
    documented = {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows}
    assert len(rows) == len(documented)
    assert documented == exposed


def test_what_rules_matched_is_shown_for_the_first_thousand() -> None:
    """By name with the time of the last match; those beyond and those that are gone share a name."""
    metrics = Metrics("1")
    metrics.plan_loaded(plan(rules=tuple(f"r{i}" for i in range(RULES + 5))), NOW)
    matched = {"r1": Matches(3, NOW), f"r{RULES}": Matches(4, NOW - 2000), "gone": Matches(5, NOW - 1000)}
    samples = scrape(metrics, figures(coverage=Coverage(since=NOW, alerts=9, unclassified=2, rules=matched)))
    assert value(samples, "rule_coverage_matches_total", rule="r1") == 3
    assert value(samples, "rule_coverage_matches_total", rule="r2") == 0
    assert value(samples, "rule_coverage_matches_total", rule="_other") == 9
    assert value(samples, "rule_last_match_timestamp_seconds", rule="r1") == NOW / 1000
    assert value(samples, "rule_last_match_timestamp_seconds", rule="r2") is None
    assert value(samples, "rule_last_match_timestamp_seconds", rule="_other") == NOW / 1000 - 1
    assert value(samples, "rule_coverage_alerts_total") == 9
    assert sum(name == "rule_coverage_matches_total" for name, _ in samples) == RULES + 1
    nothing = scrape(loaded(), figures(coverage=Coverage()))
    assert value(nothing, "rule_coverage_since_timestamp_seconds") is None
