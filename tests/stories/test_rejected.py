"""A tool's payloads are lost to nobody while its mapping is being mended."""

from __future__ import annotations

from typing import Any

from tests.stories.plans import with_rules
from tests.support.hooks import GROUPS, Hooks
from tests.support.service import Start, request

RULES = "  - {name: restore, match: ['source=\"tickets\"'], class: quality_failure, tier: high}\n"
TICKET: dict[str, Any] = {"issue": {"key": "T-17", "kind": "RestoreFailed", "state": "open", "service": "payments"}}


def plan(alerts: str, tokens: str = "") -> str:
    """A plan with a source whose mapping looks for alerts there."""
    mapping = f"""sources:
  tickets:
    type: mapping
    alerts: {alerts}
    labels: {{alertname: kind, service: service}}
    status: {{path: state, firing: [open], resolved: [closed]}}
    identity: key
"""
    return with_rules(RULES, mapping + tokens)


def test_a_payload_waits_until_the_mapping_is_mended(start: Start, hooks: Hooks) -> None:
    """It is rejected with the path that was missing, counted and kept; replayed, it is an incident as of then."""
    wrong = start(plan("issues"))
    answer = wrong.post("/ingest/tickets", TICKET)
    assert answer.status == 400
    assert answer.json["problems"][0]["path"] == "$.issues"
    assert wrong.metric("alerts_rejected_total", source="tickets", reason="payload") == 1
    listed = wrong.tocsin("rejected", "list").stdout
    assert "tickets" in listed
    assert "$.issues: `issues` finds no alert in this payload" in listed

    (kept,) = wrong.get("/api/v1/rejected?source=tickets").json["items"]
    again = wrong.tocsin("rejected", "replay", kept["id"])
    assert again.returncode == 1
    assert "it still cannot be read" in again.stderr
    assert "$.issues" in again.stderr
    wrong.stop()

    mended = start(plan("issue"))
    shown = mended.tocsin("rejected", "show", kept["id"]).stdout
    assert '"kind": "RestoreFailed"' in shown
    replayed = mended.tocsin("rejected", "replay", "--source", "tickets")
    assert (replayed.returncode, replayed.stdout) == (0, f"{kept['id']}: 1 new\n")
    hooks.wait("opened", *GROUPS)
    assert mended.incident()["class"] == "quality_failure"
    assert mended.incident()["started_at"] == kept["at"]
    assert mended.get("/api/v1/rejected").json == {"items": [], "next": None}
    assert mended.get(f"/api/v1/rejected/{kept['id']}").status == 404


def test_a_replay_undoes_nothing_that_came_later(start: Start, hooks: Hooks) -> None:
    """The end of an alert was read; its beginning is replayed after it, and opens nothing."""
    service = start(plan("issue"))
    odd = {"issue": TICKET["issue"] | {"state": "in doubt"}}
    assert service.post("/ingest/tickets", odd).status == 400
    assert service.post("/ingest/tickets", TICKET).json["new"] == 1
    hooks.wait("opened", *GROUPS)
    closed = {"issue": {"key": "T-17", "kind": "RestoreFailed", "state": "closed"}}
    assert service.post("/ingest/tickets", closed).json["resolved"] == 1
    hooks.wait("cleared", *GROUPS)
    service.stop()

    kinder = start(plan("issue").replace("firing: [open]", "firing: [open, in doubt]"))
    assert kinder.tocsin("rejected", "replay", "--source", "tickets").stdout.endswith(": 1 repeated\n")
    assert kinder.incident()["signals"] == "cleared"


def test_what_was_posted_is_shown_to_those_who_may_read(start: Start) -> None:
    """A payload may hold secrets: who only posts sees none, and who only reads replays none."""
    tokens = "tokens:\n" + "".join(
        f"  {name}: {{may: [{name}], token: {{env: T_{name.upper()}}}}}\n" for name in ("ingest", "read", "act")
    )
    service = start(
        plan("issues", tokens), environment={"T_INGEST": "ingesting", "T_READ": "reading", "T_ACT": "acting"}
    )
    service.post("/ingest/tickets", TICKET | {"password": "swordfish"}, token="ingesting")
    assert service.get("/api/v1/rejected", token="ingesting").status == 403
    (kept,) = service.get("/api/v1/rejected", token="reading").json["items"]
    assert "swordfish" not in str(kept)
    assert "swordfish" in service.get(f"/api/v1/rejected/{kept['id']}", token="reading").json["content"]
    replay = f"/api/v1/rejected/{kept['id']}/replay"
    assert service.post(replay, {}, token="reading").status == 403
    assert service.post(replay, {}, token="acting").status == 422


def test_odd_questions_are_answered_plainly(start: Start) -> None:
    """Pages, unknown payloads, cut ones, sources that are gone."""
    service = start(plan("issues"))
    for number in range(3):
        service.post("/ingest/tickets", {"number": number})
    first = service.get("/api/v1/rejected?limit=2").json
    rest = service.get(f"/api/v1/rejected?limit=2&cursor={first['next']}").json
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (2, 1, None)
    assert service.get("/api/v1/rejected?cursor=x").status == 400
    assert service.get("/api/v1/rejected?limit=0").status == 400
    assert service.get("/api/v1/rejected/none").status == 404
    assert service.post("/api/v1/rejected/none/replay", {}).status == 404
    service.post("/ingest/tickets", {"text": "x" * (1 << 20)})
    cut = service.get("/api/v1/rejected").json["items"][0]
    assert cut["cut"] is True
    assert service.post(f"/api/v1/rejected/{cut['id']}/replay", {}).status == 409
    assert request("POST", f"{service.url}/ingest/tickets", "{").status == 400
    service.stop()
    gone = start(with_rules(RULES))
    answer = gone.post(f"/api/v1/rejected/{first['items'][0]['id']}/replay", {})
    assert (answer.status, answer.json["detail"]) == (409, "the plan has no source tickets any more")
