"""Posting alerts: what is answered, and that one bad alert spoils no other."""

from __future__ import annotations

from typing import Any

from tests.support.alerts import firing
from tests.support.hooks import GROUPS, Hooks
from tests.support.service import SMALL_PLAN, Start, request

DOWN = {"alertname": "PaymentGatewayDown", "service": "payments"}


def group(*alerts: dict[str, Any], truncated: int = 0) -> dict[str, Any]:
    """A group as Alertmanager's webhook posts it."""
    status = "firing" if any(alert["status"] == "firing" for alert in alerts) else "resolved"
    return {"version": "4", "receiver": "tocsin", "status": status, "truncatedAlerts": truncated, "alerts": [*alerts]}


def member(status: str, alertname: str) -> dict[str, Any]:
    """An alert of such a group."""
    ends = "0001-01-01T00:00:00Z" if status == "firing" else "2026-01-01T00:00:00Z"
    return {**firing(alertname, service="payments"), "status": status, "endsAt": ends}


def test_an_alertmanager_posts_groups(start: Start, hooks: Hooks) -> None:
    """A group carries firing and resolved alerts at once; the incident clears when the last of them is resolved."""
    service = start(SMALL_PLAN)
    both = group(member("firing", "PaymentGatewayDown"), member("firing", "PaymentGatewaySlow"))
    assert service.post("/ingest/alertmanager", both).json["new"] == 2
    hooks.wait("opened", *GROUPS)

    mixed = group(member("resolved", "PaymentGatewayDown"), member("firing", "PaymentGatewaySlow"))
    answer = service.post("/ingest/alertmanager", mixed)
    assert answer.status == 200
    assert answer.json == {"received": 2, "new": 0, "repeated": 1, "resolved": 1, "dropped": 0, "rejected": []}

    service.post("/ingest/alertmanager", group(member("resolved", "PaymentGatewaySlow")))
    hooks.wait("cleared", *GROUPS)
    assert [hooks.events(name) for name in GROUPS] == [["opened", "cleared"]] * 5


def test_alerts_left_out_of_a_group_are_not_resolved(start: Start, hooks: Hooks) -> None:
    """``truncatedAlerts`` is noted on the incident; what was left out still fires."""
    service = start(SMALL_PLAN)
    both = group(member("firing", "PaymentGatewayDown"), member("firing", "PaymentGatewaySlow"))
    service.post("/ingest/alertmanager", both)
    opened = hooks.wait("opened", *GROUPS)

    service.post("/ingest/alertmanager", group(member("firing", "PaymentGatewayDown"), truncated=7))

    incident = service.get(f"/api/v1/incidents/{opened['data']['incident']['id']}").json
    assert incident["alerts"] == {"firing": 2, "total": 2}
    assert incident["signals"] == "firing"


def test_one_bad_alert_spoils_no_other(start: Start, hooks: Hooks) -> None:
    """The good ones are kept. The API answers 400 then, as Alertmanager does; ``/ingest`` only if nothing was kept."""
    service = start(SMALL_PLAN)
    bad: dict[str, Any] = {"labels": {}}

    answer = service.post("/api/v2/alerts", [bad, firing(**DOWN)])
    assert answer.status == 400
    assert (answer.json["received"], answer.json["new"]) == (2, 1)
    assert answer.json["rejected"][0]["index"] == 0
    hooks.wait("opened", *GROUPS)

    assert service.post("/ingest/prometheus", [bad, firing(**DOWN)]).status == 200
    assert service.post("/ingest/prometheus", [bad]).status == 400
    assert service.metric("alerts_rejected_total", source="prometheus", reason="no_labels") == 3


def test_errors_say_what_is_wrong(start: Start) -> None:
    """Every error is a problem in JSON, with its status and in words."""
    service = start(SMALL_PLAN)
    url = service.url

    for answer, status in (
        (service.post("/ingest/nobody", []), 404),
        (service.post("/api/v2/alerts", {"alerts": []}), 400),
        (service.post("/ingest/alertmanager", [firing(**DOWN)]), 400),
        (request("POST", f"{url}/api/v2/alerts", [], {"Content-Type": "text/plain"}), 415),
        (service.get("/api/v2/alerts"), 405),
    ):
        assert answer.status == status
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        assert answer.json["detail"]
        assert isinstance(answer.json["problems"], list)
