"""A payload read step by step, for people who write a mapping: in what the adapters say, out values and lines.

Nothing is taken in here. A source without a mapping has no steps to tell, only its alerts and what it rejects.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tocsin._core.model import Alert
from tocsin._core.source import Source
from tocsin._core.times import Millis, format_time
from tocsin.adapt import ADAPTERS
from tocsin.adapt.mapping import Traced, trace

_WIDEST, _LONGEST = 48, 100


def follow(body: bytes, *, source: Source, received_at: Millis) -> tuple[Traced, ...]:
    """The payload's alerts in order, taken and rejected ones. Raises ``Unreadable``."""
    if source.mapping is not None:
        return trace(body, source=source, received_at=received_at)
    batch = ADAPTERS[source.type](body, source=source, received_at=received_at)
    errors = {rejection.index: rejection.error for rejection in batch.rejected}
    taken = iter(batch.alerts)
    return tuple(
        Traced(f"[{index}]", (), None if index in errors else next(taken), errors.get(index, ""))
        for index in range(batch.received)
    )


def traced_item(traced: Traced) -> dict[str, Any]:
    """One alert of the payload for programs."""
    steps = [{"field": step.field, "expression": step.expression, "value": step.value} for step in traced.steps]
    item: dict[str, Any] = {"place": traced.place, "steps": steps}
    if traced.alert is None:
        return {**item, "error": traced.error}
    return {**item, "alert": alert_item(traced.alert)}


def alert_item(alert: Alert) -> dict[str, Any]:
    """An alert as it would be taken in."""
    return {
        "labels": alert.labels,
        "annotations": alert.annotations,
        "status": "firing" if alert.firing else "resolved",
        "starts_at": None if alert.starts_at is None else format_time(alert.starts_at),
        "ends_at": None if alert.ends_at is None else format_time(alert.ends_at),
        "generator_url": alert.generator_url,
        "identity": list(alert.identity) or None,
    }


def step_lines(traced: Traced) -> Iterator[str]:
    """Every step, one a line: the field, the expression, and the JSON that it gave. Not yet made safe to print."""
    if not traced.steps:
        return
    rows = [(step.field, " ".join(step.expression.split()), _shown(step.value)) for step in traced.steps]
    field, expression = (max(len(row[column]) for row in rows) for column in (0, 1))
    for name, looked, gave in rows:
        yield f"{name:<{field}}  {looked:<{min(expression, _WIDEST)}}  {gave}"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
