"""The decision about one alert as a value, and as the JSON of the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tocsin._core.model import Classification, Dropped
from tocsin._core.snapshot import decided_item, why_item
from tocsin._core.why import Why


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the plan decides about one alert, and why."""

    decision: Classification | Dropped
    why: Why


def item_of(explanation: Explanation) -> dict[str, Any]:
    """The object of ``POST /api/v1/explain``, JSON-ready."""
    decision = explanation.decision
    if isinstance(decision, Dropped):
        item: dict[str, Any] = {
            "rule": decision.by if decision.reason.value == "rule" else "",
            "dropped": {"reason": decision.reason.value, "by": decision.by, "why": decision.why},
        }
    else:
        item = {**decided_item(decision), "dropped": None}
    return {**item, **why_item(explanation.why)}
