"""What goes where: tiers from the matrix, rules that cap, drop and go on, environments that are worth less."""

from __future__ import annotations

from tests.stories.plans import AT_ONCE, with_rules
from tests.support.alerts import firing, resolved
from tests.support.hooks import GROUPS, Hooks
from tests.support.service import Start, wait_for


def test_a_small_fault_is_told_to_one_group(start: Start, hooks: Hooks) -> None:
    """A narrow fault of a supporting service is low: its class's lead hears of it, nobody else."""
    service = start(with_rules("  - {name: disk, match: ['alertname=\"DiskFull\"'], class: hw_sw_fault}\n"))

    service.alert(firing("DiskFull", service="cms"))

    opened = hooks.wait("opened", "technical")["technical"]
    assert opened["incident"]["tier"] == "low"
    assert opened["incident"]["rto"]["target_seconds"] == 72 * 3600
    assert opened["asks"] == []
    assert [hooks.events(group) for group in GROUPS if group != "technical"] == [[]] * 4


def test_medium_is_told_to_those_whom_the_class_names(start: Start, hooks: Hooks) -> None:
    """Medium: the class's lead, the groups listed beside it, and command."""
    service = start(with_rules("  - {name: leak, match: ['alertname=\"Leak\"'], class: data_breach_loss}\n"))

    service.alert(firing("Leak", service="payments"))

    opened = hooks.wait("opened", "data", "technical", "legal", "command")
    assert {notice["incident"]["tier"] for notice in opened.values()} == {"medium"}
    assert hooks.events("business") == []
    assert service.metric("notices_total", event="opened") == 4


def test_what_no_rule_matches_is_other_and_is_not_lost(start: Start, hooks: Hooks) -> None:
    """An alert that the plan does not know is still told, as class other, and counted."""
    service = start(AT_ONCE)

    service.alert(firing("NeverHeardOf"))

    incident = hooks.wait("opened", "technical")["technical"]["incident"]
    assert (incident["class"], incident["tier"], incident["rule"]) == ("other", "medium", "")
    assert service.metric("alerts_unclassified_total", source="prometheus") == 1


def test_a_rule_drops_until_its_day(start: Start, hooks: Hooks) -> None:
    """A known nuisance is dropped, with a reason and a last day; once that is over, it counts again."""
    service = start(
        with_rules(
            "  - {name: old-news, match: ['service=\"cms\"'], drop: TICKET-17, until: 2020-01-31}\n"
            "  - {name: known, match: ['alertname=\"Flaky\"'], drop: TICKET-381, until: 9000-03-31}\n"
        )
    )

    assert service.alert(firing("Flaky", service="payments")) == {"received": 1, "dropped": 1}
    assert service.alert(firing("Slow", service="cms")) == {"received": 1, "new": 1}

    hooks.wait("opened", "technical")
    assert service.incident()["services"] == ["cms"]
    assert service.metric("alerts_dropped_total") == 1


ENVIRONMENTS = """\
environments:
  prod: {}
  staging: {match_any: ['environment=~"stag.*|uat"', 'namespace=~".*-uat"'], max_tier: low}
  dev: {match_any: ['environment=~"dev|test"'], drop: development is not watched}
"""


def test_an_environment_is_worth_less_or_nothing(start: Start, hooks: Hooks) -> None:
    """The same outage is high in production, low where the environment caps it, and nothing in development."""
    service = start(
        with_rules(
            "  - {name: down, match: ['alertname=\"Down\"'], class: critical_function_outage, impact: wide}\n",
            ENVIRONMENTS,
        )
    )

    assert service.alert(firing("Down", service="payments", environment="dev")) == {"received": 1, "dropped": 1}
    service.alert(firing("Down", service="payments", namespace="pay-uat"))
    hooks.wait("opened", "technical")
    service.alert(firing("Down", service="payments"))
    hooks.wait("opened", *GROUPS)

    found = {item["environment"]: item["tier"] for item in service.incidents()}
    assert found == {"prod": "high", "staging": "low"}


def test_a_rule_caps_the_tier_and_lets_the_next_ones_decide(start: Start, hooks: Hooks) -> None:
    """``max_tier`` with ``continue`` holds for whatever rule decides after it."""
    service = start(
        with_rules(
            "  - {name: warnings, match: ['severity=~\"(?i)warn(ing)?\"'], max_tier: medium, continue: true}\n"
            "  - {name: down, match: ['alertname=\"Down\"'], class: critical_function_outage, impact: wide}\n"
        )
    )

    service.alert(firing("Down", service="payments", severity="Warning"))

    incident = hooks.wait("opened", "technical")["technical"]["incident"]
    assert (incident["tier"], incident["rule"]) == ("medium", "down")


def test_a_worse_alert_raises_the_tier(start: Start, hooks: Hooks) -> None:
    """A fault grows into an outage: all five are told that it was raised, those too who had not heard of it."""
    service = start(
        with_rules(
            "  - {name: down, match: ['alertname=\"Down\"'], class: critical_function_outage, impact: wide}\n"
            "  - {name: slow, match: ['alertname=\"Slow\"'], class: quality_failure}\n"
        )
    )
    service.alert(firing("Slow", service="payments"))
    hooks.wait("opened", "technical")

    service.alert(firing("Down", service="payments"))

    raised = hooks.wait("tier_raised", *GROUPS)
    assert {notice["reason"] for notice in raised.values()} == {"worse_alert"}
    assert raised["legal"]["changes"] == [
        {"field": "tier", "from": "medium", "to": "high"},
        {"field": "class", "from": "quality_failure", "to": "critical_function_outage"},
    ]
    assert hooks.events("legal") == ["tier_raised"]
    assert service.incident()["secondary_classes"] == ["quality_failure"]


def test_what_is_over_before_it_is_told_is_told_to_nobody(start: Start, hooks: Hooks) -> None:
    """Within its tier's wait a fault came and went: closed as transient, counted, and nobody is woken."""
    plan = with_rules("  - {name: slow, match: ['alertname=\"Slow\"'], class: quality_failure, wait: 1s}\n")
    service = start(plan)

    service.alert(firing("Slow", service="payments"))
    service.alert(resolved("Slow", service="payments"))

    wait_for(lambda: [item["state"] for item in service.incidents()] == ["closed"], "a closed incident")
    assert service.incident()["outcome"] == "transient"
    assert service.metric("notices_suppressed_total", reason="transient") == 1
    assert [hooks.events(group) for group in GROUPS] == [[]] * 5
