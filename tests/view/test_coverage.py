"""The coverage of the rules as the API tells it."""

from __future__ import annotations

from dataclasses import replace

from tests.telemetry.sample import NOW, plan

from tocsin._core.plan import Rule
from tocsin._core.times import format_time
from tocsin._store.coverage import Coverage, Matches
from tocsin.view.coverage import coverage_head, coverage_items

PLAN = replace(
    plan(rules=("gateway", "disk")), rules=(Rule(name="noise", place="a.yaml:9", drop="noise"), *plan().rules)
)


def test_every_rule_of_the_plan_is_there_and_those_that_were() -> None:
    """In the plan's order, at 0 if it never matched; a rule that drops, or is gone, has no share."""
    counted = Coverage(since=NOW, alerts=4, dropped=7, rules={"noise": Matches(7, NOW), "old": Matches(1, NOW - 1)})
    assert list(coverage_items(counted, PLAN)) == [
        {"rule": "noise", "in_plan": True, "matches": 7, "place": "a.yaml:9", "drops": True}
        | {"last_matched_at": format_time(NOW)},
        {"rule": "gateway", "in_plan": True, "matches": 0, "place": "a.yaml:1", "drops": False, "ratio": 0.0},
        {"rule": "old", "in_plan": False, "matches": 1, "last_matched_at": format_time(NOW - 1)},
    ]


def test_the_share_of_other() -> None:
    """Of the alerts that fired anew; there is none before the first."""
    counted = Coverage(since=NOW, alerts=3, unclassified=2, dropped=7)
    assert coverage_head(counted, PLAN) == {
        "plan": "abc123",
        "since": format_time(NOW),
        "alerts": 3,
        "dropped": 7,
        "other": 2,
        "other_ratio": 0.6667,
    }
    assert coverage_head(Coverage(), PLAN) == {"plan": "abc123", "alerts": 0, "dropped": 0, "other": 0}
