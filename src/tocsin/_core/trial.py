"""The tests of a plan, as values: an alert and what rules must say of it, or a story in time and who must be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from tocsin._core.times import Millis

Does = Literal["fire", "resolve", "lose", "acknowledge", "contain", "update", "restore", "close"]
"""What a step says: of an alert, or after these of the person who acts."""

EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep:
    """A step of a test in time, ``at`` after its beginning.

    An alert with ``labels`` fires, ends, or is heard of for the last time. Or somebody acts for a ``group``: about the
    incident that an alert with ``labels`` joined, or without them about the only one that is open."""

    at: Millis
    does: Does
    labels: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanNotice:
    """A notice that a test expects by ``at``; what is ``None`` may be anything. Without an event: nobody is told."""

    at: Millis
    event: str | None = None
    groups: frozenset[str] | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTest:
    """A test of the plan: labels or a payload as JSON, and the parts of the decision that must be so, by name.

    ``place`` is ``file:line``. Durations are in milliseconds, ``groups`` and ``channels`` are sets. A test in time has
    ``steps`` instead, in order, and the notices that are expected."""

    name: str
    place: str
    source: str
    at: Millis
    labels: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    annotations: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    payload: bytes | None = None
    expect: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    steps: tuple[PlanStep, ...] = ()
    notices: tuple[PlanNotice, ...] = ()
