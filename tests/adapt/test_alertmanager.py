"""What becomes of Alertmanager's webhook, version 4."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tocsin._core.errors import Unreadable
from tocsin._core.model import Batch, RejectReason
from tocsin._core.source import Source
from tocsin._core.times import parse_time
from tocsin.adapt import ADAPTERS

NOW = parse_time("2026-12-05T01:00:00Z")
SOURCE = Source(name="am", type="alertmanager")
ZERO = "0001-01-01T00:00:00Z"


def read(*alerts: Any, **group: Any) -> Batch:
    """Decode a webhook with these alerts, given as JSON values."""
    payload = {
        "receiver": "tocsin",
        "status": "firing",
        "alerts": alerts,
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://am:9093",
        "version": "4",
        "groupKey": "{}:{}",
        "truncatedAlerts": 0,
    }
    return ADAPTERS["alertmanager"](json.dumps(payload | group).encode(), source=SOURCE, received_at=NOW)


def alert(status: str = "firing", ends_at: str = ZERO, **fields: Any) -> dict[str, Any]:
    """An alert as the webhook carries it."""
    return {
        "status": status,
        "labels": {"alertname": "Down"},
        "annotations": {},
        "startsAt": "2026-12-05T00:59:00Z",
        "endsAt": ends_at,
        "generatorURL": "http://prom:9090/graph",
        "fingerprint": "3fff2c2d7595e046",
    } | fields


def test_a_mixed_group_carries_both() -> None:
    """Each alert's own status decides, not the group's."""
    batch = read(alert(), alert("resolved", "2026-12-05T00:59:30Z"))
    assert [a.firing for a in batch.alerts] == [True, False]
    assert [a.ends_at for a in batch.alerts] == [None, NOW - 30_000]
    assert {a.source for a in batch.alerts} == {"am"}


def test_status_outweighs_the_end() -> None:
    """Resolved with an end to come is resolved; firing with an end that has passed is firing."""
    batch = read(alert("resolved", "2026-12-05T02:00:00Z"), alert("firing", "2026-12-05T00:59:30Z"))
    assert [a.firing for a in batch.alerts] == [False, True]


def test_without_a_status_the_end_decides() -> None:
    """A sender that leaves the status out is judged as API v2 is."""
    batch = read({"labels": {"a": "b"}}, {"labels": {"a": "b"}, "endsAt": "2026-12-05T00:00:00Z"})
    assert [a.firing for a in batch.alerts] == [True, False]


@pytest.mark.parametrize("careful", [False, True])
@pytest.mark.parametrize(
    ("given", "noted"), [(7, 7), (0, 0), (-1, 0), (10**30, 2**31 - 1), ("x", 0), (None, 0), (True, 0), (2.0, 2)]
)
def test_truncated_alerts_are_noted(given: Any, noted: int, careful: bool) -> None:
    """The count goes to each alert; what cannot be a count is none, and refuses nothing."""
    batch = read(alert(), *([5] if careful else []), truncatedAlerts=given)
    assert [a.truncated for a in batch.alerts] == [noted]


def test_an_unknown_status_is_refused() -> None:
    """Neither firing nor resolved: nothing is guessed."""
    batch = read(alert("pending"), alert(), alert() | {"status": 3})
    assert [(r.index, r.reason) for r in batch.rejected] == [(0, RejectReason.STATUS), (2, RejectReason.STATUS)]
    assert batch.rejected[0].error == '$.alerts[0].status: expected firing or resolved, got "pending"'
    assert batch.rejected[1].error == "$.alerts[2].status: expected a string, got a number"
    assert len(batch.alerts) == 1


def test_a_bad_alert_names_its_place() -> None:
    """Paths start at the payload's root."""
    batch = read(alert(), alert(startsAt="soon"))
    assert batch.rejected[0].error.startswith('$.alerts[1].startsAt: "soon"')


@pytest.mark.parametrize(
    ("body", "message", "path"),
    [
        (b"", "the body is empty", "$"),
        (b"[]", "goes to /api/v2/alerts", "$"),
        (b"5", "got a number", "$"),
        (b"{}", "expected a list of alerts, got null", "$.alerts"),
        (b'{"alerts":{}}', "expected a list of alerts, got an object", "$.alerts"),
        (b'{"alerts":[]', "no JSON", "$"),
        (b'{"alerts":' + b"[" * 100_000, "nested too deeply", "$"),
    ],
)
def test_a_body_that_cannot_be_read_says_why_and_where(body: bytes, message: str, path: str) -> None:
    """One error for the whole, with the place in it."""
    with pytest.raises(Unreadable, match=message) as caught:
        ADAPTERS["alertmanager"](body, source=SOURCE, received_at=NOW)
    assert caught.value.path == path
