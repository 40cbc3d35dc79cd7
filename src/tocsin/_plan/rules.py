"""A rule as a rule file writes it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tocsin._core.plan import Impact
from tocsin._plan.entry import Entry, TierName
from tocsin._plan.fields import Duration, Label, Matchers, Name, Plain, Positive, Title, Until


class RuleEntry(Entry):
    """One rule: what it matches, and what it says of it."""

    later = frozenset({"links"})
    name: Name
    match: list[Matchers] = []
    match_any: list[Matchers] = []
    class_: Annotated[Name | None, Field(alias="class")] = None
    subtype: Plain | None = None
    impact: Impact | None = None
    tier: TierName | None = None
    max_tier: TierName | None = None
    outage: bool | None = None
    service: Name | None = None
    vendor: Name | None = None
    title: Title | None = None
    wait: Duration | None = None
    rto: Positive | None = None
    incident_by: Annotated[list[Label], Field(min_length=1)] | None = None
    drop: Plain | None = None
    until: Until | None = None
    continue_: Annotated[bool, Field(alias="continue")] = False
