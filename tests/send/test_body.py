"""The body of a notice: exactly the contract's fields, and for each group only what it may see."""

from __future__ import annotations

import json

import pytest
from tests.send.samples import ONLY_FOR_TEXTS, START, alert, delivery, message, notice

from tocsin._core.incident import Change
from tocsin.send.body import fingerprint, render

FIELDS = [
    "version", "id", "notice", "sequence", "event", "at", "group", "language", "subject", "text", "drill",
    "unconfirmed", "delayed", "reason", "changes", "asks", "incident", "alerts", "truncated_alerts", "links",
]  # fmt: skip


def test_a_body_has_the_fields_of_the_contract() -> None:
    """All fields are there, in the contract's order, with the values of the notice and the delivery."""
    body = message().body
    assert list(body) == FIELDS
    assert body["id"] == "inc-261205-7k2m9p-1-0123456789ab"
    assert (body["version"], body["notice"], body["sequence"]) == ("1", "inc-261205-7k2m9p-1", 1)
    assert (body["event"], body["at"], body["group"]) == ("opened", "2026-12-05T01:02:00.000Z", "technical")
    assert (body["drill"], body["unconfirmed"], body["delayed"], body["reason"]) == (False, False, False, "")
    assert json.loads(json.dumps(body)) == body


def test_the_incident_is_what_clients_see() -> None:
    """Facts that only texts need stay out of it, the title is in the delivery's language, null stays null."""
    incident = render(notice(), delivery(language="zh"), external_url="").body["incident"]
    assert ONLY_FOR_TEXTS.isdisjoint(incident)
    assert incident["title"] == "支付网关中断"
    assert incident["acknowledged_by"] is None
    assert "next_update_due" not in incident
    assert list(incident)[:4] == ["id", "revision", "key", "class"]
    assert incident["rto"]["target_seconds"] == 7200


def test_full_details_carry_the_alerts() -> None:
    """An alert has its labels and annotations raw; its end is null while it fires, and given once it is over."""
    ended = alert(1, firing=False, ends_at=START + 5000)
    firing, over = render(notice(alerts=(alert(0), ended)), delivery(), external_url="").body["alerts"]
    assert firing["labels"]["instance"] == "pay-gw-0.internal:9100"
    assert (firing["status"], firing["starts_at"], firing["ends_at"]) == ("firing", "2026-12-05T01:00:00.000Z", None)
    assert (over["status"], over["ends_at"]) == ("resolved", "2026-12-05T01:00:05.000Z")
    assert firing["generator_url"] == "http://prometheus.example/graph?g0.expr=up"


def test_at_most_twenty_alerts_are_carried() -> None:
    """The newest twenty are kept, and the rest is counted beside what was already left out."""
    made = notice(alerts=tuple(alert(number) for number in range(23)), truncated_alerts=4)
    body = render(made, delivery(), external_url="").body
    assert (len(body["alerts"]), body["truncated_alerts"]) == (20, 7)
    assert body["alerts"][0]["labels"]["instance"] == "pay-gw-0.internal:9100"


def test_a_summary_names_no_host() -> None:
    """No alerts, no incident key, no annotation, and a host or address within the title is blotted out."""
    title = {"en": "pay-gw-1.internal:9100 at 10.1.2.3:80 is down", "zh": ""}
    body = render(notice(incident={"title": title}), delivery("business"), external_url="https://t.example").body
    assert body["alerts"] == []
    assert "key" not in body["incident"]
    assert body["incident"]["title"] == "… at … is down"
    whole = json.dumps(body)
    for hidden in ("pay-gw", "10.1.2.3", "refuses", "wiki.example", "grafana.example"):
        assert hidden not in whole


def test_a_service_called_like_its_host_keeps_its_name() -> None:
    """Blotting out hosts does not take the service's own name from business."""
    named = alert(0, labels={"alertname": "Down", "instance": "payments:8080"})
    made = notice(incident={"title": {"en": "payments is down", "zh": ""}}, alerts=(named,))
    assert render(made, delivery("business"), external_url="").body["incident"]["title"] == "payments is down"


def test_links_need_an_address_and_full_details() -> None:
    """The incident's link needs the external URL; runbook and dashboard come from the newest alert, to full details."""
    link = "https://tocsin.example/api/v1/incidents/INC-261205-7K2M9P"
    assert message().body["links"] == {
        "incident": link,
        "dashboard": "https://grafana.example/d/pay",
        "runbook": "https://wiki.example/gateway",
    }
    assert render(notice(), delivery("legal"), external_url="https://tocsin.example/").body["links"] == {
        "incident": link
    }
    assert render(notice(), delivery("legal"), external_url="").body["links"] == {}


def test_where_it_is_answered() -> None:
    """Every group gets the link of its own delivery, in the body and in the text, and none where there is none."""
    address = "https://tocsin.example/r/token"
    for group, language, label in (("technical", "en", "Answer: "), ("legal", "zh", "回应:")):
        told = render(notice(), delivery(group, language=language), external_url="", respond=address)
        assert told.body["links"]["respond"] == address
        assert f"{label}{address}" in told.text.splitlines()
    assert "respond" not in message().body["links"]


def test_links_of_the_plan_go_before_annotations_and_to_full_details_only() -> None:
    """Any name; in the texts too, by their names."""
    links = {"runbook": "https://w.example/down", "graphs": "https://g.example/d"}
    made = notice(incident={"plan_links": links})
    full = render(made, delivery(), external_url="")
    assert full.body["links"] == {"dashboard": "https://grafana.example/d/pay", **links}
    assert "graphs: https://g.example/d" in full.text and "Runbook: https://w.example/down" in full.text
    assert "plan_links" not in full.body["incident"]
    summary = render(made, delivery("legal"), external_url="")
    assert summary.body["links"] == {} and "w.example" not in json.dumps(summary.body)


def test_a_title_with_labels_is_for_those_who_see_labels() -> None:
    """Others get the one without, in subject, text and body."""
    made = notice(incident={"plain_title": {"en": "Critical function outage: payments", "zh": ""}})
    assert render(made, delivery(), external_url="").body["incident"]["title"] == "Payment gateway down"
    for told in (delivery("business"), delivery("technical", groups=("technical", "legal"), details="summary")):
        message = render(made, told, external_url="")
        assert message.body["incident"]["title"] == "Critical function outage: payments"
        assert "plain_title" not in message.body["incident"]
        assert "Payment gateway down" not in json.dumps(message.body) + message.subject


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "file:///etc/passwd", "https://", "https://a b", "http://[", "https://x/\x1b[31m"]
)
def test_only_web_addresses_become_links(url: str) -> None:
    """An annotation that is no http or https address is no link."""
    made = notice(alerts=(alert(0, annotations={"runbook_url": url}),))
    assert "runbook" not in render(made, delivery(), external_url="").body["links"]


def test_a_shared_channel_names_its_groups() -> None:
    """``groups`` is there only for several; ``group`` is the first, and the asks of all are joined."""
    made = notice(asks={"technical": ("acknowledge",), "command": ("acknowledge", "update")})
    body = render(made, delivery("command", groups=("command", "technical")), external_url="").body
    assert (body["group"], body["groups"]) == ("command", ["command", "technical"])
    assert body["asks"] == ["acknowledge", "update"]
    assert "groups" not in render(made, delivery(), external_url="").body


def test_changes_are_named_from_and_to() -> None:
    """A change is a field with its value before and after."""
    made = notice("tier_raised", changes=(Change("tier", "medium", "high"),), reason="worse_alert")
    body = render(made, delivery(), external_url="").body
    assert body["changes"] == [{"field": "tier", "from": "medium", "to": "high"}]
    assert body["reason"] == "worse_alert"


def test_rendering_again_is_the_same() -> None:
    """A try again sends the very same message."""
    assert message() == message()


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"foo": "bar"}, "3fff2c2d7595e046"),
        ({}, "cbf29ce484222325"),
    ],
)
def test_the_fingerprint_is_that_of_alertmanager(labels: dict[str, str], expected: str) -> None:
    """Known values; a receiver may look an alert up in Alertmanager by it."""
    assert fingerprint(labels) == expected


def test_the_fingerprint_does_not_depend_on_order() -> None:
    """Labels are taken by name."""
    assert fingerprint({"a": "1", "b": "2"}) == fingerprint({"b": "2", "a": "1"}) != fingerprint({"a": "12", "b": ""})
