"""A rule as a rule file writes it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tocsin._core.record import Impact
from tocsin._plan.entry import Entry, TierName
from tocsin._plan.fields import ClassName, Duration, Label, Matchers, Name, Plain, Positive, Until
from tocsin._plan.filled import LinkName, LinkPattern, TitlePattern


class RuleEntry(Entry):
    """One rule: what it matches, and what it says of it."""

    name: Name
    """By which decisions speak of the rule; required, and unique."""
    match: list[Matchers] = []
    """Matchers that must all hold; a rule without matchers matches every alert."""
    match_any: list[Matchers] = []
    """Matchers of which one must hold, beside all of `match`."""
    class_: Annotated[ClassName | None, Field(alias="class")] = None
    """What it is: one of `classes`, shipped or your own; `other` if no rule says."""
    subtype: Plain | None = None
    """A finer word, in your own terms; of `data_breach_loss` one of `leak`, `loss`, `both`, `unknown`, and `unknown` if
    nothing is said."""
    impact: Impact | None = None
    """How much of the service is hit: `wide`, `partial` or `narrow` (the default)."""
    tier: TierName | None = None
    """The tier, in place of the matrix's: `high`, `medium` or `low`."""
    max_tier: TierName | None = None
    """The highest tier it may have: `high`, `medium` or `low`."""
    outage: bool | None = None
    """Whether the service itself is down, where the class says otherwise."""
    service: Name | None = None
    """The service it is about: one of `services`, in place of the one that was found."""
    vendor: Name | None = None
    """The vendor it concerns: one of `vendors`, in place of the service's."""
    title: TitlePattern | None = None
    """The incident's title, in which `{label}` is filled in; left out, the class's title and what it is about."""
    links: dict[LinkName, LinkPattern] | None = None
    """Addresses by name, such as `runbook`, in which `{label}` is filled in; for groups with full details."""
    wait: Duration | None = None
    """How long before it is told, in place of the tier's."""
    rto: Positive | None = None
    """Recovery time; it demands the tier that goes with it."""
    incident_by: Annotated[list[Label], Field(min_length=1)] | None = None
    """What makes alerts one incident: `class`, `subject`, and any label as rules see it."""
    drop: Plain | None = None
    """Why such alerts are dropped, and counted; nothing but `until` goes with it."""
    until: Until | None = None
    """When the drop ends: a time, or a day, which still counts whole in the plan's time zone."""
    continue_: Annotated[bool, Field(alias="continue")] = False
    """`true`: set these fields, and go on to the next rule."""
