"""A real Prometheus, a real Alertmanager behind it, and Tocsin as that one's webhook."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.hooks import GROUPS, Hooks
from tests.support.monitoring import PATIENCE, Alertmanager, Exporter, Prometheus
from tests.support.service import SMALL_PLAN, Service, Start, wait_for

RULES = [
    {"alert": "PaymentGatewayDown", "expr": "payment_gateway_down == 1", "labels": {"service": "payments"}},
    {"alert": "PaymentGatewayFull", "expr": "payment_queue_full == 1", "labels": {"service": "payments", "cut": "yes"}},
]
DOWN, FULL = "payment_gateway_down", "payment_queue_full"
QUICK = {"group_by": ["service"], "group_wait": "0s", "group_interval": "1s", "repeat_interval": "1s"}


def webhook(service: Service, name: str, **settings: Any) -> dict[str, Any]:
    """A receiver that posts to Tocsin."""
    url = f"{service.url}/ingest/alertmanager"
    return {"name": name, "webhook_configs": [{"url": url, "send_resolved": True, **settings}]}


@pytest.fixture
def service(start: Start) -> Service:
    """Tocsin, with the small plan."""
    return start(SMALL_PLAN)


@pytest.fixture
def alertmanager(service: Service, exporter: Exporter, tmp_path: Path) -> Iterator[Alertmanager]:
    """An Alertmanager that a Prometheus posts to; alerts labelled ``cut`` go on in groups of two at most."""
    route = {"receiver": "tocsin", **QUICK, "routes": [{"receiver": "cut", "matchers": ['cut="yes"']}]}
    receivers = [webhook(service, "tocsin"), webhook(service, "cut", max_alerts=2)]
    for city in ("上海", "北京", "广州", "深圳"):
        exporter.set(0, DOWN, city=city)
        exporter.set(0, FULL, city=city)
    with (
        Alertmanager(tmp_path / "alertmanager", route=route, receivers=receivers) as program,
        Prometheus(
            tmp_path / "prometheus", exporter=exporter, rules=RULES, alertmanagers=[program.entry()]
        ) as prometheus,
    ):
        prometheus.wait_ready()
        yield program
        assert program.refused() == 0
        assert prometheus.refused() == 0


@pytest.mark.programs("prometheus", "prometheus-alertmanager")
def test_groups_open_and_clear_an_incident(
    service: Service, alertmanager: Alertmanager, exporter: Exporter, hooks: Hooks
) -> None:
    """Opened once; the group's repeats and one of two ends tell nobody; the second end clears it for all."""
    exporter.set(1, DOWN, city="上海")
    opened = hooks.wait("opened", *GROUPS)
    assert opened["technical"]["alerts"][0]["labels"]["city"] == "上海"
    exporter.set(1, DOWN, city="北京")
    hooks.wait("alerts_added", "technical")
    assert service.incident()["alerts"] == {"firing": 2, "total": 2}

    before = alertmanager.posted()
    wait_for(lambda: alertmanager.posted() >= before + 2, "repeats of the group", PATIENCE)
    exporter.set(0, DOWN, city="上海")
    wait_for(lambda: service.incident()["alerts"] == {"firing": 1, "total": 2}, "a group that is mixed", PATIENCE)
    assert service.incident()["signals"] == "firing"
    assert service.metric("notices_total") == 6

    exporter.set(0, DOWN, city="北京")
    cleared = hooks.wait("cleared", *GROUPS)
    assert {body["reason"] for body in cleared.values()} == {"resolved"}
    assert service.incident()["alerts"] == {"firing": 0, "total": 2}
    assert [hooks.events(group) for group in GROUPS if group != "technical"] == [["opened", "cleared"]] * 4
    assert hooks.events("technical") == ["opened", "alerts_added", "cleared"]
    assert service.metric("notices_total") == 11


@pytest.mark.programs("prometheus", "prometheus-alertmanager")
def test_alerts_that_were_cut_off_are_noted_and_still_fire(
    service: Service, alertmanager: Alertmanager, exporter: Exporter, hooks: Hooks
) -> None:
    """Groups of at most two: what is left out is counted on the incident and never taken for an end."""
    for city in ("上海", "北京", "广州", "深圳"):
        exporter.set(1, FULL, city=city)

    hooks.wait("opened", *GROUPS)
    wait_for(lambda: service.incident().get("truncated_alerts") == 2, "two alerts that were left out", PATIENCE)
    before = alertmanager.posted()
    wait_for(lambda: alertmanager.posted() >= before + 2, "repeats of the group", PATIENCE)

    incident = service.incident()
    assert incident["signals"] == "firing"
    assert incident["alerts"] == {"firing": 2, "total": 2}
    assert [hooks.events(group) for group in GROUPS if group != "technical"] == [["opened"]] * 4
