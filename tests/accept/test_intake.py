"""What is posted, and what is answered."""

from __future__ import annotations

from typing import Any

import pytest
from tests.accept.running import ALERT, GROUP, NOW, running

from tocsin._core.errors import StoreUnavailable

ZEROS = {"received": 0, "new": 0, "repeated": 0, "resolved": 0, "dropped": 0, "rejected": []}
NO_LABELS = "$[1].labels: an alert needs at least one label with a value"


@pytest.mark.parametrize(
    ("path", "payload", "source"),
    [
        ("/api/v2/alerts", [ALERT], "prometheus"),
        ("/ingest/alertmanager", GROUP, "alertmanager"),
        ("/ingest/prometheus", [ALERT], "prometheus"),
        ("/ingest/prom-bj", [ALERT], "prom-bj"),
        ("/ingest/prom-bj/api/v2/alerts", [ALERT], "prom-bj"),
    ],
)
async def test_alerts_come_in(path: str, payload: Any, source: str) -> None:
    """Each way in gives its source's name and the time of receipt to the alerts, and answers the receipt."""
    async with running() as run:
        answer = await run.post(path, json=payload)
        assert answer == (200, ZEROS | {"received": 1, "new": 1})
        alert = run.intake.batches[0].alerts[0]
        assert (alert.source, alert.received_at, alert.labels) == (source, NOW, ALERT["labels"])
        assert [name for name, _ in run.counted.batches] == [source]
        assert run.counted.seconds == [0.0]


async def test_a_rejected_alert_spoils_no_other() -> None:
    """The good one is kept on both ways in; API v2 answers 400, as Alertmanager does, the other 200."""
    async with running() as run:
        expected = ZEROS | {"received": 2, "new": 1, "rejected": [{"index": 1, "error": NO_LABELS}]}
        assert await run.post("/api/v2/alerts", json=[ALERT, {}]) == (400, expected)
        assert await run.post("/ingest/prom-bj", json=[ALERT, {}]) == (200, expected)
        assert await run.post("/ingest/prom-bj/api/v2/alerts", json=[ALERT, {}]) == (200, expected)
        assert [len(batch.alerts) for batch in run.intake.batches] == [1, 1, 1]


async def test_nothing_kept_is_400_everywhere() -> None:
    """If all are rejected the sender hears so, and nothing is passed on."""
    async with running() as run:
        for path in ("/api/v2/alerts", "/ingest/prom-bj"):
            status, receipt = await run.post(path, json=[{}, 5])
            assert (status, receipt["received"], len(receipt["rejected"])) == (400, 2, 2)
        assert run.intake.batches == []


async def test_an_empty_list_is_fine() -> None:
    """No alerts, zeros."""
    async with running() as run:
        assert await run.post("/api/v2/alerts", json=[]) == (200, ZEROS)
        assert await run.post("/ingest/alertmanager", json={"alerts": []}) == (200, ZEROS)


async def test_a_body_that_is_no_json_is_400() -> None:
    """With the place and the message, as problem+json, and counted."""
    async with running() as run:
        async with run.client.post("/api/v2/alerts", data=b"{", headers={"Content-Type": "application/json"}) as answer:
            assert (answer.status, answer.content_type) == (400, "application/problem+json")
            problem = await answer.json(content_type=None)
        assert problem["type"] == "about:blank"
        assert (problem["title"], problem["status"]) == ("Bad Request", 400)
        assert problem["problems"] == [{"path": "$", "message": problem["detail"].removeprefix("$: ")}]
        status, problem = await run.post("/ingest/alertmanager", json={"alerts": 5})
        assert (status, problem["problems"][0]["path"]) == (400, "$.alerts")
        assert run.counted.statuses == [400, 400]


async def test_an_unknown_source_lists_the_known() -> None:
    """404, and what there is."""
    async with running() as run:
        status, problem = await run.post("/ingest/nagios", json=[ALERT])
        assert status == 404
        assert problem["detail"].endswith("alertmanager, prom-bj, prometheus, tool, zabbix-dc")


async def test_a_path_prefix_is_for_prometheus_only() -> None:
    """Another type's source is told where to post; one that cannot be read says so."""
    async with running() as run:
        status, problem = await run.post("/ingest/alertmanager/api/v2/alerts", json=GROUP)
        assert (status, "post to /ingest/alertmanager" in problem["detail"]) == (404, True)
        status, problem = await run.post("/ingest/zabbix-dc", json=[ALERT])
        assert (status, "cannot be read" in problem["detail"]) == (404, True)


async def test_the_store_out_of_reach_is_503() -> None:
    """Nothing was taken, and the sender is told when to try again."""
    async with running() as run:
        run.intake.error = StoreUnavailable("connection refused by redis://:swordfish@db")
        async with run.client.post("/api/v2/alerts", json=[ALERT]) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
            assert "swordfish" not in await answer.text()


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("Application/JSON", 200),
        ("application/cloudevents+json", 200),
        (None, 200),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("text/json", 415),
        ("", 415),
    ],
)
async def test_the_content_type_must_be_json(content_type: str | None, status: int) -> None:
    """JSON and its kin with or without a charset; none at all from what is no web page."""
    async with running() as run:
        lines = ["POST /api/v2/alerts HTTP/1.1", "Host: localhost", "Content-Length: 2", "Connection: close"]
        if content_type is not None:
            lines.append(f"Content-Type: {content_type}")
        assert (await run.raw(*lines, body=b"[]")).startswith(f"HTTP/1.1 {status} ")


async def test_no_content_type_with_an_origin_is_refused() -> None:
    """A web page's post without a type gets 415, where the Origin alone is not refused already."""
    async with running(loopback=False) as run:
        lines = ("POST /api/v2/alerts HTTP/1.1", "Host: x", "Content-Length: 2", "Origin: https://evil.example")
        assert (await run.raw(*lines, body=b"[]")).startswith("HTTP/1.1 415 ")


async def test_unknown_paths_and_wrong_methods_are_problems() -> None:
    """404 and 405 look like every other error, and 405 says what is taken."""
    async with running() as run:
        for path in ("/", "/ingest", "/ingest/prom-bj/api/v1/alerts"):
            status, problem = await run.post(path, json=[])
            assert (status, problem["status"]) == (404, 404)
        async with run.client.get("/api/v2/alerts") as answer:
            assert (answer.status, answer.headers["Allow"]) == (405, "POST")
            assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize(
    ("thing", "status", "detail", "problems"),
    [
        ("none", 404, "no thing of this id", []),
        ("1", 400, "limit: must be a number", [{"path": "limit", "message": "must be a number"}]),
        ("gone", 409, "somebody was faster", []),
    ],
)
async def test_errors_of_other_routes_are_problems(thing: str, status: int, detail: str, problems: list[str]) -> None:
    """What a route of another folder raises becomes the same kind of answer."""
    async with running() as run, run.client.get(f"/api/v1/things/{thing}") as answer:
        assert (answer.status, answer.content_type) == (status, "application/problem+json")
        problem = await answer.json(content_type=None)
        assert (problem["detail"], problem["problems"]) == (detail, problems)


async def test_health_and_readiness() -> None:
    """Healthy while it answers; ready until there is a reason why not, which is then told."""
    async with running() as run:
        for path in ("/-/healthy", "/-/ready"):
            async with run.client.get(path) as answer:
                assert answer.status == 200
        run.reasons.append("the store is out of reach")
        async with run.client.get("/-/ready") as answer:
            assert answer.status == 503
            problem = await answer.json(content_type=None)
            assert problem["problems"] == [{"path": "", "message": "the store is out of reach"}]
        async with run.client.get("/-/healthy") as answer:
            assert answer.status == 200


async def test_a_fault_of_ours_is_logged_and_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """500 without detail to the client; the traceback is in the log, and it is counted."""
    async with running() as run:
        async with run.client.get("/broken") as answer:
            assert (answer.status, answer.content_type) == (500, "application/problem+json")
            assert "swordfish" not in await answer.text()
        assert run.counted.statuses == [500]
    assert [record.getMessage() for record in caplog.records] == ["a request failed"]
    assert "swordfish" in caplog.text


async def test_taking_alerts_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Neither good nor bad alerts make log lines."""
    caplog.set_level("DEBUG", "tocsin")
    async with running() as run:
        await run.post("/api/v2/alerts", json=[ALERT, {}, 5])
    assert [record for record in caplog.records if record.name.startswith(("tocsin", "aiohttp"))] == []


async def test_what_cannot_be_read_is_kept_in_the_ring() -> None:
    """Whatever the type of the source: the bytes as they came, unpacked, with what is wrong; and it is counted."""
    async with running() as run:
        status, problem = await run.post(
            "/ingest/prom-bj", data=b'{"a": 1}', headers={"Content-Type": "application/json"}
        )
        assert status == 400
        assert run.ring.payloads == [("prom-bj", b'{"a": 1}', [problem["detail"]])]
        assert run.counted.unread == ["prom-bj"]


async def test_a_mapping_keeps_what_it_refused_in_part() -> None:
    """The good alert is taken; the payload stays for the bad one. Other types keep only what is wholly unreadable."""
    async with running() as run:
        payload = [{"id": "1", "name": "Down"}, {"name": "Up"}]
        status, receipt = await run.post("/ingest/tool", json=payload)
        assert (status, receipt["new"], len(receipt["rejected"])) == (200, 1, 1)
        ((source, _, errors),) = run.ring.payloads
        assert (source, errors) == ("tool", ["$[1]: identity: $[1].id is missing"])
        await run.post("/ingest/prom-bj", json=[ALERT, {}])
        assert len(run.ring.payloads) == 1


async def test_a_large_payload_is_mapped_beside_the_event_loop() -> None:
    """And the outcome is the same."""
    async with running() as run:
        payload = [{"id": str(number), "name": "x" * 1000} for number in range(200)]
        status, receipt = await run.post("/ingest/tool", json=payload)
        assert (status, receipt["new"]) == (200, 200)
