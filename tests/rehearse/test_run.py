"""What a plan's own tests say of it: each part of the decision, compared as what it is."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests._plan.written import SHIPPED, plan_of

from tocsin.classify import Classifier
from tocsin.plan import load
from tocsin.rehearse import Result, junit, rehearse

RULES = """
services: {payments: {importance: core, rto: 2h, vendor: acme}}
vendors: {acme: {}}
sources: {tickets: {type: mapping, labels: {alertname: event}, expires: 1h}}
rules:
  - {name: gateway-down, match: ['alertname="GatewayDown"'], class: critical_function_outage, impact: wide}
  - {name: noise, match: ['alertname="Noise"'], drop: TICKET-1}
tests:
"""
GATEWAY = "{name: t, alert: {labels: {alertname: GatewayDown, service: payments}}, expect: {%s}}"
NOISE = "{name: t, alert: {labels: {alertname: Noise}}, expect: {%s}}"
TICKET = "{name: t, source: tickets, payload: %s, expect: {rule: gateway-down}}"


def ran(directory: Path, test: str) -> Result:
    """The result of the one test of a plan."""
    plan = plan_of(directory, f"{RULES}  - {test}\n")
    (result,) = rehearse(plan, Classifier(plan))
    return result


@pytest.mark.parametrize(
    "test",
    [
        GATEWAY % "rule: gateway-down, class: critical_function_outage, tier: high, impact: wide, importance: core",
        GATEWAY % "groups: [data, legal, business, technical, command], channels: [console], rto: 120m, wait: 0s",
        GATEWAY % "vendor: acme, service: payments, environment: prod, location: '', subtype: '', outage: true",
        GATEWAY % "incident_key: {subject: payments, environment: prod, location: ''}",
        GATEWAY % "incident_key: subject=payments environment=prod location=, language: {legal: en}, dropped: false",
        NOISE % "dropped: true, rule: noise",
        NOISE % "dropped: TICKET-1",
        NOISE % "dropped: noise",
        TICKET % "{event: GatewayDown}",
    ],
)
def test_what_is_expected_is_so(tmp_path: Path, test: str) -> None:
    """Every part can be named; sets are compared as sets and durations as durations."""
    assert ran(tmp_path, test).failure == ""


@pytest.mark.parametrize(
    ("test", "told"),
    [
        (GATEWAY % "tier: low, rto: 4h", "tier: expected low, got high\nrto: expected 4h, got 2h"),
        (GATEWAY % "groups: [legal]", "groups: expected [legal], got [business, command, data, legal, technical]"),
        (GATEWAY % "language: {data: zh}", "language: expected {data: zh}, got {data: en}"),
        (GATEWAY % "dropped: true", "dropped: expected true, got false"),
        (NOISE % "tier: high", "tier: expected high, got no such decision, since it is dropped"),
        (NOISE % "dropped: false", "dropped: expected false, got noise (TICKET-1)"),
        (TICKET % "{}", "the alert is rejected"),
    ],
)
def test_what_is_not_so_is_told(tmp_path: Path, test: str, told: str) -> None:
    """Expected against got, and the way the decision took."""
    result = ran(tmp_path, test)
    assert result.failure.startswith(told)
    assert result.place.endswith("plan.yaml:9")
    assert result.error or f"  {result.reasons[0]}" in result.failure


def test_the_shipped_tests_hold() -> None:
    """The tests beside the shipped rules, by the runner that everybody uses."""
    plan = load(SHIPPED, environment={})
    results = rehearse(plan, Classifier(plan))
    assert len(results) > 50
    assert [result.failure for result in results if not result.passed] == []


def test_junit_of_any_text() -> None:
    """Whatever stands in a name, the XML can be read again."""
    results = [Result("<a&\x00\x1b\ud800>", "f:1"), Result("b", "f:2", error="]]> \x07\nmore")]
    suite = ElementTree.fromstring(junit(results))
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert suite[0].get("name") == "<a&\ufffd\ufffd\ufffd>"
