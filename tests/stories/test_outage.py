"""An outage, from its first alert to its end, on the small plan of the documentation."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.support.alerts import firing, resolved
from tests.support.hooks import GROUPS, Hooks
from tests.support.service import SMALL_PLAN, Start

DOWN = {"alertname": "PaymentGatewayDown", "service": "payments"}


def test_an_outage_of_a_core_service_is_told_to_all_five_groups(start: Start, hooks: Hooks) -> None:
    """One alert, one incident of the highest tier; five groups hear of it, each in its language."""
    service = start(SMALL_PLAN)

    assert service.alert(firing(**DOWN)) == {"received": 1, "new": 1}

    opened = hooks.wait("opened", *GROUPS)
    for group, notice in opened.items():
        assert notice["group"] == group
        assert notice["incident"]["tier"] == "high"
        assert notice["incident"]["class"] == "critical_function_outage"
        assert notice["asks"] == ["acknowledge"]
    assert opened["command"]["language"] == "en"
    assert opened["business"]["language"] == "zh"
    assert "支付" in opened["business"]["text"] or "关键功能中断" in opened["business"]["text"]


def test_repeats_are_told_to_nobody(start: Start, hooks: Hooks) -> None:
    """Monitoring says the same again and again, from two replicas; the groups hear it once."""
    service = start(SMALL_PLAN)
    service.alert(firing(**DOWN))
    hooks.wait("opened", *GROUPS)

    for replica in ("a", "b", "a", "b"):
        assert service.alert(firing(**DOWN, prometheus_replica=replica)) == {"received": 1, "repeated": 1}

    assert service.incident()["alerts"] == {"firing": 1, "total": 1}
    assert service.metric("notices_total") == 5
    assert [hooks.events(group) for group in GROUPS] == [["opened"]] * 5


def test_fifty_identical_posts_at_once_are_one_alert(start: Start, hooks: Hooks) -> None:
    """Whoever comes first opens the incident; the other forty-nine are repeats, and each group is told once."""
    service = start(SMALL_PLAN)

    with ThreadPoolExecutor(50) as posts:
        outcomes = list(posts.map(lambda _: service.alert(firing(**DOWN)), range(50)))

    assert outcomes.count({"received": 1, "new": 1}) == 1
    assert outcomes.count({"received": 1, "repeated": 1}) == 49
    hooks.wait("opened", *GROUPS)
    assert service.incident()["alerts"] == {"firing": 1, "total": 1}
    assert service.metric("notices_total") == 5
    assert [hooks.events(group) for group in GROUPS] == [["opened"]] * 5


def test_a_second_alert_joins_and_only_the_lead_hears(start: Start, hooks: Hooks) -> None:
    """More trouble with the same service is the same incident: the group that leads is told, the others are not."""
    service = start(SMALL_PLAN)
    service.alert(firing(**DOWN))
    hooks.wait("opened", *GROUPS)

    service.alert(firing("PaymentGatewayErrors", service="payments"))

    added = hooks.wait("alerts_added", "technical")["technical"]
    assert added["incident"]["alerts"] == {"firing": 2, "total": 2}
    assert {alert["labels"]["alertname"] for alert in added["alerts"]} == {DOWN["alertname"], "PaymentGatewayErrors"}
    assert service.incident()["id"] == added["incident"]["id"]
    assert [hooks.events(group) for group in GROUPS if group != "technical"] == [["opened"]] * 4


def test_the_clearing_is_told_once_all_alerts_have_ended(start: Start, hooks: Hooks) -> None:
    """The first of two ends: no news. The second ends: all who were told hear it, and lead and business confirm."""
    service = start(SMALL_PLAN)
    second = {"alertname": "PaymentGatewayErrors", "service": "payments"}
    service.alert(firing(**DOWN), firing(**second))
    hooks.wait("opened", *GROUPS)

    assert service.alert(resolved(**DOWN)) == {"received": 1, "resolved": 1}
    assert service.alert(resolved(**second)) == {"received": 1, "resolved": 1}

    cleared = hooks.wait("cleared", *GROUPS)
    assert {notice["reason"] for notice in cleared.values()} == {"resolved"}
    assert {group: notice["asks"] for group, notice in cleared.items() if notice["asks"]} == {
        "technical": ["restore"],
        "business": ["restore"],
    }
    assert [hooks.events(group) for group in GROUPS] == [["opened", "cleared"]] * 5
    incident = service.incident()
    assert (incident["state"], incident["signals"]) == ("open", "cleared")
    assert incident["alerts"] == {"firing": 0, "total": 2}


def test_it_fires_again_and_the_same_incident_is_reopened(start: Start, hooks: Hooks) -> None:
    """A relapse soon after the clearing is no new incident, and everybody who was told hears of it."""
    service = start(SMALL_PLAN)
    service.alert(firing(**DOWN))
    opened = hooks.wait("opened", *GROUPS)
    service.alert(resolved(**DOWN))
    hooks.wait("cleared", *GROUPS)

    service.alert(firing("PaymentGatewayErrors", service="payments"))

    reopened = hooks.wait("reopened", *GROUPS)
    assert {notice["incident"]["id"] for notice in (*opened.values(), *reopened.values())} == {service.incident()["id"]}
    assert service.incident()["signals"] == "firing"


def test_the_hours_come_from_the_service(start: Start, hooks: Hooks) -> None:
    """The catalogue says two hours for payments, less than the tier's four; the vendor comes from it too."""
    service = start(SMALL_PLAN)

    service.alert(firing("PaymentGatewayDown", namespace="pay"))

    incident = hooks.wait("opened", "command")["command"]["incident"]
    assert incident["rto"]["target_seconds"] == 7200
    assert (incident["services"], incident["vendor"], incident["location"]) == (["payments"], "acme", "cn-east-1")
    assert incident["environment"] == "prod"
