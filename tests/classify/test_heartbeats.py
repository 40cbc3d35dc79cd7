"""Signs of life: found by the words that rules see, before any rule and any environment has a say."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests._plan.written import plan_of

from tocsin._core.model import Alert, Classification, Dropped, DropReason
from tocsin.classify import Classifier

PLAN = """
sources: {prom-bj: {type: prometheus, labels: {location: bj}}}
environments: {prod: {}, dev: {match: ['stage="dev"'], drop: not watched}}
heartbeats:
  bj: {match: ['alertname="Watchdog"', 'location="bj"'], every: 5m, class: hw_sw_fault, tier: high}
  any: {match: ['alertname=~"Watchdog|Alive", severity="none"'], every: 5m, class: hw_sw_fault, tier: low}
rules:
  - {name: always, match: ['alertname="Watchdog"'], drop: it always fires}
"""


def said(directory: Path, source: str = "prometheus", **labels: str) -> Classification | Dropped:
    """What the plan makes of an alert."""
    alert = Alert(source=source, labels=labels, firing=True, received_at=0)
    return Classifier(plan_of(directory, PLAN)).classify(alert, 0)


@pytest.mark.parametrize(
    ("source", "labels", "heard"),
    [
        ("prom-bj", {"alertname": "Watchdog"}, ("bj",)),
        ("prometheus", {"alertname": "Watchdog", "region": "bj", "stage": "dev"}, ("bj",)),
        ("prom-bj", {"alertname": "Watchdog", "severity": "none"}, ("bj", "any")),
        ("prometheus", {"alertname": "Alive", "severity": "none"}, ("any",)),
    ],
)
def test_a_sign_of_life(tmp_path: Path, source: str, labels: dict[str, str], heard: tuple[str, ...]) -> None:
    """It is dropped by the first heartbeat that matches, and heard by all of them."""
    found = said(tmp_path, source, **labels)
    assert isinstance(found, Dropped)
    assert (found.reason, found.by, found.heard) == (DropReason.HEARTBEAT, heard[0], heard)
    assert found.why == f"a sign of life of {', '.join(heard)}"


def test_what_is_none_goes_to_the_rules(tmp_path: Path) -> None:
    """All matchers of a heartbeat must hold."""
    found = said(tmp_path, alertname="Watchdog", location="sh")
    assert isinstance(found, Dropped)
    assert (found.reason, found.heard) == (DropReason.RULE, ())
