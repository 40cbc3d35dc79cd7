"""What becomes of Alertmanager's API v2 array."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tocsin._core.errors import Unreadable
from tocsin._core.model import Alert, Batch, Rejection, RejectReason
from tocsin._core.source import Source
from tocsin._core.times import HOUR, parse_time
from tocsin.adapt import ADAPTERS
from tocsin.adapt.payload import MAX_ALERTS
from tocsin.adapt.posted import MAX_LABELS, MAX_TEXT

NOW = parse_time("2026-12-05T01:00:00Z")
SOURCE = Source(name="prom-bj", type="prometheus")


def read(*alerts: Any) -> Batch:
    """Decode a list of alerts, given as JSON values."""
    return ADAPTERS["prometheus"](json.dumps(alerts).encode(), source=SOURCE, received_at=NOW)


def read_one(**alert: Any) -> Alert:
    """Decode one alert, which must be taken."""
    batch = read({"labels": {"alertname": "Down"}} | alert)
    assert batch.rejected == ()
    return batch.alerts[0]


def refuse_one(**alert: Any) -> Rejection:
    """Decode an alert that must be refused, between two good ones that must not."""
    good = {"labels": {"alertname": "Good"}}
    batch = read(good, {"labels": {"alertname": "Down"}} | alert, good)
    assert (batch.received, len(batch.alerts), len(batch.rejected)) == (3, 2, 1)
    assert batch.rejected[0].index == 1
    return batch.rejected[0]


def test_an_alert_as_prometheus_posts_it() -> None:
    """Every field of a real alert arrives where it belongs."""
    body = b"""[{"annotations":{"summary":"it is down"},"endsAt":"2026-12-05T01:04:00.123Z",
      "startsAt":"2026-12-05T00:59:59.987654321Z","generatorURL":"http://prom:9090/graph?g0.expr=up+%3D%3D+0",
      "labels":{"alertname":"Down","instance":"db-1:9100","severity":"critical"}}]"""
    batch = ADAPTERS["prometheus"](body, source=SOURCE, received_at=NOW)
    assert batch == Batch(
        received=1,
        alerts=(
            Alert(
                source="prom-bj",
                labels={"alertname": "Down", "instance": "db-1:9100", "severity": "critical"},
                annotations={"summary": "it is down"},
                firing=True,
                starts_at=NOW - 13,
                ends_at=NOW + 240_123,
                generator_url="http://prom:9090/graph?g0.expr=up+%3D%3D+0",
                received_at=NOW,
            ),
        ),
    )


@pytest.mark.parametrize(
    ("ends_at", "firing"),
    [
        (None, True),
        ("0001-01-01T00:00:00Z", True),
        ("2026-12-05T01:00:00.001Z", True),
        ("2026-12-05T09:00:00.001+08:00", True),
        ("2026-12-05T01:00:00Z", False),
        ("2026-12-05T00:59:00Z", False),
    ],
)
def test_ends_at_decides_whether_it_fires(ends_at: str | None, firing: bool) -> None:
    """Absent, zero or in the future is firing; now or past is resolved."""
    assert read_one(endsAt=ends_at).firing is firing


def test_an_empty_list_is_an_empty_batch() -> None:
    """Nothing posted is nothing wrong."""
    assert read() == Batch(0, ())


def test_the_zero_time_is_no_time() -> None:
    """Go's zero time means absent, in any zone, for both times."""
    alert = read_one(startsAt="0001-01-01T00:00:00Z", endsAt="0001-01-01T00:00:00+08:00")
    assert (alert.starts_at, alert.ends_at) == (None, None)


def test_a_zero_end_is_not_before_the_start() -> None:
    """Only an end that is a time is compared with the start."""
    assert read_one(startsAt="2026-12-05T00:00:00Z", endsAt="0001-01-01T00:00:00Z").starts_at == NOW - HOUR


def test_empty_labels_are_left_out() -> None:
    """A label with an empty value is no label."""
    assert read_one(labels={"alertname": "Down", "job": ""}).labels == {"alertname": "Down"}


def test_names_and_values_are_any_utf8() -> None:
    """Spaces, slashes, Chinese, quotes and NUL are kept as they are."""
    labels = {"服务 名/称": "支付", 'a"b': "x\0y", "emoji": "🔥"}
    assert read_one(labels=labels).labels == labels


def test_null_is_absent() -> None:
    """Fields that are null count as not given."""
    alert = read_one(annotations=None, startsAt=None, endsAt=None, generatorURL=None)
    assert (alert.annotations, alert.starts_at, alert.generator_url) == ({}, None, "")


def test_a_generator_url_of_another_type_is_ignored() -> None:
    """A link that is no text is no reason to refuse an alert."""
    assert read_one(generatorURL=5).generator_url == ""


def test_long_annotations_are_cut() -> None:
    """An annotation keeps its first 64 KiB, and never half a character."""
    alert = read_one(annotations={"long": "火" * MAX_TEXT, "short": "x"})
    assert alert.annotations == {"long": "火" * (MAX_TEXT // 3), "short": "x"}


def test_labels_at_the_limits_are_taken() -> None:
    """128 labels, and values and names of exactly 64 KiB."""
    assert len(read_one(labels={f"l{i}": "x" for i in range(MAX_LABELS)} | {"empty": ""}).labels) == MAX_LABELS
    assert read_one(labels={"v": "x" * MAX_TEXT}).labels["v"]
    assert read_one(labels={"n" * MAX_TEXT: "x"}).labels


@pytest.mark.parametrize(
    ("alert", "reason", "error"),
    [
        ({"labels": {}}, RejectReason.NO_LABELS, "$[1].labels: "),
        ({"labels": None}, RejectReason.NO_LABELS, "$[1].labels: "),
        ({"labels": {"a": "", "b": ""}}, RejectReason.NO_LABELS, "$[1].labels: "),
        ({"labels": {"": "x"}}, RejectReason.LABEL, '$[1].labels[""]: '),
        ({"labels": {"severity": 5}}, RejectReason.LABEL, "$[1].labels.severity: expected a string, got a number"),
        ({"labels": {"a b": None}}, RejectReason.LABEL, '$[1].labels["a b"]: expected a string, got null'),
        ({"labels": ["a"]}, RejectReason.LABEL, "$[1].labels: expected an object of strings, got a list"),
        ({"labels": {"v": "x" * (MAX_TEXT + 1)}}, RejectReason.LABEL_TOO_LONG, "$[1].labels.v: the label's value"),
        ({"labels": {"v": "火" * 21846}}, RejectReason.LABEL_TOO_LONG, "$[1].labels.v: the label's value has 65538"),
        ({"labels": {"n" * (MAX_TEXT + 1): "x"}}, RejectReason.LABEL_TOO_LONG, '$[1].labels["nnn'),
        ({"labels": {f"l{i}": "x" for i in range(129)}}, RejectReason.TOO_MANY_LABELS, "$[1].labels: 129 labels"),
        ({"annotations": {"a": True}}, RejectReason.ANNOTATION, "$[1].annotations.a: expected a string, got true"),
        ({"startsAt": "yesterday"}, RejectReason.TIME, '$[1].startsAt: "yesterday" is no RFC 3339 time'),
        ({"startsAt": 1764900000}, RejectReason.TIME, "$[1].startsAt: expected a string, got a number"),
        ({"endsAt": ""}, RejectReason.TIME, "$[1].endsAt: "),
        ({"endsAt": "2026-02-30T00:00:00Z"}, RejectReason.TIME, "$[1].endsAt: "),
        ({"endsAt": "9999-12-31T23:59:59-12:00"}, RejectReason.TIME, "$[1].endsAt: "),
        (
            {"startsAt": "2026-12-05T00:00:00Z", "endsAt": "2026-12-04T23:59:59Z"},
            RejectReason.ENDS_BEFORE_START,
            "$[1].endsAt: 2026-12-04T23:59:59Z is before startsAt",
        ),
    ],
)
def test_a_bad_alert_is_refused_by_itself(alert: dict[str, Any], reason: RejectReason, error: str) -> None:
    """Each rule refuses one alert with its word and place, in a line of bounded size; its neighbours stay."""
    rejection = refuse_one(**alert)
    assert rejection.reason is reason
    assert rejection.error.startswith(error)
    assert len(rejection.error) < 300


@pytest.mark.parametrize("item", [1, "x", None, [], True, 10**400])
def test_what_is_no_object_is_refused(item: object) -> None:
    """Anything else in the list is refused, and the alerts beside it are kept."""
    batch = read(item, {"labels": {"a": "b"}})
    assert (len(batch.alerts), batch.rejected[0].reason) == (1, RejectReason.NOT_AN_OBJECT)


@pytest.mark.parametrize(
    ("value", "kept"),
    [(rb"\ud800", "\ufffd"), (rb"a\udc00b", "a\ufffdb"), (b"\xff", "\ufffd"), (rb"\ud83d\ude00", "😀")],
)
def test_text_that_is_no_utf8_is_mended(value: bytes, kept: str) -> None:
    """Half a surrogate pair, or a stray byte, becomes U+FFFD as it does in Go; the alert is kept."""
    body = b'[{"labels":{"a":"' + value + b'"},"annotations":{"a":"' + value + b'"}},{"labels":{"b":"c"}}]'
    batch = ADAPTERS["prometheus"](body, source=SOURCE, received_at=NOW)
    assert [alert.labels for alert in batch.alerts] == [{"a": kept}, {"b": "c"}]
    assert batch.alerts[0].annotations == {"a": kept}


def test_of_duplicate_keys_the_last_counts() -> None:
    """Both ways of reading agree on it."""
    quick = b'[{"labels":{"a":"1","a":"2"}}]'
    careful = b'[{"labels":{"a":"1","a":"2"}},5]'
    for body in (quick, careful):
        assert ADAPTERS["prometheus"](body, source=SOURCE, received_at=NOW).alerts[0].labels == {"a": "2"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the body is empty"),
        (b" \n", "the body is empty"),
        (b"[", "no JSON"),
        (b"[] x", "no JSON"),
        (b"[NaN]", "no JSON"),
        (b'"x"', "expected a list of alerts, got a string"),
        (b"{}", "expected a list of alerts, got an object"),
        (b'{"alerts":[]}', "post it to /ingest/alertmanager"),
        (b"[" * 100_000, "nested too deeply"),
        (b'[{"x":' + b"[" * 100_000, "nested too deeply"),
        (b"[" + b"{}," * MAX_ALERTS + b"{}]", "100001 alerts in one payload"),
        (b"[" + b"1," * MAX_ALERTS + b"1]", "100001 alerts in one payload"),
        (b"\x16\x03\x01\x02\x00", "no JSON"),
    ],
)
def test_a_body_that_cannot_be_read_says_why(body: bytes, message: str) -> None:
    """No JSON, JSON of another shape, too deep or too long: one error for the whole."""
    with pytest.raises(Unreadable, match=message.replace("(", r"\(")):
        ADAPTERS["prometheus"](body, source=SOURCE, received_at=NOW)
