"""Why an alert would go where it goes: asked before it comes, on the command line and of a running service."""

from __future__ import annotations

import json
from pathlib import Path

from tests.stories.plans import with_rules
from tests.support.alerts import firing
from tests.support.service import SMALL_PLAN, Start, tocsin, wait_for, write_plan

RULES = (
    "  - {name: known, match: ['service=\"cms\"'], drop: TICKET-381}\n"
    "  - {name: cap, match: ['severity=\"warning\"'], max_tier: medium, continue: true}\n"
    '  - {name: disk, match: [\'alertname=~"Disk.*"\'], match_any: [\'device="sda", node="n1"\', \'device="sdb"\'], '
    "class: hw_sw_fault}\n"
    "  - {name: payment-gateway-down, match: ['alertname=~\"PaymentGateway.*\"'], class: critical_function_outage, "
    "impact: wide}\n"
    "  - {name: rest, match: ['alertname!=\"\"'], class: quality_failure}\n"
)


def test_every_rule_tried_and_why(tmp_path: Path) -> None:
    """Each rule in order with what first did not hold and what was seen; the arithmetic; who is told and by what."""
    begin = SMALL_PLAN[: SMALL_PLAN.index("rules:")]
    rules = write_plan(tmp_path / "rules", f"{begin}rules:\n{RULES}")

    labels = ("alertname=PaymentGatewayDown", "service=payments", "severity=warning")
    told = tocsin("explain", "--rules", rules, "--json", *labels)

    assert told.returncode == 0, told.stderr
    answer = json.loads(told.stdout)
    assert [(each["rule"], each["matched"]) for each in answer["tried"]] == [
        ("known", False),
        ("cap", True),
        ("disk", False),
        ("payment-gateway-down", True),
    ]
    known, cap, disk, decided = answer["tried"]
    assert (known["failed"], known["saw"]) == ('service="cms"', "payments")
    assert (cap["note"], disk["failed"], decided["note"]) == ("goes on", 'alertname=~"Disk.*"', "decides")
    assert (answer["rule"], answer["tier"], answer["rto_seconds"]) == ("payment-gateway-down", "medium", 7200)
    assert answer["groups"] == ["command", "technical", "business"]
    assert answer["channels"] == ["command-hook", "technical-hook", "business-hook"]
    assert answer["dropped"] is None
    reasons = "\n".join(answer["reasons"])
    for part in (
        "matrix: core with wide impact is high",
        "rule cap caps high at medium",
        "by service payments (the medium tier 1d; the contract of vendor acme 4h)",
        "subject payments (its service)",
        "the medium tier tells the lead of critical_function_outage (technical)",
        "technical by technical-hook; by command-hook if those have failed",
    ):
        assert part in reasons


def test_the_nearest_alternative(tmp_path: Path) -> None:
    """Of ``match_any``, the string of which most held is the one that is told of."""
    rules = write_plan(tmp_path / "rules", with_rules(RULES))

    told = tocsin("explain", "--rules", rules, "--json", "alertname=DiskFull", "device=sda", "node=n2")

    disk = next(each for each in json.loads(told.stdout)["tried"] if each["rule"] == "disk")
    assert (disk["failed"], disk["saw"]) == ('node="n1"', "n2")


def test_on_a_terminal(tmp_path: Path) -> None:
    """For people: the outcome, the rules, the reasons; a dropped one says by what."""
    rules = write_plan(tmp_path / "rules", with_rules(RULES))

    told = tocsin("explain", "--rules", rules, "alertname=PaymentGatewayDown", "service=payments")
    dropped = tocsin("explain", "--rules", rules, "alertname=A", "service=cms")

    assert "tier      high" in told.stdout
    assert "  - known" in told.stdout and "  + payment-gateway-down" in told.stdout
    assert "\x1b" not in told.stdout
    assert "dropped by rule known: TICKET-381" in dropped.stdout


def test_what_depends_on_the_hour(tmp_path: Path) -> None:
    """``--at`` asks about another time: a ``drop`` that ends lets the alert through afterwards."""
    rules = write_plan(tmp_path / "rules", with_rules(RULES.replace("TICKET-381", "TICKET-381, until: 2026-12-31")))
    asked = ("explain", "--rules", rules, "--json", "alertname=A", "service=cms", "--at")

    before = json.loads(tocsin(*asked, "2026-12-05T01:00:00Z").stdout)
    after = json.loads(tocsin(*asked, "2027-01-05T01:00:00Z").stdout)

    assert before["dropped"] == {"reason": "rule", "by": "known", "why": "TICKET-381"}
    assert (after["dropped"], after["rule"], after["tried"][0]["note"]) == (None, "rest", "its drop has ended")


def test_wrong_uses(tmp_path: Path) -> None:
    """What is no label, no time or no source is refused with the way out; an unsound plan as ``check`` does."""
    rules = write_plan(tmp_path / "rules", SMALL_PLAN)
    broken = write_plan(tmp_path / "broken", SMALL_PLAN.replace("impact: wide", "impact: huge"))

    assert "LABEL=VALUE" in tocsin("explain", "--rules", rules, "alertname").stderr
    assert "--at" in tocsin("explain", "--rules", rules, "a=b", "--at", "noon").stderr
    assert "no source" in tocsin("explain", "--rules", rules, "a=b", "--source", "none").stderr
    assert tocsin("explain", "--rules", broken, "a=b").returncode == 78


def test_asked_of_a_running_service(start: Start) -> None:
    """``POST /api/v1/explain`` says the same, and takes nothing in."""
    service = start(with_rules(RULES))

    answer = service.post("/api/v1/explain", {"labels": {"alertname": "PaymentGatewayDown", "service": "payments"}})
    dropped = service.post("/api/v1/explain", {"labels": {"service": "cms"}, "at": "2026-12-05T01:00:00Z"})

    assert (answer.status, answer.json["rule"], answer.json["tier"]) == (200, "payment-gateway-down", "high")
    assert answer.json["tried"][-1]["rule"] == "payment-gateway-down"
    assert dropped.json["dropped"]["by"] == "known"
    assert service.incidents() == []
    assert service.metric("alerts_received_total", source="prometheus", status="firing") == 0


def test_questions_that_cannot_be_answered(start: Start) -> None:
    """Each is refused with the place of what is wrong."""
    service = start(with_rules(RULES))

    for body, path in (
        ({"labels": {}}, "labels"),
        ({"labels": {"a": 1}}, "labels.a"),
        ({"labels": {"a": "b"}, "source": "none"}, "source"),
        ({"labels": {"a": "b"}, "at": "noon"}, "at"),
        ([], "$"),
    ):
        answer = service.post("/api/v1/explain", body)
        assert answer.status in (400, 422), answer.text
        assert answer.json["problems"][0]["path"] == path


def test_why_is_kept_with_the_incident(start: Start) -> None:
    """Answered from the store: the same after the rules have changed and the service has begun anew."""
    first = start(with_rules(RULES))
    first.alert(firing("PaymentGatewayDown", service="payments", severity="warning"))
    wait_for(lambda: bool(first.incidents()), "the incident")
    name = first.incident()["id"]
    before = first.get(f"/api/v1/incidents/{name}").json["decision"]
    asked = first.post(
        "/api/v1/explain",
        {"labels": {"alertname": "PaymentGatewayDown", "service": "payments", "severity": "warning"}},
    ).json
    first.stop()

    later = start(with_rules("  - {name: other-now, match: ['alertname!=\"\"'], class: cyber_attack, tier: low}\n"))
    after = later.get(f"/api/v1/incidents/{name}").json["decision"]
    shown = later.tocsin("incidents", "show", name).stdout

    assert [each["rule"] for each in before["tried"]] == ["known", "cap", "disk", "payment-gateway-down"]
    for field in ("rule", "class", "tier", "rto_seconds", "incident_key", "reasons", "tried", "plan"):
        assert before[field] == after[field] == asked[field]
    assert "Rules tried" in shown and "- disk" in shown and "+ payment-gateway-down" in shown
