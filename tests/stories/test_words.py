"""A whole incident as the groups read it: what people say and do, in each group's words and in its language."""

from __future__ import annotations

from typing import Any

from tests.support.alerts import firing
from tests.support.hooks import GROUPS, Hooks
from tests.support.service import SMALL_PLAN, Service, Start

DOWN = {"alertname": "PaymentGatewayDown", "service": "payments", "instance": "pay-1.internal:9100"}
UPDATE = {
    "goal": "Half of the traffic by noon",
    "progress": "pay-1.internal:9100 is out, the second gateway takes payments",
    "risks": "It may not hold the evening",
    "next_step": "Renew the certificate",
    "known_cause": "A certificate has run out on 10.1.2.3",
}


def act(service: Service, name: str, action: str, **more: Any) -> None:
    """Somebody of command acts."""
    said = service.post(
        f"/api/v1/incidents/{name}/actions", {"action": action, "by": "li.na", "group": "command", **more}
    )
    assert said.status == 200, said.text


def test_a_whole_incident_as_it_is_read(start: Start, hooks: Hooks) -> None:
    """Acknowledged, assigned, told about, changed, lowered, restored and closed: who reads what, word by word."""
    service = start(SMALL_PLAN)
    service.alert(firing(**DOWN))
    opened = hooks.wait("opened", *GROUPS)
    head = opened["command"]["text"].split("\n")[0]
    assert " | in charge: nobody yet | next update by " in head
    assert {body["text"].split("\n")[0] for name, body in opened.items() if name != "business"} == {head}
    assert " | 负责人:待定 | 下次通报不晚于 " in opened["business"]["text"]
    name = opened["command"]["incident"]["id"]

    act(service, name, "acknowledge")
    act(service, name, "assign", to="zhang.wei")
    assigned = hooks.wait("assigned", "command")["command"]
    assert assigned["subject"].endswith(": in charge now: zhang.wei")
    assert " | in charge: zhang.wei | " in assigned["text"]
    assert "In charge now: zhang.wei (named by li.na)." in assigned["text"]
    assert "Acknowledged: Command (li.na)\nNot yet: Technical rescue, " in assigned["text"]

    act(service, name, "update", **UPDATE)
    updated = hooks.wait("updated", *GROUPS)
    for group in ("command", "technical", "data"):
        assert f"Goal: {UPDATE['goal']}\nProgress: {UPDATE['progress']}" in updated[group]["text"]
        assert "Cause: A certificate has run out on 10.1.2.3" in updated[group]["text"]
    assert "进展:… is out, the second gateway takes payments" in updated["business"]["text"]
    assert "Risks: It may not hold the evening" in updated["legal"]["text"]
    assert "10.1.2.3" not in updated["legal"]["text"] + updated["business"]["text"]

    act(service, name, "change", what="Restart the gateway", approver="li.na")
    noted = hooks.wait("noted", "command")["command"]
    assert noted["subject"].endswith(": ! change without rollback plan")
    assert "\n! It has no rollback plan.\nApprover: li.na" in noted["text"]

    act(service, name, "lower", tier="medium", reason="Only one of three gateways")
    lowered = hooks.wait("tier_lowered", *GROUPS)
    assert "Lowered from HIGH to MEDIUM by li.na." in lowered["legal"]["text"]
    assert "Reason: Only one of three gateways" in lowered["legal"]["text"]
    assert "!变更 1 缺少回滚方案:Restart the gateway" in lowered["business"]["text"]

    act(service, name, "restore", despite_firing=True, note="Checked with two merchants")
    restored = hooks.wait("restored", *GROUPS)
    assert ", says li.na.\n! Alerts still fire.\nNote: Checked with two merchants" in restored["data"]["text"]
    act(service, name, "close", reason="Review on Monday")
    closed = hooks.wait("closed", *GROUPS)
    assert "Closed by li.na; outcome: recovered.\nReason: Review on Monday" in closed["technical"]["text"]
    assert "事件由 li.na 关闭,结果:已恢复。" in closed["business"]["text"]
