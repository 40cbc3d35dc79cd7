"""The tests beside the shipped rules hold, and there is one for every rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from tests.library.judging import NOW, RULES, classifier

from tocsin._core.model import Alert, Classification, Dropped
from tocsin._core.plan import Plan
from tocsin._core.times import parse_duration
from tocsin.classify import Classifier
from tocsin.plan import load


def written() -> Iterator[dict[str, Any]]:
    """The entries under `tests` of all shipped files."""
    for file in sorted(RULES.glob("*.yaml")):
        yield from yaml.safe_load(file.read_text(encoding="utf-8")).get("tests", ())


def decide(rules: Classifier, test: dict[str, Any]) -> Classification | Dropped:
    """What the plan says of a test's alert."""
    labels = {name: str(value) for name, value in test["alert"]["labels"].items()}
    source = test.get("source", "prometheus")
    return rules.classify(Alert(source=source, labels=labels, firing=True, received_at=NOW), NOW)


def told_at_first(plan: Plan, found: Classification) -> set[str]:
    """The groups that hear of a new incident of this class and tier."""
    tell = plan.tiers[found.tier].tell
    class_ = plan.classes[found.class_]
    listed = {class_.lead, *class_.also, "command"}
    return {"all": set(plan.groups), "listed": listed, "lead": {class_.lead}}[tell]


def part(plan: Plan, found: Classification, name: str) -> Any:
    """A part of the decision under the name that tests give it."""
    if name == "groups":
        return told_at_first(plan, found)
    if name == "incident_key":
        return dict(found.key)
    return getattr(found, "class_" if name == "class" else name)


@pytest.mark.parametrize("test", list(written()), ids=lambda test: test["name"])
def test_what_is_expected_is_decided(test: dict[str, Any]) -> None:
    """Every part of the decision that a test names is as it says."""
    plan = load(RULES, environment={})
    found = decide(Classifier(plan), test)
    expected = test["expect"]
    if expected == {"dropped": True}:
        assert isinstance(found, Dropped)
        return
    assert isinstance(found, Classification)
    wanted: dict[str, Any] = {name: set(value) if name == "groups" else value for name, value in expected.items()}
    if "rto" in wanted:
        wanted["rto"] = parse_duration(wanted["rto"])

    assert {name: part(plan, found, name) for name in wanted} == wanted, found.reasons


def test_every_rule_is_tested() -> None:
    """No rule is shipped without a test that it decides, or in which it has its say."""
    rules = classifier()
    decided = [decide(rules, test) for test in written()]
    seen = {name for found in decided for name in ([found.by] if isinstance(found, Dropped) else found.matched)}

    assert {rule.name for rule in load(RULES, environment={}).rules} <= seen
