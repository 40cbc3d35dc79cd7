"""What a webhook gets: one snapshot for all groups, and to each no more than it is to see."""

from __future__ import annotations

from tests.support.alerts import firing
from tests.support.hooks import GROUPS, Hooks
from tests.support.service import SMALL_PLAN, Start

ALERT = firing("PaymentGatewayDown", service="payments", instance="pay-1.internal:9100")
FIELDS = {
    "version", "id", "notice", "sequence", "event", "at", "group", "language", "subject", "text", "drill",
    "unconfirmed", "delayed", "reason", "changes", "asks", "incident", "alerts", "truncated_alerts", "links",
}  # fmt: skip
INCIDENT_FIELDS = {
    "id", "revision", "key", "class", "secondary_classes", "tier", "state", "signals", "title", "services",
    "environment", "vendor", "location", "started_at", "rule", "acknowledged_by", "next_update_due", "rto",
    "alerts",
}  # fmt: skip


def test_a_notice_has_its_documented_shape(start: Start, hooks: Hooks) -> None:
    """The body of version 1, field by field, and the key by which a receiver knows it again."""
    service = start(SMALL_PLAN)
    service.alert(ALERT)

    hooks.wait("opened", *GROUPS)

    (told,) = hooks.told("technical")
    body = told.body
    assert told.headers["Content-Type"] == "application/json"
    assert told.headers["Idempotency-Key"] == body["id"]
    assert set(body) == FIELDS
    assert set(body["incident"]) == INCIDENT_FIELDS
    assert (body["version"], body["sequence"], body["event"], body["reason"]) == ("1", 1, "opened", "")
    (alert,) = body["alerts"]
    assert alert["labels"] == ALERT["labels"]
    assert alert["annotations"] == ALERT["annotations"]
    assert (alert["status"], alert["ends_at"]) == ("firing", None)
    assert alert["generator_url"] == ALERT["generatorURL"]
    assert len(alert["fingerprint"]) == 16


def test_all_groups_read_the_same_facts(start: Start, hooks: Hooks) -> None:
    """Id, tier, state, hours and revision agree: one snapshot, whatever is told of it."""
    service = start(SMALL_PLAN)
    service.alert(ALERT)

    opened = hooks.wait("opened", *GROUPS)

    for field in ("id", "tier", "state", "rto", "revision"):
        assert len({str(body["incident"][field]) for body in opened.values()}) == 1
    assert len({body["notice"] for body in opened.values()}) == 1
    assert len({body["id"] for body in opened.values()}) == 5
    assert len({body["text"] for body in opened.values()}) == 5


def test_a_subject_says_nothing_twice(start: Start, hooks: Hooks) -> None:
    """Without a title of the rule's own, it is the tier, and a title that names the class."""
    service = start(SMALL_PLAN)
    service.alert(ALERT)

    opened = hooks.wait("opened", *GROUPS)

    assert opened["command"]["subject"] == "[HIGH] Critical function outage: payments"
    assert opened["business"]["subject"] == "【高】关键功能中断：payments"
    assert opened["command"]["incident"]["title"] == "Critical function outage: payments"


def test_business_and_legal_see_no_host_names(start: Start, hooks: Hooks) -> None:
    """Their details are a summary: no alerts, no key, no label of a machine, neither in fields nor in texts."""
    service = start(SMALL_PLAN)
    service.alert(ALERT)

    opened = hooks.wait("opened", *GROUPS)

    for group in ("business", "legal"):
        assert opened[group]["alerts"] == []
        assert "key" not in opened[group]["incident"]
        assert "pay-1.internal" not in str(opened[group])
    assert "pay-1.internal" in opened["technical"]["text"]


def test_links_need_to_know_where_people_reach_the_service(start: Start, hooks: Hooks) -> None:
    """With ``external_url`` a notice links to its incident; without, it does not guess."""
    service = start(SMALL_PLAN + "external_url: https://tocsin.example/\n")
    service.alert(ALERT)

    body = hooks.wait("opened", "legal")["legal"]

    assert body["links"]["incident"].startswith("https://tocsin.example/")
    assert body["incident"]["id"] in body["links"]["incident"]


def test_a_rule_names_its_incident_and_says_where_to_read_on(start: Start, hooks: Hooks) -> None:
    """Labels are filled in for those who see labels; business and legal get neither host nor link."""
    rule = "    title: 'No answer from {instance}'\n    links: {runbook: 'https://wiki.example/{alertname}'}\n"
    service = start(SMALL_PLAN.replace("    impact: wide", f"    impact: wide\n{rule.rstrip()}"))
    service.alert(ALERT)

    opened = hooks.wait("opened", *GROUPS)

    assert opened["technical"]["incident"]["title"] == f"No answer from {ALERT['labels']['instance']}"
    assert opened["technical"]["links"]["runbook"] == f"https://wiki.example/{ALERT['labels']['alertname']}"
    assert opened["legal"]["incident"]["title"] == "Critical function outage: payments"
    assert "runbook" not in opened["legal"]["links"]


def test_one_channel_of_several_groups_gets_one_message(start: Start, hooks: Hooks) -> None:
    """Legal and data share a channel: one message for both, with no more in it than each of them may see."""
    service = start(SMALL_PLAN.replace("channels: [data-hook]", "channels: [legal-hook]"))
    service.alert(ALERT)

    hooks.wait("opened", "command", "technical", "business", "legal")

    (told,) = hooks.told("legal")
    assert (told.body["group"], told.body["groups"]) == ("legal", ["legal", "data"])
    assert told.body["alerts"] == []


def test_any_text_is_only_text(start: Start, hooks: Hooks) -> None:
    """Labels in any script, with markup, templates and line breaks in them, arrive as they were and do nothing."""
    service = start(SMALL_PLAN)
    odd = {"城市": "上海 🚨", "note": "{{ 7*7 }} %s {alertname} <script>\nINC-fake"}
    service.alert({**ALERT, "labels": {**ALERT["labels"], **odd}, "annotations": {"summary": odd["note"]}})

    body = hooks.wait("opened", "technical")["technical"]

    assert odd.items() <= body["alerts"][0]["labels"].items()
    assert "49" not in body["subject"]
    assert "\nINC-fake" not in body["text"]
