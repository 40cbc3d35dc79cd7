"""What is remembered of an alert is what the plan says of it, and the plan looks at all labels that matter."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests._plan.written import plan_of

from tocsin._core.model import Alert
from tocsin._core.plan import Plan
from tocsin.classify import Classifier

RULES = """
labels: {service: [service, app], location: [site]}
services:
  payments: {importance: core, match: ['namespace="pay"', 'owner=~"p.*"']}
  cms: {importance: supporting, vendor: acme}
vendors: {acme: {rto: 90m}}
sources:
  filled: {type: prometheus, labels: {site: fra, zone: z1}}
environments:
  prod: {}
  dev: {match: ['stage="dev"'], max_tier: low}
rules:
  - {name: raw, match: ['labels.service="cms"', 'pod!="b"'], class: hw_sw_fault}
  - {name: by, match: ['alertname="A"'], class: cyber_attack, incident_by: [class, subject, zone]}
  - {name: drop, match: ['alertname="B"', 'device=~"b|c"'], drop: known}
"""
NAMES = ["alertname", "service", "app", "namespace", "instance", "owner", "site", "zone", "stage", "pod", "device"]
VALUES = st.sampled_from("ABabc")
label_sets = st.dictionaries(st.sampled_from([*NAMES, "vendor", "drill", "other"]), VALUES, min_size=1)
named = st.sampled_from(["payments", "cms", "pay", "dev", "true", "acme", "p1"])
more = st.dictionaries(st.sampled_from(["service", "namespace", "stage", "drill", "vendor", "owner"]), named)


def alert(labels: dict[str, str], source: str) -> Alert:
    """A firing alert with these labels."""
    return Alert(source=source, labels=labels, firing=True, received_at=0)


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """A plan that looks at labels in all the ways there are."""
    return plan_of(tmp_path_factory.mktemp("rules"), {"a.yaml": RULES})


@settings(deadline=None)
@given(alerts=st.lists(st.tuples(label_sets, more, st.sampled_from(["prometheus", "filled"])), max_size=20))
def test_remembering_changes_nothing(plan: Plan, alerts: list[tuple[dict[str, str], dict[str, str], str]]) -> None:
    """A classifier that has seen other alerts says the same as one that has seen none."""
    seasoned = Classifier(plan)
    for labels, others, source in alerts:
        given_ = alert({**labels, **others}, source)
        assert seasoned.classify(given_, 0) == Classifier(plan).classify(given_, 0)


def test_labels_that_do_not_matter_are_not_looked_at(plan: Plan) -> None:
    """The many pods and instances of a service are one to the plan; without a service, instances are not."""
    classifier = Classifier(plan)
    base = {"alertname": "X", "service": "shop"}
    first = classifier.classify(alert({**base, "instance": "i1", "other": "1"}, "prometheus"), 0)
    assert classifier.classify(alert({**base, "instance": "i2", "other": "2"}, "prometheus"), 0) is first
    alone = [classifier.classify(alert({"alertname": "X", "instance": name}, "prometheus"), 0) for name in ("i1", "i2")]
    assert alone[0] != alone[1]
