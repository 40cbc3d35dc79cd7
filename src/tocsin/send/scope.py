"""A notice as a vendor may know it: its own part of the incident, and nothing of the client's or of others'. Pure.

What is left out here no text and no template can say. What people wrote, and what a title says, is free; of that the
names which the incident knows of others are blotted out besides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from tocsin._core.incident import Notice
from tocsin._core.model import Tier
from tocsin._core.plan import VENDOR

_REASONS = frozenset({"cleared", "closed", "escalated"})
"""Events of which a vendor is told the reason."""

_CHANGES = frozenset({"tier", "state", "vendor"})
_SAID = {"updated": ("goal", "progress", "next_step")}
_LISTS = (
    "services", "business_lines", "customer_groups", "datasets", "affected_business", "systems", "modules",
)  # fmt: skip
_PERSONS = ("by", "to", "who", "assigned_to", "acknowledged_by", "declared_by", "contained_by", "restored_by")


def of_vendor(notice: Notice) -> Notice:
    """What its vendor may know of a notice."""
    said = _SAID.get(notice.event, ())
    return replace(
        notice,
        tier=Tier(notice.scope["tier"]),
        groups=(VENDOR,),
        reason=notice.reason if notice.event in _REASONS else "",
        changes=tuple(change for change in notice.changes if change.field in _CHANGES),
        asks={},
        incident=notice.scope,
        alerts=(),
        truncated_alerts=0,
        said={name: notice.said[name] for name in said if name in notice.said},
    )


def others_in(notice: Notice) -> frozenset[str]:
    """The names in a notice that are not its vendor's: of services, business, customers, data and persons."""
    own = {*notice.scope.get("services", ()), notice.scope.get("vendor")}
    return frozenset(name for name in _names((notice.incident, notice.said)) if name not in own)


def _names(parts: Iterable[Any]) -> Iterator[str]:
    for part in parts:
        if not isinstance(part, Mapping):
            continue
        for name in _LISTS:
            yield from (str(each) for each in part.get(name) or ())
        yield from (str(part[name]) for name in _PERSONS if part.get(name))
        for each in part.values():
            yield from _names(each if isinstance(each, list) else (each,))
