"""Whatever is posted: a batch or ``Unreadable``, and no alert unaccounted for."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.adapt.mappings import source_of

from tocsin._core.errors import Unreadable
from tocsin._core.source import Source
from tocsin._core.times import format_time, parse_time
from tocsin.adapt import ADAPTERS

NOW = parse_time("2026-12-05T01:00:00Z")

SOURCES = (
    Source(name="s", type="prometheus"),
    Source(name="s", type="alertmanager"),
    source_of("""
        type: mapping
        alerts: "alerts || @"
        labels: labels
        annotations: {all: "to_string(annotations)", some: "annotations.*|[0]"}
        status: {path: status, firing: [firing], resolved: [resolved], default: firing}
        starts_at: startsAt
        ends_at: endsAt
        generator_url: generatorURL
    """),
    source_of("""
        type: mapping
        alerts: "[alerts, @][]"
        labels: {a: "labels || root().status", b: "join('', keys(labels))", c: "length(annotations)"}
        status: {path: "startsAt < endsAt", firing: [true], resolved: [false]}
        identity: ["labels.*|[0]", "status"]
        defaults: {d: default}
    """),
)

TEXT = st.text(st.characters(codec=None), max_size=8)
TIMES = st.sampled_from(
    [
        "2026-12-05T00:00:00Z",
        "2026-12-05T08:00:00.123456789+08:00",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59.999999999-23:59",
        "2026-12-05 00:00:60Z",
        "",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
ALERT = st.fixed_dictionaries(
    {},
    optional={
        "labels": st.dictionaries(TEXT, TEXT, max_size=3) | JSON,
        "annotations": st.dictionaries(TEXT, TEXT, max_size=3) | JSON,
        "startsAt": TIMES | JSON,
        "endsAt": TIMES | JSON,
        "status": st.sampled_from(["firing", "resolved"]) | JSON,
        "generatorURL": TEXT | JSON,
    },
)
ALERTS = st.lists(ALERT | JSON, max_size=4)
PAYLOADS = ALERTS | st.fixed_dictionaries({"alerts": ALERTS | JSON}, optional={"truncatedAlerts": JSON}) | JSON


def check(body: bytes) -> None:
    """Every adapter answers in one of the two ways, and what it takes can be stored and shown."""
    for source in SOURCES:
        try:
            batch = ADAPTERS[source.type](body, source=source, received_at=NOW)
        except Unreadable as error:
            assert len(str(error)) < 300
            continue
        assert batch.received == len(batch.alerts) + len(batch.rejected)
        for rejection in batch.rejected:
            assert 0 <= rejection.index < batch.received
            rejection.error.encode()
        for alert in batch.alerts:
            assert alert.labels
            assert all(alert.labels) and all(alert.labels.values())
            json.dumps([alert.labels, alert.annotations, alert.generator_url], ensure_ascii=False).encode()
            for at in (alert.starts_at, alert.ends_at):
                assert at is None or format_time(at)


@given(st.binary(max_size=64))
@example(b"\xef\xbb\xbf[]")
@example(b"[1" + b"0" * 5000 + b"]")
@example(b"[1e999]")
@example(b"[-0]")
@example('[{"labels":{"a":"b"}}]'.encode("utf-16"))
def test_any_bytes(body: bytes) -> None:
    """Bytes of any kind."""
    check(body)


@settings(max_examples=300)
@given(PAYLOADS, st.booleans())
def test_any_json(payload: Any, ascii_only: bool) -> None:
    """JSON that looks like a payload, with anything at all in its places."""
    check(json.dumps(payload, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass"))


@settings(max_examples=200)
@given(ALERTS, st.integers(0, 400), st.binary(max_size=3))
def test_damaged_json(payload: Any, at: int, splinter: bytes) -> None:
    """A payload with a few bytes put into it somewhere."""
    body = json.dumps(payload).encode()
    check(body[:at] + splinter + body[at:])
