"""What becomes of any JSON by a mapping: every part of an alert, and what is said where a part is missing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.adapt.mappings import NOW, WHOLE, read, read_one, refuse_one, source_of

from tocsin._core.errors import Unreadable
from tocsin._core.model import Alert, RejectReason
from tocsin._core.times import HOUR, MINUTE
from tocsin.adapt.mapping import trace
from tocsin.adapt.payload import MAX_ALERTS
from tocsin.dedup.identity import fires_until, identity

PLAIN = "type: mapping\nlabels: {alertname: name}"


def item(**changes: Any) -> dict[str, Any]:
    """An alert of a pretended tool."""
    return {"id": 7, "name": "Down", "state": "open", "owner": {"team": "pay"}, "level": 2} | changes


def payload(*items: Any) -> dict[str, Any]:
    """Its payload."""
    return {"sender": "fra-1", "data": {"items": list(items)}}


def test_every_part_arrives_where_it_belongs() -> None:
    """Labels from the alert and from the whole payload, defaults, status, times, address and identity."""
    opened, closed = "2026-12-05T00:00:00Z", NOW + HOUR
    found = read_one(WHOLE, payload(item(text="no answer", opened=opened, closed=closed, link="http://tool/7")))
    assert found == Alert(
        source="tool",
        labels={"alertname": "Down", "team": "pay", "level": "2", "host": "fra-1", "environment": "prod"},
        annotations={"summary": "no answer"},
        firing=True,
        starts_at=NOW - HOUR,
        ends_at=NOW + HOUR,
        generator_url="http://tool/7",
        received_at=NOW,
        identity=("7",),
    )


def test_the_payload_itself_is_one_alert_unless_told_otherwise() -> None:
    """Without ``alerts``; an expression that gives an object is one alert too, and a list is as many as it has."""
    assert read_one(PLAIN, {"name": "A"}).labels == {"alertname": "A"}
    assert read_one(PLAIN + "\nalerts: event", {"event": {"name": "A"}}).labels == {"alertname": "A"}
    assert [alert.labels["alertname"] for alert in read(PLAIN, [{"name": "A"}, {"name": "B"}]).alerts] == ["A", "B"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("pay", "pay"),
        (3, "3"),
        (-0.5, "-0.5"),
        (12345678901234567890123, "12345678901234567890123"),
        (True, "true"),
        (False, "false"),
        ("\ud800x", "\ufffdx"),
    ],
)
def test_scalars_become_text_as_json_writes_them(value: object, text: str) -> None:
    """An identifier of many digits keeps them all."""
    assert read_one(PLAIN, {"name": value}).labels == {"alertname": text}


def test_what_is_absent_null_or_empty_leaves_the_label_out() -> None:
    """And a default takes its place, where there is one."""
    written = "type: mapping\nlabels: {a: a, b: b, c: c, d: d}\ndefaults: {b: usual}"
    assert read_one(written, {"a": "x", "b": None, "c": ""}).labels == {"a": "x", "b": "usual"}


def test_with_an_identity_a_constant_is_label_enough() -> None:
    """What ends an alert may carry no more than its number."""
    written = "type: mapping\nlabels: {alertname: \"'Leave'\", team: team}\nidentity: id"
    assert read_one(written, {"id": 5}).labels == {"alertname": "Leave"}
    assert refuse_one(written, {"no": 5}).error == "$: identity: $.id is missing"
    assert refuse_one("type: mapping\nlabels: {a: a}\nidentity: id", {"id": 5}).reason is RejectReason.NO_LABELS


def test_one_expression_may_give_all_labels() -> None:
    """As an object; its nulls are left out."""
    written = "type: mapping\nlabels: 'merge(labels, {kind: root().kind})'\nannotations: notes"
    found = read_one(written, {"kind": 1, "labels": {"a": "x", "b": None}, "notes": {"n": 2}})
    assert (found.labels, found.annotations) == ({"a": "x", "kind": "1"}, {"n": "2"})


@pytest.mark.parametrize(
    ("changes", "reason", "error"),
    [
        ({"name": ["A"]}, RejectReason.LABEL, "$.data.items[0]: labels.alertname: `name` gives a list; pick one"),
        ({"text": {"a": 1}}, RejectReason.ANNOTATION, "annotations.summary: `text` gives an object; name one"),
        ({"state": "odd"}, RejectReason.STATUS, 'status: `state` gives "odd", which is neither in `firing`'),
        ({"state": None}, RejectReason.STATUS, "status: $.data.items[0].state is missing"),
        ({"id": None}, RejectReason.IDENTITY, "identity: $.data.items[0].id is missing"),
        ({"id": []}, RejectReason.IDENTITY, "identity: `id` gives a list"),
        ({"opened": "yesterday"}, RejectReason.TIME, 'starts_at: `opened` gives "yesterday", which is no time'),
        ({"opened": 9e20}, RejectReason.TIME, "starts_at: `opened` gives 9e+20, which is no time"),
        ({"opened": True}, RejectReason.TIME, "gives true or false, which is no time"),
        ({"opened": 200, "closed": 100}, RejectReason.ENDS_BEFORE_START, "ends_at: it is before starts_at"),
        ({"name": "x" * 70_000}, RejectReason.LABEL_TOO_LONG, "70000 bytes"),
    ],
)
def test_a_bad_alert_is_rejected_by_itself(changes: dict[str, Any], reason: RejectReason, error: str) -> None:
    """With its place in the payload, the field, the expression and what is wrong; the others are kept."""
    batch = read(WHOLE, payload(item(**changes), item()))
    assert (batch.received, len(batch.alerts)) == (2, 1)
    (rejection,) = batch.rejected
    assert (rejection.index, rejection.reason) == (0, reason)
    assert error in rejection.error


def test_an_alert_of_another_shape_has_none_of_the_labels() -> None:
    """Defaults and constants do not make an alert of what has nothing that the mapping looks for."""
    written = (
        "type: mapping\nlabels: {alertname: \"'Odd'\", team: owner.team, host: host}\ndefaults: {environment: prod}"
    )
    refused = refuse_one(written, {"owner": {"name": "x"}})
    assert refused.reason is RejectReason.NO_LABELS
    assert refused.error == "$: labels: none of them is in this payload; $.owner.team is missing"
    assert refuse_one("type: mapping\nlabels: tags", {"x": 1}).error.endswith("$.tags is missing")
    assert read_one("type: mapping\nlabels: {alertname: \"'Ping'\"}", {}).labels == {"alertname": "Ping"}


@pytest.mark.parametrize(
    ("body", "path", "message"),
    [
        ({"data": {}}, "$.data.items", "`data.items` finds no alert in this payload: it gives nothing"),
        ({"items": []}, "$.data", "it gives nothing"),
        (payload(), "$.data.items", "it gives an empty list"),
        ({"data": {"items": 5}}, "$.data.items", "it gives a number"),
        (payload(*[1] * (MAX_ALERTS + 1)), "$.data.items", "100001 alerts in one payload"),
    ],
)
def test_a_payload_of_another_shape_is_unreadable(body: Any, path: str, message: str) -> None:
    """The first name that is missing is told as a path."""
    with pytest.raises(Unreadable, match=message.replace("(", r"\(")) as caught:
        read(WHOLE, body)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("written", "value", "firing"),
    [
        ("status: {path: s, firing: [open], resolved: [closed]}", "closed", False),
        ("status: {path: s, firing: [open], default: resolved}", "odd", False),
        ("status: {path: s, resolved: [done], default: firing}", None, True),
        ("status: {path: 's > `3`', firing: [true], resolved: [false]}", 4, True),
        ("status: {path: s, firing: [1.5], resolved: [2]}", 2, False),
        ("status: {path: name, resolved: [B], default: ends_at}\nends_at: s", NOW - MINUTE, False),
        ("status: {path: name, resolved: [B], default: ends_at}\nends_at: s", NOW + MINUTE, True),
        ("status: {path: name, resolved: [A], default: ends_at}\nends_at: s", NOW + MINUTE, False),
        ("ends_at: s", NOW - MINUTE, False),
        ("ends_at: s", None, True),
    ],
)
def test_status_decides_and_else_the_end(written: str, value: object, firing: bool) -> None:
    """Values are compared as JSON writes them; others follow the default. Without a status, the end."""
    assert read_one(f"{PLAIN}\n{written}", {"name": "A", "s": value}).firing is firing


@pytest.mark.parametrize(
    "value",
    [
        "2026-12-05T01:00:00Z", "2026-12-05T09:00:00.000+0800", "2026-12-05 09:00:00", "2026-12-05T09:00",
        NOW, NOW // 1000, str(NOW), f"{NOW // 1000}.0",
    ],
)  # fmt: skip
def test_times_come_in_many_forms(value: object) -> None:
    """RFC 3339, with or without the colon; local time in the plan's zone; seconds or milliseconds, also as a text."""
    assert read_one(f"{PLAIN}\nstarts_at: t", {"name": "A", "t": value}).starts_at == NOW


@pytest.mark.parametrize("value", [None, "", 0, "0", "0001-01-01T00:00:00Z"])
def test_no_time_is_no_time(value: object) -> None:
    """Absent, empty, zero."""
    assert read_one(f"{PLAIN}\nstarts_at: t", {"name": "A", "t": value}).starts_at is None


def test_a_day_is_its_beginning_where_the_source_is() -> None:
    """By the source's own zone before the plan's."""
    assert read_one(f"{PLAIN}\ntimezone: UTC\nends_at: t", {"name": "A", "t": "2026-12-05"}).ends_at == NOW - HOUR


def test_identity_and_not_labels_makes_two_messages_one_alert() -> None:
    """Its parts do not run together; without it the labels do, and mapped alerts never expire by themselves."""
    source = source_of(f"{PLAIN}\nidentity: [a, b]")
    one, same, other = (
        read_one(f"{PLAIN}\nidentity: [a, b]", {"name": name, "a": a, "b": b})
        for name, a, b in (("X", "1", "23"), ("Y", "1", "23"), ("X", "12", "3"))
    )
    assert identity(one, source) == identity(same, source) != identity(other, source)
    assert fires_until(one, source) is None


@pytest.mark.parametrize("expression", ["|".join(["[@,@][]"] * 60), "|".join(["[@,@]"] * 60) + "|to_string(@)"])
def test_a_costly_expression_is_stopped(expression: str) -> None:
    """What doubles again and again fails with words, in bounded time and memory."""
    refused = refuse_one(f'type: mapping\nlabels: {{a: "{expression}"}}', {"name": "A"})
    assert refused.reason is RejectReason.EXPRESSION
    assert "more steps" in refused.error


@pytest.mark.parametrize(
    ("expression", "value", "words"),
    [
        ("join(', ', name)", "A", "join() takes array-string, and was given a text"),
        ("'x' < `3`", "A", "do not fit"),
        ("name[0:1:0]", [1], "do not fit"),
        ("&name", "A", "gives no value, but an expression"),
    ],
)
def test_what_does_not_fit_the_values_is_an_error_of_the_alert(expression: str, value: object, words: str) -> None:
    """No other exception comes out, and no value of the payload is told."""
    written = f"type: mapping\nlabels:\n  a: {json.dumps(expression)}\n  b: name\n"
    assert words in refuse_one(written, {"name": value}).error


def test_a_trace_tells_every_step() -> None:
    """What each expression gave, in order, and the alert or why there is none."""
    source = source_of(WHOLE)
    good, bad = trace(json.dumps(payload(item(), item(state="odd"))).encode(), source=source, received_at=NOW)
    assert good.place == "$.data.items[0]"
    assert [(step.field, step.expression, step.value) for step in good.steps[:3]] == [
        ("labels.alertname", "name", "Down"),
        ("labels.team", "owner.team", "pay"),
        ("labels.level", "level", 2),
    ]
    assert {step.field for step in good.steps} == {
        "labels.alertname", "labels.team", "labels.level", "labels.host", "annotations.summary",
        "status", "starts_at", "ends_at", "generator_url", "identity",
    }  # fmt: skip
    assert good.alert is not None
    assert (good.error, good.alert.labels["team"]) == ("", "pay")
    assert bad.alert is None
    assert "neither in `firing`" in bad.error
