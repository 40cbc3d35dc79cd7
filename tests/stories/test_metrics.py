"""What ``/metrics`` says after an outage."""

from __future__ import annotations

from tests.support.alerts import firing, resolved
from tests.support.hooks import GROUPS, Hooks
from tests.support.service import SMALL_PLAN, Start, request, wait_for

DOWN = {"alertname": "PaymentGatewayDown", "service": "payments"}
OUTAGE = {"class": "critical_function_outage", "tier": "high"}


def test_counters_are_there_before_anything_happens(start: Start) -> None:
    """At 0 from the start, so that the first increase is seen as one."""
    service = start(SMALL_PLAN)

    assert service.samples("alerts_received_total", source="prometheus", status="firing") == [0]
    assert service.samples("notices_total", group="legal", event="opened") == [0]
    assert service.samples("incidents_opened_total", **{"class": "cyber_attack"}, tier="high") == [0]
    assert service.samples("deliveries_total", channel="data-hook", result="dead") == [0]
    assert service.samples("incidents_open", **OUTAGE, state="open") == [0]
    assert service.metric("store_up") == 1
    assert service.metric("plan_last_reload_successful") == 1


def test_an_outage_in_figures(start: Start, hooks: Hooks) -> None:
    """From the alert to the channels: received, decided, opened, told, delivered, and how long each clock has run."""
    service = start(SMALL_PLAN)
    service.alert(firing(**DOWN))
    hooks.wait("opened", *GROUPS)
    wait_for(lambda: service.metric("deliveries_total", result="accepted") == 5, "five deliveries")
    service.alert(firing(**DOWN))

    name = service.incident()["id"]
    assert service.metric("alerts_received_total", source="prometheus", status="firing") == 2
    assert service.metric("alerts_deduplicated_total", source="prometheus") == 1
    assert service.metric("classifications_total", **OUTAGE) == 1
    assert service.metric("rule_matches_total", rule="payment-gateway-down") == 1
    assert service.metric("incidents_opened_total", **OUTAGE) == 1
    assert service.metric("incidents_open", **OUTAGE, state="open") == 1
    assert service.metric("service_incidents_opened_total", service="payments", tier="high") == 1
    assert [service.metric("notices_total", group=group, event="opened") for group in GROUPS] == [1] * 5
    assert service.metric("delivery_delay_seconds_count", tier="high") == 5
    assert service.metric("delivery_queue_length") == 0
    start_at = service.metric("incident_start_timestamp_seconds", incident=name)
    assert service.metric("incident_rto_deadline_timestamp_seconds", incident=name) == start_at + 7200
    assert service.metric("incident_info", incident=name, service="payments", vendor="acme", signals="firing") == 1
    assert 0 <= service.metric("incident_rto_consumed_ratio", incident=name) < 0.1

    service.alert(resolved(**DOWN))
    hooks.wait("cleared", *GROUPS)
    assert service.metric("incident_cleared_timestamp_seconds", incident=name) >= start_at
    assert service.metric("channel_last_success_timestamp_seconds", channel="data-hook") >= start_at


def test_open_metrics_for_those_who_ask(start: Start) -> None:
    """By its ``Accept`` header a Prometheus gets OpenMetrics."""
    service = start(SMALL_PLAN)

    answer = request("GET", f"{service.url}/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})

    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")
