"""What is kept of an explanation: bounded, and of the plan that decided."""

from __future__ import annotations

from pathlib import Path

from tests._plan.written import plan_of

from tocsin._core.incident import AlertRecord
from tocsin._core.model import Alert, Classification
from tocsin._core.times import parse_time
from tocsin.explain import Keeper
from tocsin.plan import Current

NOW = parse_time("2026-12-05T12:00:00Z")
RULES = "rules:\n" + "".join(
    f"- {{name: r{number}, match: ['alertname=\"A{number}\"', 'team=\"x\"'], class: hw_sw_fault}}\n"
    for number in range(200)
)


def record(**labels: str) -> AlertRecord:
    """An alert as it is kept."""
    return AlertRecord(
        identity="prometheus:1", source="prometheus", labels=labels, annotations={}, generator_url="", starts_at=None
    )


def decided(current: Current, alert: AlertRecord) -> Classification:
    """What the plan in force says of it."""
    whole = Alert(source=alert.source, labels=alert.labels, firing=True, received_at=NOW)
    found = current.edition.classifier.classify(whole, NOW)
    assert isinstance(found, Classification)
    return found


def test_the_nearest_misses_are_kept(tmp_path: Path) -> None:
    """Of many rules those that matched and those that came nearest; the others are counted."""
    current = Current(plan_of(tmp_path, RULES))
    alert = record(alertname="A150", team="x")
    why = Keeper(current).why(alert, decided(current, alert), NOW)
    assert (len(why.tried), why.left_out) == (50, 101)
    assert (why.tried[-1].rule, why.tried[-1].matched) == ("r150", True)
    assert why.plan == current.plan().hash


def test_what_matched_is_always_kept(tmp_path: Path) -> None:
    """However many they are; the misses beside them are those of which most held, and the order is the plan's."""
    rules = "".join(
        f"- {{name: cap-{number}, max_tier: low, continue: true}}\n"
        f"- {{name: near-{number}, match: ['team=\"x\"', 'alertname=\"B\"'], class: other}}\n"
        f"- {{name: far-{number}, match: ['alertname=\"B\"'], class: other}}\n"
        for number in range(30)
    )
    current = Current(plan_of(tmp_path, f"rules:\n{rules}"))
    alert = record(alertname="A", team="x")
    why = Keeper(current).why(alert, decided(current, alert), NOW)
    assert (len(why.tried), why.left_out) == (50, 40)
    assert sum(each.matched for each in why.tried) == 30
    assert [each.rule for each in why.tried if not each.matched] == [f"near-{number}" for number in range(10, 30)]


def test_another_plan_explains_nothing(tmp_path: Path) -> None:
    """If a reload came between, the reasons of the plan that decided are kept, and it says what is not known."""
    first = Current(plan_of(tmp_path, RULES))
    alert = record(alertname="A1", team="x")
    made = decided(first, alert)
    second = Current(plan_of(tmp_path, RULES.replace("r1,", "s1,")))
    why = Keeper(second).why(alert, made, NOW)
    assert why.reasons[:-1] == made.reasons
    assert "another plan" in why.reasons[-1]
    assert (why.tried, why.plan) == ((), first.plan().hash)


def test_an_alert_that_is_gone(tmp_path: Path) -> None:
    """Without its labels only the reasons are known."""
    current = Current(plan_of(tmp_path, RULES))
    made = decided(current, record(alertname="A1", team="x"))
    assert Keeper(current).why(None, made, NOW).reasons[:-1] == made.reasons
