"""Who may post, read and act: nobody is asked on loopback until the plan has a token; then everybody is."""

from __future__ import annotations

from pathlib import Path

from tests.support.alerts import firing
from tests.support.hooks import GROUPS, Hooks
from tests.support.service import SMALL_PLAN, Start, tocsin, write_plan

TOKENS = """\
sources:
  prom-bj: {type: prometheus, labels: {location: bj}}
tokens:
  prom-bj: {may: [ingest], source: prom-bj, token: {env: BJ_TOKEN}}
  grafana: {may: [read], token: {env: G_TOKEN}}
  on-call: {may: [read, act], token: {env: ON_CALL_TOKEN}}
"""
SECRETS = {"BJ_TOKEN": "bj-secret", "G_TOKEN": "grafana-secret", "ON_CALL_TOKEN": "on-call-secret"}


def test_without_tokens_this_machine_may_do_all(start: Start) -> None:
    """On loopback no login is asked for; but a web page may not post through a browser here."""
    service = start(SMALL_PLAN)

    assert service.post("/api/v2/alerts", []).status == 200
    assert service.get("/metrics").status == 200
    assert service.post("/api/v2/alerts", [], Origin="https://evil.example").status == 403
    assert service.post("/api/v2/alerts", [], Host="evil.example").status == 403


def test_once_a_token_exists_it_is_needed(start: Start) -> None:
    """No token or a wrong one: 401. Health needs none."""
    service = start(SMALL_PLAN + TOKENS, environment=SECRETS)

    assert service.get("/-/healthy").status == 200
    for path in ("/api/v1/incidents", "/metrics"):
        assert service.get(path).status == 401
        refused = service.get(path, token="guessed")
        assert refused.status == 401
        assert refused.headers["Content-Type"].startswith("application/problem+json")
    assert service.post("/ingest/prom-bj", []).status == 401


def test_a_token_does_what_it_may(start: Start, hooks: Hooks) -> None:
    """One that may post to a source posts there, and nowhere else; one that may read does not post."""
    service = start(SMALL_PLAN + TOKENS, environment=SECRETS)
    alerts = [firing("PaymentGatewayDown", service="payments")]

    assert service.post("/ingest/prom-bj/api/v2/alerts", alerts, token="bj-secret").json["new"] == 1
    assert service.post("/api/v2/alerts", alerts, token="bj-secret").status == 403
    assert service.get("/api/v1/incidents", token="bj-secret").status == 403
    assert service.post("/ingest/prom-bj", alerts, token="grafana-secret").status == 403
    assert service.get("/metrics", token="grafana-secret").status == 200
    assert service.post("/api/v1/deliveries/none/retry", {}, token="grafana-secret").status == 403
    assert service.post("/api/v1/deliveries/none/retry", {}, token="on-call-secret").status == 404

    hooks.wait("opened", *GROUPS)
    (incident,) = service.get("/api/v1/incidents", token="grafana-secret").json["items"]
    assert incident["location"] == "bj"


PEOPLE = """\
people:
  zhang.wei: {title: 张伟, groups: [technical], token: {env: ZW_TOKEN}}
  li.na: {title: 李娜, groups: [legal]}
"""


def test_a_person_acts_with_a_token_of_their_own(start: Start, hooks: Hooks) -> None:
    """It says who acts: nobody else's name goes with it, and alerts are not posted with it."""
    tokens = "tokens: {prom: {may: [ingest], token: {env: P_TOKEN}}}\n"
    service = start(SMALL_PLAN + tokens + PEOPLE, environment={"ZW_TOKEN": "zw-secret", "P_TOKEN": "p-secret"})
    assert service.post("/api/v2/alerts", [], token="zw-secret").status == 403
    service.post("/api/v2/alerts", [firing("PaymentGatewayDown", service="payments")], token="p-secret")
    hooks.wait("opened", *GROUPS)

    (incident,) = service.get("/api/v1/incidents", token="zw-secret").json["items"]
    path = f"/api/v1/incidents/{incident['id']}/actions"
    word = {"action": "acknowledge", "group": "technical"}
    assert service.post(path, {**word, "by": "li.na"}, token="zw-secret").status == 422
    assert service.post(path, word, token="p-secret").status == 403
    assert service.post(path, word, token="zw-secret").json["acknowledged_by"] == "zhang.wei"


def test_a_program_acts_for_a_person(start: Start, hooks: Hooks) -> None:
    """Where the plan lists people it says for whom, and is kept with what they did; so it is when it declares."""
    tokens = "tokens: {chatops: {may: [ingest, read, act], token: {env: P_TOKEN}}}\n"
    service = start(SMALL_PLAN + tokens + PEOPLE, environment={"ZW_TOKEN": "zw-secret", "P_TOKEN": "p-secret"})
    service.post("/api/v2/alerts", [firing("PaymentGatewayDown", service="payments")], token="p-secret")
    hooks.wait("opened", *GROUPS)

    (incident,) = service.get("/api/v1/incidents", token="p-secret").json["items"]
    path = f"/api/v1/incidents/{incident['id']}"
    word = {"action": "acknowledge", "group": "legal"}
    for by in ({}, {"by": "chatops"}, {"by": "somebody"}):
        refused = service.post(f"{path}/actions", {**word, **by}, token="p-secret")
        assert (refused.status, refused.json["problems"][0]["path"]) == (422, "by")
    assert service.post(f"{path}/actions", {**word, "by": "li.na"}, token="p-secret").status == 200
    entries = service.get(path, token="p-secret").json["timeline"]
    (entry,) = [each for each in entries if each["action"] == "acknowledged"]
    assert (entry["actor"], entry["via"]) == ("li.na", "chatops")

    declared = {"class": "cyber_attack", "title": "Odd logins", "by": "zhang.wei"}
    answer = service.post("/api/v1/incidents", declared, token="p-secret")
    assert answer.status == 201
    entries = service.get(f"/api/v1/incidents/{answer.json['id']}", token="p-secret").json["timeline"]
    assert ("zhang.wei", "chatops") in [(each["actor"], each.get("via")) for each in entries]


def test_commands_take_the_token_from_the_environment(start: Start) -> None:
    """``TOCSIN_TOKEN`` logs the commands in; without it they say what is missing."""
    service = start(SMALL_PLAN + TOKENS, environment=SECRETS)

    assert service.tocsin("incidents", "list", token="grafana-secret").returncode == 0
    without = service.tocsin("incidents", "list")
    assert without.returncode == 1
    assert "TOCSIN_TOKEN" in without.stderr


def test_the_network_is_not_let_in_without_tokens(tmp_path: Path) -> None:
    """Listening beyond loopback without any token is refused, and the message says the way out."""
    rules = write_plan(tmp_path / "rules", SMALL_PLAN)

    refused = tocsin("serve", "--rules", rules, "--data-dir", tmp_path / "data", "--listen", "0.0.0.0:0")

    assert refused.returncode == 78
    assert "tokens:" in refused.stderr
    assert "--insecure" in refused.stderr
