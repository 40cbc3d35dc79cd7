"""Every key of a rule file: what may stand where. Names of other things are checked later, in ``references``.

One model per kind of entry. ``later`` lists keys that the contract keeps for versions to come: a plan that
uses one is refused with words of its own, since a plan must never be ignored in part.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from tocsin._core.plan import Details, Impact, Importance, Language, Tell
from tocsin._plan.channels import AnyChannel
from tocsin._plan.entry import Entry, GroupName, TierName
from tocsin._plan.fields import (
    AddressName,
    Duration,
    Label,
    Matchers,
    Name,
    Plain,
    PlainUrl,
    Positive,
    Title,
    Zone,
)
from tocsin._plan.rules import RuleEntry
from tocsin._plan.senders import SourceEntry, TokenEntry


def _nothing_is_empty(value: object) -> object:
    """``prod:`` with nothing after it is an entry with nothing in it."""
    return {} if value is None else value


class TierEntry(Entry):
    """A tier's clocks and audience; what is left out keeps its default, ``null`` turns a clock off."""

    later = frozenset({"digest", "calendar"})
    rto: Positive | None = None
    wait: Duration | None = None
    ack_within: Positive | None = None
    update_every: Positive | None = None
    tell: Tell | None = None
    auto_restore: Positive | None = None


class GroupEntry(Entry):
    """A role group and the channels that reach it."""

    later = frozenset({"match", "when", "mention"})
    title: Title | None = None
    channels: Annotated[list[Name], Field(min_length=1)]
    fallback: list[Name] = []
    language: Language | None = None
    timezone: Zone | None = None
    details: Details | None = None


class ServiceEntry(Entry):
    """A service of the catalogue."""

    later = frozenset({"teams"})
    importance: Importance | None = None
    rto: Positive | None = None
    sla_limit: Positive | None = None
    vendor: Name | None = None
    location: Plain | None = None
    business_lines: list[Plain] = []
    customer_groups: list[Plain] = []
    datasets: list[Plain] = []
    match: list[Matchers] = []


class VendorEntry(Entry):
    """A contractor or third party."""

    later = frozenset({"channels", "calendar"})
    title: Title | None = None
    kind: Plain | None = None
    contract: Plain | None = None
    ack_within: Positive | None = None
    rto: Positive | None = None


class ClassEntry(Entry):
    """A class of incidents; what is left out keeps the shipped class's value, or the default."""

    title: Title | None = None
    lead: GroupName | None = None
    also: list[GroupName] | None = None
    outage: bool | None = None
    operational: bool | None = None


class EnvironmentEntry(Entry):
    """An environment and how it is known."""

    match: list[Matchers] = []
    match_any: list[Matchers] = []
    max_tier: TierName | None = None
    drop: Plain | None = None


class LabelsEntry(Entry):
    """Where the plan's words are found in an alert's labels."""

    service: list[Label] | None = None
    environment: list[Label] | None = None
    location: list[Label] | None = None


class IncidentsEntry(Entry):
    """How incidents end, come back and are kept."""

    settle: Duration | None = None
    reopen_within: Duration | None = None
    backdate: Duration | None = None
    retention: Positive | None = None


Cell = dict[Impact, TierName]


class PlanFile(Entry):
    """All files of a plan, joined."""

    later = frozenset(
        {"calendars", "escalation", "teams", "people", "heartbeats", "watchdog", "maintenance"}
        | {"templates", "silences", "inhibit", "obligations"}
    )
    language: Language | None = None
    timezone: Zone | None = None
    external_url: PlainUrl | None = None
    tiers: dict[TierName, Annotated[TierEntry, BeforeValidator(_nothing_is_empty)]] = {}
    matrix: dict[Importance, Cell] = {}
    groups: dict[GroupName, GroupEntry] = {}
    channels: dict[AddressName, AnyChannel] = {}
    services: dict[Name, Annotated[ServiceEntry, BeforeValidator(_nothing_is_empty)]] = {}
    vendors: dict[Name, Annotated[VendorEntry, BeforeValidator(_nothing_is_empty)]] = {}
    classes: dict[AddressName, Annotated[ClassEntry, BeforeValidator(_nothing_is_empty)]] = {}
    environments: dict[Name, Annotated[EnvironmentEntry, BeforeValidator(_nothing_is_empty)]] = {}
    sources: dict[AddressName, SourceEntry] = {}
    tokens: dict[AddressName, TokenEntry] = {}
    labels: LabelsEntry = LabelsEntry()
    incidents: IncidentsEntry = IncidentsEntry()
    rules: list[RuleEntry] = []
    tests: list[dict[str, Any]] = []
