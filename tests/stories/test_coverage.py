"""Which rules are worth keeping: what each matched, over restarts."""

from __future__ import annotations

import json

from tests.stories.plans import with_rules
from tests.support.alerts import firing
from tests.support.service import Start

RULES = (
    "  - {name: watchdog, match: ['alertname=\"Watchdog\"'], drop: always fires}\n"
    "  - {name: cap, match: ['severity=\"warning\"'], max_tier: low, continue: true}\n"
    "  - {name: down, match: ['alertname=\"Down\"'], class: critical_function_outage}\n"
    "  - {name: never, match: ['alertname=\"Never\"'], class: hw_sw_fault}\n"
)


def test_what_each_rule_matched_over_a_restart(start: Start) -> None:
    """Counted in the store: rules that matched, one that never did, one that is gone, and what no rule decided."""
    first = start(with_rules(RULES))
    first.alert(firing("Down", service="a", severity="warning"), firing("Strange", service="b"), firing("Watchdog"))
    first.stop()
    service = start(with_rules(RULES.replace("name: down", "name: down-now")))
    service.alert(firing("Down", service="c"))

    answer = service.get("/api/v1/rules/coverage?limit=3").json
    rest = service.get(f"/api/v1/rules/coverage?cursor={answer['next']}").json

    rules = {item["rule"]: item for item in answer["items"] + rest["items"]}
    assert [(name, item["matches"], item["in_plan"]) for name, item in rules.items()] == [
        ("watchdog", 1, True),
        ("cap", 1, True),
        ("down-now", 1, True),
        ("never", 0, True),
        ("down", 1, False),
    ]
    assert ".yaml:" in rules["down-now"]["place"]
    assert (answer["alerts"], answer["other"], answer["dropped"]) == (3, 1, 1)
    assert service.metric("rule_coverage_matches_total", rule="cap") == 1
    assert service.metric("rule_coverage_matches_total", rule="_other") == 1
    assert service.metric("rule_coverage_unclassified_total") == 1

    told = service.tocsin("rules", "coverage")
    assert told.returncode == 0, told.stderr
    assert "Never matched (1 of 4)" in told.stdout
    assert json.loads(service.tocsin("rules", "coverage", "--json").stdout)["items"] == list(rules.values())


def test_a_foreign_cursor_is_refused(start: Start) -> None:
    """What is no cursor of this list is an error that says so."""
    answer = start(with_rules(RULES)).get("/api/v1/rules/coverage?cursor=-1")

    assert answer.status in (400, 422)
    assert answer.json["problems"][0]["path"] == "cursor"
