"""Channels: tested by a person before they are needed, and looked at."""

from __future__ import annotations

from tests.support.alerts import firing
from tests.support.hooks import GROUPS, Hooks
from tests.support.service import SMALL_PLAN, Start, wait_for


def test_all_channels_are_tested_at_once(start: Start, hooks: Hooks) -> None:
    """Each gets a message that says it is a test, in its language; who did not take it is named, with the error."""
    service = start(SMALL_PLAN)
    hooks.answer("legal", 404)

    tested = service.tocsin("channels", "test")

    assert tested.returncode == 1
    assert "1 of 5 did not take the message" in tested.stderr
    lines = {line.split()[0]: line.split()[1] for line in tested.stdout.splitlines()[1:]}
    assert lines == {f"{group}-hook": "no" if group == "legal" else "yes" for group in GROUPS}
    assert "answered 404" in tested.stdout
    (message,) = hooks.told("business")
    assert (message.body["event"], message.body["subject"]) == ("test", "【测试】通道 business-hook")
    assert message.headers["Idempotency-Key"] == message.body["id"]


def test_a_test_is_no_delivery(start: Start, hooks: Hooks) -> None:
    """It is sent once, past the queues, and neither counts nor is kept; a second one has to wait a little."""
    service = start(SMALL_PLAN)

    assert service.tocsin("channels", "test", "data-hook").returncode == 0
    again = service.tocsin("channels", "test", "data-hook")

    assert (again.returncode, "tested just now" in again.stdout) == (1, True)
    assert len(hooks.tried("data")) == 1
    assert service.deliveries() == []
    assert service.samples("channel_last_success_timestamp_seconds") == []
    assert service.metric("deliveries_total", channel="data-hook") == 0
    assert service.post("/api/v1/channels/nowhere/test", {}).status == 404


def test_channels_are_listed(start: Start, hooks: Hooks) -> None:
    """Who has each, what it is owed, when it last took something, and that a webhook cannot be asked quietly."""
    service = start(SMALL_PLAN)
    hooks.answer("data", 410)
    service.alert(firing("PaymentGatewayDown", service="payments"))
    hooks.wait("opened", "command", "legal")
    wait_for(lambda: service.metric("deliveries_dead", channel="data-hook") == 1, "a dead letter")

    found = {item["name"]: item for item in service.get("/api/v1/channels").json["items"]}

    assert found["command-hook"]["fallback_of"] == ["technical"]
    assert (found["business-hook"]["groups"], found["business-hook"]["language"]) == (["business"], "zh")
    assert (found["data-hook"]["dead"], found["legal-hook"]["dead"]) == (1, 0)
    assert "last_success_at" not in found["data-hook"]
    assert found["legal-hook"]["last_success_at"].endswith("Z")
    listed = service.tocsin("channels", "list")
    assert listed.returncode == 0
    assert "technical, " not in listed.stdout
    assert "command, fallback of technical" in listed.stdout
    wait_for(
        lambda: all("check" in item for item in service.get("/api/v1/channels").json["items"]),
        "the first quiet checks",
        patience=20,
    )
    assert {item["check"]["ok"] for item in service.get("/api/v1/channels").json["items"]} == {None}
    assert service.samples("channel_check_successful") == []
