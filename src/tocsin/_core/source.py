"""Sources of alerts, as the plan declares them, and how a payload of any shape becomes alerts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal
from zoneinfo import ZoneInfo

from tocsin._core.expression import Expression
from tocsin._core.times import Millis

EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusMapping:
    """Which values of ``path`` mean firing and which resolved, as texts; ``default`` is for all others, ``ends_at``
    leaves it to the alert's end."""

    path: Expression
    firing: frozenset[str]
    resolved: frozenset[str]
    default: Literal["firing", "resolved", "ends_at"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMapping:
    """How a payload of any shape becomes alerts. ``labels`` and ``annotations`` are an expression that gives an
    object, or one for each name. ``timezone`` is that of times without one."""

    alerts: Expression
    labels: Expression | Mapping[str, Expression]
    annotations: Expression | Mapping[str, Expression] = field(default_factory=lambda: EMPTY)
    status: StatusMapping | None = None
    starts_at: Expression | None = None
    ends_at: Expression | None = None
    identity: tuple[Expression, ...] = ()
    generator_url: Expression | None = None
    defaults: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    timezone: ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source of alerts. ``expires`` is ``None`` where the kind's own rule holds, ``"never"``, or a duration.
    ``mapping`` is there for the type ``mapping`` only."""

    name: str
    type: str
    replica_labels: tuple[str, ...] = ("prometheus_replica", "__replica__")
    labels: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    expires: Millis | Literal["never"] | None = None
    mapping: SourceMapping | None = None
