"""Tests in time: what they expect, and what a failure tells. What people do in them is in ``test_acts``."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from tests._plan.test_documented import EXAMPLES
from tests._plan.written import plan_of

from tocsin._plan.sequences import NoticeEntry
from tocsin.classify import Classifier
from tocsin.rehearse import Result, rehearse
from tocsin.telemetry.known import EVENTS

RULES = """
tiers: {low: {auto_restore: 10m}}
services: {payments: {importance: core}}
sources: {tickets: {type: mapping, labels: {alertname: event}, expires: 1h}}
rules:
  - {name: noise, match: ['alertname="Noise"'], drop: TICKET-1, until: '2026-01-01T00:10:00Z'}
  - {name: down, match: ['alertname=~"Down|Noise"'], class: critical_function_outage, impact: wide}
  - {name: slow, match: ['alertname="Slow"'], class: critical_function_outage, tier: medium}
  - {name: disk, match: ['alertname="Disk"'], class: hw_sw_fault, tier: low}
tests:
  - {name: t, source: %s, alerts: [%s], expect: [%s]}
"""
ALL = "[command, technical, business, legal, data]"
DOWN = "{alertname: Down, service: payments}"
SLOW = "{alertname: Slow, service: payments}"
DISK = "{alertname: Disk, service: payments}"


def ran(directory: Path, alerts: str, expect: str, *, source: str = "prometheus") -> Result:
    """The result of the one test of a plan."""
    plan = plan_of(directory, RULES % (source, alerts, expect))
    (result,) = rehearse(plan, Classifier(plan))
    return result


STORIES = {
    "opened, then escalated while nobody acknowledges": (
        f"{{at: 0m, fire: {DOWN}}}",
        f"{{at: 0m, event: opened, groups: {ALL}, reason: ''}}, {{at: 4m59s, silent: true}}, "
        "{at: 5m, event: escalated, groups: [command]}, {at: 19m, silent: true}, {at: 20m, event: escalated}",
    ),
    "a wait is waited for": (
        f"{{at: 1m, fire: {SLOW}}}",
        "{at: 1m29s999ms, silent: true}, {at: 1m30s, event: opened, groups: [command, technical, business]}",
    ),
    "what ends within its wait is told to nobody": (
        f"{{at: 0m, fire: {DISK}}}, {{at: 4m, resolve: {DISK}}}",
        "{at: 3h, silent: true}",
    ),
    "resolved at once, and closed by itself where the tier is low": (
        f"{{at: 0m, fire: {DISK}}}, {{at: 6m, resolve: {DISK}}}",
        "{at: 5m, event: opened}, {at: 6m, event: cleared, reason: resolved}, {at: 15m, silent: true}, "
        "{at: 16m, event: closed, reason: recovered}, {at: 3d, silent: true}",
    ),
    "lost, it expires as its source says": (
        f"{{at: 0m, fire: {DISK}}}, {{at: 2h, lose: {DISK}}}",
        "{at: 5m, event: opened}, {at: 2h4m59s, silent: true}, {at: 2h5m, event: cleared, reason: not_seen}, "
        "{at: 3h, event: closed, reason: unconfirmed}",
    ),
    "one that joins is told to the lead, a worse one to more": (
        f"{{at: 0m, fire: {SLOW}}}, {{at: 2m, fire: {DISK}}}, {{at: 3m, fire: {DOWN}}}",
        "{at: 1m, event: opened}, {at: 2m, event: alerts_added, groups: [technical]}, "
        f"{{at: 3m, event: tier_raised, groups: {ALL}, reason: worse_alert}}",
    ),
    "flapping is not told, coming back is": (
        f"{{at: 0m, fire: {DOWN}}}, {{at: 1m, resolve: {DOWN}}}, {{at: 2m, fire: {DOWN}}}, "
        f"{{at: 3m, resolve: {DOWN}}}, {{at: 4m, fire: {DOWN}}}",
        "{at: 0m, event: opened}, {at: 1m, event: cleared}, {at: 2m, event: reopened}, {at: 4m, silent: true}, "
        "{at: 5m, event: escalated}",
    ),
    "after four hours it is another incident": (
        f"{{at: 0m, fire: {DOWN}}}, {{at: 1m, resolve: {DOWN}}}, {{at: 5h, fire: {DOWN}}}",
        "{at: 0m, event: opened}, {at: 1m, event: cleared}, {at: 4h, silent: true}, "
        "{at: 5h, event: closed, reason: unconfirmed}, {at: 5h, event: opened}",
    ),
    "both of a pair are one, and it fires again while one of them says so": (
        "{at: 0m, fire: {alertname: Down, service: payments, prometheus_replica: a}}, "
        "{at: 0m, fire: {alertname: Down, service: payments, prometheus_replica: b}}, "
        "{at: 3m, resolve: {alertname: Down, service: payments, prometheus_replica: a}}",
        "{at: 0m, event: opened}, {at: 3m, event: cleared}, {at: 4m, silent: true}, {at: 5m, event: reopened}, "
        "{at: 5m, event: escalated}",
    ),
    "dropped until its rule says so": (
        "{at: 0m, fire: {alertname: Noise, service: payments}}",
        "{at: 9m59s, silent: true}, {at: 10m, event: opened}",
    ),
    "two incidents of one moment, in the order in which they opened": (
        "{at: 0m, fire: {alertname: Down, service: a}}, {at: 0m, fire: {alertname: Down, service: b}}",
        "{at: 0m, event: opened}, {at: 0m, event: opened}",
    ),
}


@pytest.mark.parametrize(("alerts", "expect"), STORIES.values(), ids=STORIES)
def test_what_is_expected_is_told(tmp_path: Path, alerts: str, expect: str) -> None:
    """A story, and who is told what of it when."""
    assert ran(tmp_path, alerts, expect).failure == ""


def test_a_source_that_speaks_once_is_not_repeated(tmp_path: Path) -> None:
    """Its alerts expire from when they fired."""
    alerts = f"{{at: 0m, fire: {DISK}}}, {{at: 30m, lose: {DISK}}}"
    expect = "{at: 5m, event: opened}, {at: 1h, event: cleared, reason: not_seen}, {at: 1h10m, event: closed}"
    assert ran(tmp_path, alerts, expect, source="tickets").failure == ""


def test_one_that_never_expires_goes_stale(tmp_path: Path) -> None:
    """Lost from a source that says when an alert ends, it is told as stale after 25 h; heard of, it never is."""
    alerts = f"{{at: 0m, fire: {DISK}}}, {{at: 30h, lose: {DISK}}}"
    expect = (
        "{at: 5m, event: opened}, {at: 24h, silent: true}, {at: 25h, event: update_due}, "
        "{at: 36h, event: rto_warning}, {at: 37h, event: update_due}, {at: 54h, event: rto_warning}, "
        "{at: 55h, event: stale, groups: [command, technical]}"
    )
    assert ran(tmp_path, alerts, expect, source="alertmanager").failure == ""


def test_a_failure_tells_what_was_told_instead_and_the_story(tmp_path: Path) -> None:
    """Each offset that is not as expected, then each step and notice."""
    expect = (
        "{at: 0m, event: opened, groups: [technical], reason: ''}, {at: 4m, event: cleared}, {at: 6m, silent: true}"
    )
    result = ran(tmp_path, f"{{at: 0m, fire: {DOWN}}}", expect)
    assert result.failure.split("\n") == [
        "at 0s: expected opened (no reason) to [technical], "
        "got opened to [business, command, data, legal, technical] at 0s",
        "at 4m: expected cleared, got nobody is told",
        "at 6m: expected nobody is told, got escalated (unacknowledged) to [command] at 5m",
        '  0s: {alertname="Down", service="payments"} fires: new, high by rule down, '
        "incident key subject=payments environment=prod location=",
        "  0s: opened to [business, command, data, legal, technical]",
        "  5m: escalated (unacknowledged) to [command]",
    ]
    assert result.place.endswith("plan.yaml:11")


def test_a_failure_stays_short(tmp_path: Path) -> None:
    """Of a week of escalations the first are told, and how many more there are."""
    result = ran(tmp_path, f"{{at: 0m, fire: {DOWN}}}", "{at: 0m, event: opened}, {at: 7d, silent: true}")
    (wrong,) = result.mismatches
    assert wrong.got.startswith("escalated (unacknowledged) to [command] at 5m; ")
    assert wrong.got.endswith(" at 1h35m; 1002 more")
    assert result.reasons[-1] == "(974 more steps and notices)"


def test_an_alert_that_would_be_refused_is_a_failure(tmp_path: Path) -> None:
    """No test passes on an alert that no source could post."""
    result = ran(tmp_path, "{at: 0m, fire: {alertname: ''}}", "{at: 0m, silent: true}")
    assert result.failure == "an alert is refused: .labels: an alert needs at least one label with a value"


def test_the_documented_example_holds(tmp_path: Path) -> None:
    """The stories in docs/rules.md are true."""
    (example,) = (text for text in EXAMPLES if "alerts:\n" in text and "silent" in text)
    plan = plan_of(tmp_path, example)
    assert [result.failure for result in rehearse(plan, Classifier(plan))] == ["", ""]


def test_every_event_can_be_expected() -> None:
    """The words of `event` are the events that there are."""
    (words, _) = get_args(NoticeEntry.model_fields["event"].annotation)
    assert set(get_args(words)) == set(EVENTS)
