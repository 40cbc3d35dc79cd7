"""A real Prometheus posts straight to Tocsin, as ``alerting.alertmanagers`` lets it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.support.hooks import GROUPS, Hooks
from tests.support.monitoring import PATIENCE, Exporter, Prometheus, at
from tests.support.service import SMALL_PLAN, Service, Start, wait_for

RULES = [
    {
        "alert": "PaymentGatewayDown",
        "expr": "payment_gateway_down == 1",
        "labels": {"service": "payments", "severity": "critical"},
        "annotations": {"summary": "{{ $labels.city }} 的支付网关无响应 🚨"},
    }
]
DOWN = "payment_gateway_down"


@pytest.fixture
def service(start: Start) -> Service:
    """Tocsin, with the small plan."""
    return start(SMALL_PLAN)


@pytest.fixture
def pair(service: Service, exporter: Exporter, tmp_path: Path) -> Iterator[list[Prometheus]]:
    """Two replicas that scrape the same and post to Tocsin, each with a label of its own."""
    exporter.set(0, DOWN, city="上海")
    with ExitStack() as running:
        both = [
            running.enter_context(
                Prometheus(
                    tmp_path / name,
                    exporter=exporter,
                    rules=RULES,
                    alertmanagers=[at(service.url)],
                    external_labels={"cluster": "bj", "prometheus_replica": name},
                )
            )
            for name in ("a", "b")
        ]
        for prometheus in both:
            prometheus.wait_ready()
        yield both
        assert [prometheus.refused() for prometheus in both] == [0, 0]


def wait_sent(pair: list[Prometheus], *counts: float) -> None:
    """Wait until each has posted so many alerts."""
    wait_for(lambda: all(each.sent() >= count for each, count in zip(pair, counts, strict=True)), "posts", PATIENCE)


@pytest.mark.programs("prometheus", "promtool")
def test_a_pair_is_one_and_its_restart_is_no_news(
    service: Service, pair: list[Prometheus], exporter: Exporter, hooks: Hooks
) -> None:
    """Two replicas, one incident: told once; repeats and a restart of both tell nobody; the end is told once."""
    subprocess.run(["promtool", "check", "rules", pair[0].rules], check=True, capture_output=True)
    exporter.set(1, DOWN, city="上海")
    opened = hooks.wait("opened", *GROUPS)
    assert {body["incident"]["tier"] for body in opened.values()} == {"high"}
    (alert,) = opened["technical"]["alerts"]
    assert alert["labels"]["city"] == "上海"
    assert alert["annotations"]["summary"] == "上海 的支付网关无响应 🚨"
    assert alert["generator_url"].startswith("http://")

    wait_sent(pair, 2, 2)
    assert service.incident()["alerts"] == {"firing": 1, "total": 1}
    began = {prometheus.alerts()[0]["activeAt"] for prometheus in pair}
    for prometheus in pair:
        prometheus.stop()
    for prometheus in pair:
        prometheus.start()
    wait_sent(pair, 1, 1)
    assert began.isdisjoint(prometheus.alerts()[0]["activeAt"] for prometheus in pair)
    assert service.metric("alerts_deduplicated_total", source="prometheus") >= 5
    assert service.metric("notices_total") == 5
    assert [hooks.events(group) for group in GROUPS] == [["opened"]] * 5

    before = [prometheus.sent() for prometheus in pair]
    exporter.set(0, DOWN, city="上海")
    cleared = hooks.wait("cleared", *GROUPS)
    assert {body["reason"] for body in cleared.values()} == {"resolved"}
    wait_sent(pair, *(count + 1 for count in before))
    assert [hooks.events(group) for group in GROUPS] == [["opened", "cleared"]] * 5
    assert service.incident()["alerts"] == {"firing": 0, "total": 1}
    assert service.metric("notices_total") == 10


@pytest.mark.programs("prometheus")
def test_a_path_prefix_makes_a_source_of_its_own(
    start: Start, hooks: Hooks, exporter: Exporter, tmp_path: Path
) -> None:
    """By ``path_prefix: /ingest/prom-bj`` it is the source prom-bj, with that source's labels."""
    service = start(SMALL_PLAN + "sources:\n  prom-bj: {type: prometheus, labels: {location: bj}}\n")
    exporter.set(1, DOWN, city="北京")

    with Prometheus(
        tmp_path / "bj", exporter=exporter, rules=RULES, alertmanagers=[at(service.url, "/ingest/prom-bj")]
    ) as prometheus:
        opened = hooks.wait("opened", *GROUPS)
        assert {body["incident"]["location"] for body in opened.values()} == {"bj"}
        exporter.set(0, DOWN, city="北京")
        hooks.wait("cleared", *GROUPS)
        assert prometheus.refused() == 0

    assert service.metric("alerts_received_total", source="prom-bj") >= 2
    assert service.metric("alerts_received_total", source="prometheus") == 0
