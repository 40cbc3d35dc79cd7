"""Looking at incidents: over HTTP and from the command line."""

from __future__ import annotations

import json

from tests.stories.plans import with_rules
from tests.support.alerts import firing
from tests.support.hooks import GROUPS, Hooks
from tests.support.service import SMALL_PLAN, Start, tocsin, wait_for

DOWN = {"alertname": "PaymentGatewayDown", "service": "payments"}
TWO = (
    "  - {name: down, match: ['alertname=\"Down\"'], class: critical_function_outage, impact: wide}\n"
    "  - {name: disk, match: ['alertname=\"DiskFull\"'], class: hw_sw_fault}\n"
)


def test_a_list_begins_with_what_matters_most(start: Start, hooks: Hooks) -> None:
    """High before low, whichever came first; filters take some of them."""
    service = start(with_rules(TWO))
    service.alert(firing("DiskFull", service="cms"))
    hooks.wait("opened", "technical")
    service.alert(firing("Down", service="payments"))
    hooks.wait("opened", *GROUPS)

    assert [item["tier"] for item in service.incidents()] == ["high", "low"]
    assert [item["services"] for item in service.incidents("?state=active&tier=low")] == [["cms"]]
    assert [item["class"] for item in service.incidents("?class=hw_sw_fault")] == ["hw_sw_fault"]
    assert service.incidents("?service=payments&state=closed") == []

    page = service.get("/api/v1/incidents?limit=1").json
    rest = service.get(f"/api/v1/incidents?limit=1&cursor={page['next']}").json
    assert [item["tier"] for item in page["items"] + rest["items"]] == ["high", "low"]

    wrong = service.get("/api/v1/incidents?tier=huge")
    assert wrong.status in (400, 422)
    assert wrong.json["problems"][0]["path"] == "tier"


def test_one_incident_says_what_happened_and_why(start: Start, hooks: Hooks) -> None:
    """Its timeline, who was told over which channel, and what decided its class and tier."""
    service = start(SMALL_PLAN)
    service.alert(firing(**DOWN))
    opened = hooks.wait("opened", *GROUPS)["command"]["incident"]
    wait_for(lambda: not service.deliveries("?state=waiting"), "nothing that waits")

    found = service.get(f"/api/v1/incidents/{opened['id'].lower()}").json

    assert {**opened, "rto": {**opened["rto"], "consumed_ratio": 0}}.items() <= {
        **found,
        "rto": {**found["rto"], "consumed_ratio": 0},
    }.items()
    assert [entry["action"] for entry in found["timeline"]] == ["opened", "told"]
    assert {(item["group"], item["channel"], item["state"]) for item in found["deliveries"]} == {
        (group, f"{group}-hook", "accepted") for group in GROUPS
    }
    decision = found["decision"]
    assert (decision["rule"], decision["class"], decision["tier"]) == (
        "payment-gateway-down",
        "critical_function_outage",
        "high",
    )
    assert (decision["rto_seconds"], decision["importance"], decision["impact"]) == (7200, "core", "wide")
    assert decision["groups"] == list(GROUPS)
    assert decision["reasons"]
    assert service.get("/api/v1/incidents/INC-200101-AAAAAA").status == 404
    assert service.get("/api/v1/incidents/typo").json["detail"] == "there is no incident TYP0"


def test_the_command_line_lists_and_shows(start: Start, hooks: Hooks) -> None:
    """``tocsin incidents list`` and ``show``: for a person plain, for a program as JSON; an id in any case."""
    service = start(SMALL_PLAN)
    assert service.tocsin("incidents", "list").stderr == "no incidents\n"
    service.alert(firing(**DOWN))
    hooks.wait("opened", *GROUPS)
    name = service.incident()["id"]

    listed = service.tocsin("incidents", "list", "--tier", "high")
    assert listed.returncode == 0
    (header, line) = listed.stdout.splitlines()
    assert header.split()[:3] == ["INCIDENT", "TIER", "STATE"]
    assert line.startswith(f"{name}  high  open, firing")

    shown = service.tocsin("incidents", "show", name.lower())
    assert shown.returncode == 0
    for part in ("[HIGH]", "payment-gateway-down", "Why", "Timeline", "Deliveries", "technical-hook"):
        assert part in shown.stdout

    as_json = json.loads(service.tocsin("incidents", "show", name, "--json").stdout)
    assert as_json["id"] == name
    assert "\x1b" not in listed.stdout + shown.stdout


def test_commands_say_when_no_service_answers() -> None:
    """The message says what to start, or how to say where it is."""
    nobody = tocsin("incidents", "list", "--url", "http://127.0.0.1:9")

    assert nobody.returncode == 1
    assert "tocsin serve" in nobody.stderr
