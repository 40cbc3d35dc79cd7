"""What else a plan may say: its own words, titles, keys, classes and secrets; and drills."""

from __future__ import annotations

import base64
import hashlib
import hmac
from pathlib import Path

from tests.stories.plans import AT_ONCE, with_rules
from tests.support.alerts import firing
from tests.support.hooks import GROUPS, Hooks
from tests.support.service import SMALL_PLAN, Start

DOWN = {"alertname": "PaymentGatewayDown", "service": "payments"}


def test_a_title_in_each_groups_language(start: Start, hooks: Hooks) -> None:
    """A rule gives a title in two languages, and each group reads it in its own."""
    service = start(
        with_rules(
            "  - name: down\n"
            "    match: ['alertname=\"Down\"']\n"
            "    class: critical_function_outage\n"
            "    impact: wide\n"
            "    title: {en: Payments are down, zh: 支付中断}\n"
        )
    )
    service.alert(firing("Down", service="payments"))

    opened = hooks.wait("opened", *GROUPS)

    assert opened["command"]["subject"] == "[HIGH][Critical function outage] Payments are down"
    assert opened["business"]["subject"] == "【高】【关键功能中断】支付中断"
    assert opened["business"]["incident"]["title"] == "支付中断"
    assert "UTC+8" in opened["command"]["text"]


def test_the_plan_says_where_its_words_are_found(start: Start, hooks: Hooks) -> None:
    """Labels of other names carry service, environment and location; rules see the plan's words."""
    words = "labels: {service: [team_app], environment: [stufe], location: [ort]}\n"
    matchers = "['service=\"payments\"', 'location=\"fra\"', 'labels.ort=\"fra\"']"
    rules = f"  - {{name: here, match: {matchers}, class: hw_sw_fault}}\n"
    service = start(with_rules(rules, words))

    service.alert(firing("Any", team_app="payments", stufe="abnahme", ort="fra"))

    incident = hooks.wait("opened", "technical")["technical"]["incident"]
    assert incident["rule"] == "here"
    assert (incident["services"], incident["environment"], incident["location"]) == (["payments"], "abnahme", "fra")


def test_a_class_of_ones_own_and_its_own_incidents(start: Start, hooks: Hooks) -> None:
    """A class that the plan adds has its lead; ``incident_by`` says what is one incident."""
    more = "classes:\n  fraud: {title: {en: Fraud, zh: 欺诈}, lead: legal, also: [data]}\n"
    rules = "  - {name: fraud, match: ['alertname=\"Fraud\"'], class: fraud, incident_by: [customer]}\n"
    service = start(with_rules(rules, more))

    service.alert(firing("Fraud", customer="a"), firing("Fraud", customer="b"), firing("Fraud", customer="a", card="2"))

    opened = hooks.wait("opened", "legal", "data", "command", count=2)
    assert opened["legal"]["incident"]["class"] == "fraud"
    assert sorted(item["alerts"]["total"] for item in service.incidents()) == [1, 2]
    assert hooks.events("technical") == []


def test_a_drill_is_told_as_one_and_counts_for_nothing(start: Start, hooks: Hooks) -> None:
    """``drill="true"``: everyone is told and sees that it is a drill; it never joins reality, nor any figure."""
    service = start(SMALL_PLAN)

    service.alert(firing(**DOWN, drill="true"))
    opened = hooks.wait("opened", *GROUPS)
    assert opened["command"]["drill"] is True
    assert opened["command"]["subject"].startswith("[DRILL]")
    assert opened["business"]["subject"].startswith("【演练】")

    service.alert(firing(**DOWN))
    real = hooks.wait("opened", *GROUPS, count=2)
    assert real["command"]["drill"] is False
    assert len(service.incidents()) == 2
    assert service.metric("incidents_opened_total") == 1


def test_secrets_come_from_elsewhere(start: Start, hooks: Hooks, tmp_path: Path) -> None:
    """Address from the environment, key from a file: the post is signed, and neither is shown anywhere."""
    (tmp_path / "key").write_text("s3cret-key\n")
    channel = f"{{env: DATA_URL}}, secret: {{file: {tmp_path / 'key'}}}"
    plan = SMALL_PLAN.replace('"http://127.0.0.1:9900/data"', channel)
    service = start(plan, environment={"DATA_URL": f"http://127.0.0.1:{hooks.port}/data?pass=w0rd"})

    service.alert(firing(**DOWN))

    hooks.until(lambda: bool(hooks.told("data?pass=w0rd")), "a signed post")
    (told,) = hooks.told("data?pass=w0rd")
    signed = f"{told.body['id']}.{told.headers['webhook-timestamp']}.".encode() + told.raw
    expected = base64.b64encode(hmac.digest(b"s3cret-key", signed, hashlib.sha256)).decode()
    assert told.headers["webhook-signature"] == f"v1,{expected}"
    seen = service.get("/metrics").text + service.get("/api/v1/deliveries").text + str(told.body)
    assert "w0rd" not in seen
    assert "s3cret" not in seen


def test_a_plan_of_several_files(hooks: Hooks, start: Start) -> None:
    """Files are merged in the order of their names: rules of an earlier file come first."""
    earlier = "rules:\n  - {name: first, match: ['a=\"1\"'], class: cyber_attack, tier: high}\n"
    service = start(AT_ONCE, more={"10-earlier.yaml": earlier})

    service.alert(firing("PaymentGatewayDown", service="payments", a="1"))

    assert hooks.wait("opened", "technical")["technical"]["incident"]["rule"] == "first"
