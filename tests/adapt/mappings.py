"""Sources with a mapping, written as in a rule file, and payloads that they read."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent, indent
from typing import Any

from tests._plan.written import plan_of

from tocsin._core.model import Alert, Batch, Rejection
from tocsin._core.source import Source
from tocsin._core.times import parse_time
from tocsin.adapt import ADAPTERS

NOW = parse_time("2026-12-05T01:00:00Z")

WHOLE = """
type: mapping
alerts: data.items
labels: {alertname: name, team: "owner.team", level: level, host: "host || root().sender"}
annotations: {summary: text}
status: {path: state, firing: [open, 2], resolved: [closed, false]}
starts_at: opened
ends_at: closed
generator_url: link
identity: id
defaults: {team: nobody, environment: prod}
"""
"""One of everything."""


def source_of(written: str, name: str = "tool") -> Source:
    """The source of a plan in which this stands."""
    indented = indent(dedent(written), "    ")
    with TemporaryDirectory() as directory:
        plan = plan_of(Path(directory), f"timezone: Asia/Shanghai\nsources:\n  {name}:\n{indented}")
    return plan.sources[name]


def read(written: str, payload: Any) -> Batch:
    """Read a payload, given as a JSON value."""
    return ADAPTERS["mapping"](json.dumps(payload).encode(), source=source_of(written), received_at=NOW)


def read_one(written: str, payload: Any) -> Alert:
    """The one alert of a payload, which must be taken."""
    batch = read(written, payload)
    assert (batch.received, batch.rejected) == (1, ())
    return batch.alerts[0]


def refuse_one(written: str, payload: Any) -> Rejection:
    """Why the one alert of a payload is refused."""
    batch = read(written, payload)
    assert (batch.received, batch.alerts) == (1, ())
    return batch.rejected[0]
