"""Who did what, and can it be proved? The timeline of an incident, verified and exported."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.support.alerts import firing
from tests.support.hooks import GROUPS, Hooks
from tests.support.service import SMALL_PLAN, Service, Start, tocsin

DOWN = {"alertname": "PaymentGatewayDown", "service": "payments"}


def acknowledged(service: Service, hooks: Hooks, **labels: str) -> str:
    """An incident that was told and acknowledged; answers its id."""
    service.alert(firing(**DOWN, **labels))
    hooks.wait("opened", *GROUPS)
    name = str(service.incident()["id"])
    word = {"action": "acknowledge", "by": "zhang.wei", "group": "technical"}
    assert service.post(f"/api/v1/incidents/{name}/actions", word).status == 200
    hooks.wait("acknowledged", "technical", "command")
    return name


def test_each_step_has_a_time_and_an_actor(start: Start, hooks: Hooks) -> None:
    """The timeline comes whole with the incident, or in pages; each entry names who did what and what it changed."""
    service = start(SMALL_PLAN)
    name = acknowledged(service, hooks)
    whole = service.get(f"/api/v1/incidents/{name}").json
    entries = whole["timeline"]
    assert [(entry["seq"], entry["action"]) for entry in entries] == [
        (1, "opened"), (2, "told"), (3, "acknowledged"), (4, "told"),
    ]  # fmt: skip
    plan = whole["decision"]["plan"]
    system = f"system:payment-gateway-down@{plan}"
    assert [entry["actor"] for entry in entries] == [system, system, "zhang.wei", system]
    assert (entries[2]["before"], entries[2]["after"]) == ({"state": "open"}, {"state": "acknowledged"})
    assert ways(service, name) == [("zhang.wei", "api", False)]
    assert whole["chain"] == {"entries": 4, "hash": entries[3]["hash"]}

    path = f"/api/v1/incidents/{name.lower()}/timeline"
    first = service.get(f"{path}?limit=3").json
    second = service.get(f"{path}?limit=3&cursor={first['next']}").json
    assert first["items"] + second["items"] == entries
    assert (second["next"], second["chain"]) == (None, whole["chain"])
    assert service.get(f"{path}?cursor=x").status == 400
    assert service.get("/api/v1/incidents/INC-260101-AAAAAA/timeline").status == 404


def test_a_token_proves_who_it_was(start: Start, hooks: Hooks) -> None:
    """Each entry of a person says by which way they came, and whether a token proved their name."""
    tokens = "\ntokens: {zhang.wei: {may: [ingest, read, act], token: {env: ZHANG}}}\n"
    service = start(SMALL_PLAN + tokens, environment={"ZHANG": "z" * 20})
    service.post("/api/v2/alerts", [firing(**DOWN)], token="z" * 20)
    hooks.wait("opened", *GROUPS)
    (incident,) = service.get("/api/v1/incidents", token="z" * 20).json["items"]
    service.tocsin("incidents", "acknowledge", incident["id"], "--group", "technical", token="z" * 20)
    assert ways(service, incident["id"], "z" * 20) == [("zhang.wei", "cli", True)]


def ways(service: Service, name: str, token: str = "") -> list[tuple[str, str, bool]]:
    """Who acted, by which way, and whether that was proved."""
    entries = service.get(f"/api/v1/incidents/{name}", token).json["timeline"]
    return [(entry["actor"], entry["via"], entry["verified"]) for entry in entries if "via" in entry]


def test_it_is_proved(start: Start, hooks: Hooks, tmp_path: Path) -> None:
    """``verify`` proves the timeline of a running service and that of an export, and finds what was changed in one."""
    service = start(SMALL_PLAN)
    name = acknowledged(service, hooks)
    head = service.incident()["chain"]["hash"]
    said = service.tocsin("incidents", "verify", name)
    assert (said.returncode, said.stdout) == (0, f"{name}: 4 entries, unbroken, head {head}\n")

    export = tmp_path / "inc.jsonl"
    assert service.tocsin("incidents", "export", name, "--output", str(export)).returncode == 0
    kinds = [next(iter(json.loads(line))) for line in export.read_text(encoding="utf-8").splitlines()]
    assert kinds == ["incident", *["entry"] * 4, *["delivery"] * 7]
    assert tocsin("incidents", "verify", "--file", export).stdout == said.stdout

    export.write_text(export.read_text(encoding="utf-8").replace("zhang.wei", "wang.fang"), encoding="utf-8")
    broken = tocsin("incidents", "verify", "--file", export)
    assert (broken.returncode, "entry 3 is not what it was" in broken.stderr) == (1, True)


def test_it_is_told_as_a_report(start: Start, hooks: Hooks, tmp_path: Path) -> None:
    """The draft of the review is written by the service, in either language; what alerts said is no markup in it."""
    service = start(SMALL_PLAN)
    name = acknowledged(service, hooks, location="<b>|*there*")
    english = service.tocsin("incidents", "export", name, "--format", "report").stdout
    assert english.startswith("# Incident report: Critical function outage: payments\n")
    assert "| Vendor | Acme Outsourcing (contract C-2026-014) |" in english
    assert re.search(r"^Rule payment-gateway-down \(.*plan\.yaml:\d+\) decided, by plan ", english, re.M)
    assert "| zhang.wei (by api, name not proved) | Acknowledged |" in english
    assert "Technical rescue by technical-hook: accepted after " in english
    assert "<b>" not in english
    written = tmp_path / "review.md"
    chinese = ("--format", "report", "--language", "zh", "--output", str(written))
    assert service.tocsin("incidents", "export", name, *chinese).returncode == 0
    assert written.read_text(encoding="utf-8").startswith("# 事件报告:")

    path = f"/api/v1/incidents/{name}/report"
    answer = service.get(f"{path}?language=zh")
    assert (answer.headers["Content-Type"], answer.text[:2]) == ("text/markdown; charset=utf-8", "# ")
    assert service.get(f"{path}?language=fr").status == 400
    assert service.get("/api/v1/incidents/INC-260101-AAAAAA/report").status == 404


def test_a_declared_one_has_a_report_too(start: Start, hooks: Hooks) -> None:
    """It says who declared it, and nothing of alerts that there were none of."""
    service = start(SMALL_PLAN)
    asked = {"class": "cyber_attack", "title": "Odd logins", "by": "li.na", "tier": "high"}
    name = service.post("/api/v1/incidents", asked).json["id"]
    hooks.wait("opened", *GROUPS)
    assert service.tocsin("incidents", "verify", name).returncode == 0
    report = service.get(f"/api/v1/incidents/{name}/report").text
    assert "| Declared by | li.na |" in report
    assert "\nDeclared by li.na, and graded by plan " in report
    assert "| State | open |" in report
    assert "| Alerts |" not in report
    assert "First alert accepted" not in report
