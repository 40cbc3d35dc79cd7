"""Somebody has it: acknowledging an incident, over HTTP and from the command line."""

from __future__ import annotations

import json

from tests.support.alerts import firing
from tests.support.hooks import GROUPS, Hooks
from tests.support.service import SMALL_PLAN, Start

DOWN = {"alertname": "PaymentGatewayDown", "service": "payments"}
QUICK = SMALL_PLAN.replace("ack_within: 5m", "ack_within: 1s")
TOKENS = """
tokens:
  pager: {may: [ingest, read, act], token: {env: PAGER}}
  grafana: {may: [read], token: {env: GRAFANA}}
"""


def test_the_lead_group_has_it(start: Start, hooks: Hooks) -> None:
    """The lead acknowledges; the incident says who has it, lead and command are told, and so do the figures."""
    service = start(SMALL_PLAN)
    service.alert(firing(**DOWN))
    hooks.wait("opened", *GROUPS)
    name = service.incident()["id"]

    word = {"action": "acknowledge", "by": "zhang.wei", "group": "technical"}
    answer = service.post(f"/api/v1/incidents/{name.lower()}/actions", word)
    assert answer.status == 200
    assert (answer.json["state"], answer.json["acknowledged_by"]) == ("acknowledged", "zhang.wei")
    assert [given["group"] for given in answer.json["acknowledgements"]] == ["technical"]

    told = hooks.wait("acknowledged", "technical", "command")
    assert "Acknowledged by zhang.wei (Technical rescue)." in told["technical"]["text"]
    assert told["command"]["incident"]["state"] == "acknowledged"
    assert service.metric("incident_group_acknowledged", incident=name, group="technical") == 1
    assert service.metric("incident_group_acknowledged", incident=name, group="legal") == 0
    entries = service.get(f"/api/v1/incidents/{name}").json["timeline"]
    assert ("zhang.wei", "acknowledged") in [(entry["actor"], entry["action"]) for entry in entries]


def test_nobody_has_it(start: Start, hooks: Hooks) -> None:
    """When the time to acknowledge is over, command is told, and asked."""
    service = start(QUICK)
    service.alert(firing(**DOWN))
    told = hooks.wait("escalated", "command")["command"]
    assert (told["reason"], told["asks"]) == ("unacknowledged", ["acknowledge"])
    assert told["text"].splitlines()[1].startswith("Not acknowledged in time by the lead group or command")
    assert service.metric("escalations_total", tier="high", stage="unacknowledged") == 1


def test_from_the_command_line(start: Start, hooks: Hooks) -> None:
    """``tocsin incidents acknowledge`` says who has it; ``show`` and ``--json`` do too."""
    service = start(SMALL_PLAN)
    service.alert(firing(**DOWN))
    hooks.wait("opened", *GROUPS)
    name = service.incident()["id"]

    said = service.tocsin("incidents", "acknowledge", name, "--group", "legal", "--as", "li.na")
    assert (said.returncode, said.stdout) == (
        0,
        f"{name}: open, firing, acknowledged by nobody of the lead group or command yet\n",
    )
    said = service.tocsin("incidents", "acknowledge", name.lower(), "--group", "command", "--as", "wang", "--json")
    assert json.loads(said.stdout)["acknowledged_by"] == "wang"
    assert "wang" in service.tocsin("incidents", "show", name).stdout

    late = service.tocsin("incidents", "acknowledge", name, "--group", "data", "--as", "wang", "--if-revision", "1")
    assert late.returncode == 1
    assert "it is at revision" in late.stderr


def test_what_makes_no_sense_is_refused(start: Start, hooks: Hooks) -> None:
    """Every fault of a body is named at once; an unknown incident is not found; another revision is a conflict."""
    service = start(SMALL_PLAN)
    service.alert(firing(**DOWN))
    hooks.wait("opened", *GROUPS)
    path = f"/api/v1/incidents/{service.incident()['id']}/actions"
    good = {"action": "acknowledge", "by": "zhang.wei", "group": "technical"}

    wrong = service.post(path, {"action": "applaud", "by": " ", "group": "choir", "if_revision": "1", "why": ""})
    assert wrong.status == 422
    assert [each["path"] for each in wrong.json["problems"]] == ["action", "group", "by", "if_revision"]
    assert "acknowledge" in wrong.json["problems"][0]["message"]
    assert [each["path"] for each in service.post(path, {"action": "acknowledge"}).json["problems"]] == ["group", "by"]
    assert service.post(path, {**good, "by": "system:rule"}).status == 422
    assert service.post(path, [good]).status == 400
    assert service.post("/api/v1/incidents/INC-260101-AAAAAA/actions", good).status == 404
    assert [each["path"] for each in service.post(path, {**good, "why": ""}).json["problems"]] == ["why"]
    late = service.post(path, {**good, "if_revision": 99})
    assert (late.status, late.json["current"]["revision"]) == (409, service.incident()["revision"])
    assert service.incident()["state"] == "open"


def test_a_token_says_who_acts(start: Start, hooks: Hooks) -> None:
    """With tokens, who acts is the token's name; another name is refused, and so is a token that may not act."""
    service = start(SMALL_PLAN + TOKENS, environment={"PAGER": "p" * 20, "GRAFANA": "g" * 20})
    service.post("/api/v2/alerts", [firing(**DOWN)], token="p" * 20)
    hooks.wait("opened", *GROUPS)
    (incident,) = service.get("/api/v1/incidents", token="p" * 20).json["items"]
    path = f"/api/v1/incidents/{incident['id']}/actions"

    word = {"action": "acknowledge", "group": "technical"}
    assert service.post(path, word, token="g" * 20).status == 403
    assert service.post(path, {**word, "by": "zhang.wei"}, token="p" * 20).status == 422
    assert service.post(path, word, token="p" * 20).json["acknowledged_by"] == "pager"


def test_it_stays_acknowledged_over_a_kill(start: Start, hooks: Hooks) -> None:
    """What was answered is recorded: a service that is killed right after still has it."""
    service = start(SMALL_PLAN)
    service.alert(firing(**DOWN))
    hooks.wait("opened", *GROUPS)
    name = service.incident()["id"]
    word = {"action": "acknowledge", "by": "zhang.wei", "group": "technical"}
    assert service.post(f"/api/v1/incidents/{name}/actions", word).status == 200
    service.kill()

    again = start(SMALL_PLAN)
    assert again.incident()["acknowledged_by"] == "zhang.wei"
