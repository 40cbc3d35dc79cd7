"""The plan as values: what the rule files say, checked and with every reference resolved.

Immutable. A reload builds a new ``Plan`` and swaps one reference. ``tocsin.plan.load`` makes one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal
from zoneinfo import ZoneInfo

from tocsin._core.calendar import Calendar
from tocsin._core.matcher import Matcher
from tocsin._core.model import Text, Tier
from tocsin._core.pattern import Pattern, TextPattern
from tocsin._core.people import Person, Team
from tocsin._core.record import Impact
from tocsin._core.secret import Secret
from tocsin._core.source import Source
from tocsin._core.times import DAY, HOUR, MINUTE, Millis
from tocsin._core.trial import PlanTest
from tocsin._core.watch import Heartbeat, Stage, Watchdog

Language = Literal["en", "zh"]
Tell = Literal["all", "listed", "lead"]
Details = Literal["full", "summary"]
Importance = Literal["core", "important", "supporting"]

GROUPS = ("command", "technical", "business", "legal", "data")
"""The five role groups, in the plan's order."""

VENDOR = "vendor"
"""What stands in the place of a group's name where an incident's vendor is told."""

EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class TierPolicy:
    """A tier's clocks and audience. ``None`` means that the clock does not exist for it.

    ``deliver_within`` is how long a group's channels have to accept a notice; ``digest`` the minutes after midnight at
    which a day's notices are sent together. Outside ``calendar`` (``""`` is always)
    no clock runs but those of the recovery time and the SLA."""

    rto: Millis
    wait: Millis
    tell: Tell
    ack_within: Millis | None = None
    update_every: Millis | None = None
    auto_restore: Millis | None = None
    deliver_within: Millis | None = None
    digest: int | None = None
    calendar: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A role group and its channels, by name; ``when`` is a calendar, ``""`` is always. They carry notices for which
    all of ``match`` hold, and call the people of ``mention`` by name."""

    name: str
    title: Text
    channels: tuple[str, ...]
    fallback: tuple[str, ...] = ()
    when: str = ""
    language: Language | None = None
    timezone: ZoneInfo | None = None
    details: Details = "full"
    match: tuple[Matcher, ...] = ()
    mention: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rate:
    """How much a channel takes: ``number`` messages within ``per``."""

    number: int
    per: Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel. ``settings`` are its kind's own keys (``url`` and so on), secrets as ``Secret``; ``rate`` is its own,
    ``None`` for its kind's. It carries notices for which all of ``match`` hold, and calls the people of ``mention`` by
    name."""

    name: str
    type: str
    settings: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    rate: Rate | None = None
    when: str = ""
    language: Language | None = None
    timezone: ZoneInfo | None = None
    match: tuple[Matcher, ...] = ()
    mention: tuple[str, ...] = ()

    @property
    def is_record(self) -> bool:
        """Whether it only keeps what is told, so that nobody reads it now: no group has been told by it."""
        return self.type == "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service of the catalogue."""

    name: str
    importance: Importance | None = None
    rto: Millis | None = None
    sla_limit: Millis | None = None
    vendor: str = ""
    location: str = ""
    business_lines: tuple[str, ...] = ()
    customer_groups: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    match: tuple[Matcher, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """A contractor or third party, and what its contract promises; its clocks run only within ``calendar``. It is told
    of its incidents on ``channels``, if it has any."""

    name: str
    title: Text
    kind: str = ""
    contract: str = ""
    ack_within: Millis | None = None
    rto: Millis | None = None
    calendar: str = ""
    channels: tuple[str, ...] = ()
    language: Language | None = None
    timezone: ZoneInfo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentClass:
    """A class of incidents: who leads, who is told beside, and how its alerts join."""

    name: str
    title: Text
    lead: str = "technical"
    also: tuple[str, ...] = ()
    outage: bool = False
    operational: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """An environment. ``match_any`` holds alternatives, each of matchers that must all hold."""

    name: str
    match: tuple[Matcher, ...] = ()
    match_any: tuple[tuple[Matcher, ...], ...] = ()
    max_tier: Tier | None = None
    drop: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token: what its bearer may do (ingest, read, act), and the one source it may post to, if it is bound.

    It is a program's, or with ``is_person`` that of the person of this name."""

    name: str
    may: frozenset[str]
    token: Secret
    source: str | None = None
    is_person: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTemplate:
    """A text in the place of a shipped one, for an event, a group and a language; ``""`` is every one of them.

    ``subject`` and ``text`` are templates, ``""`` where the shipped one stays."""

    place: str
    event: str = ""
    group: str = ""
    language: str = ""
    subject: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule. A field that is ``None`` is not set by it. ``until`` ends a ``drop``; ``place`` is ``file:line``."""

    name: str
    place: str
    match: tuple[Matcher, ...] = ()
    match_any: tuple[tuple[Matcher, ...], ...] = ()
    class_: str | None = None
    subtype: str | None = None
    impact: Impact | None = None
    tier: Tier | None = None
    max_tier: Tier | None = None
    outage: bool | None = None
    service: str | None = None
    vendor: str | None = None
    title: TextPattern | None = None
    links: Mapping[str, Pattern] | None = None
    wait: Millis | None = None
    rto: Millis | None = None
    incident_by: tuple[str, ...] | None = None
    drop: str | None = None
    until: Millis | None = None
    continue_: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSettings:
    """Quiet until it counts as cleared, until when it reopens, how far back it may start, how long it is kept."""

    settle: Millis = 5 * MINUTE
    reopen_within: Millis = 4 * HOUR
    backdate: Millis = HOUR
    retention: Millis = 400 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The whole plan. ``labels`` maps service, environment and location to the labels that may hold them, in order."""

    hash: str
    language: Language
    timezone: ZoneInfo
    external_url: str
    tiers: Mapping[Tier, TierPolicy]
    matrix: Mapping[Importance, Mapping[Impact, Tier]]
    groups: Mapping[str, Group]
    channels: Mapping[str, Channel]
    services: Mapping[str, Service]
    vendors: Mapping[str, Vendor]
    classes: Mapping[str, IncidentClass]
    environments: Mapping[str, Environment]
    sources: Mapping[str, Source]
    labels: Mapping[str, tuple[str, ...]]
    incidents: IncidentSettings
    rules: tuple[Rule, ...]
    calendars: Mapping[str, Calendar] = field(default_factory=lambda: EMPTY)
    tokens: Mapping[str, Token] = field(default_factory=lambda: EMPTY)
    people: Mapping[str, Person] = field(default_factory=lambda: EMPTY)
    teams: Mapping[str, Team] = field(default_factory=lambda: EMPTY)
    escalation: Mapping[Tier, tuple[Stage, ...]] = field(default_factory=lambda: MappingProxyType({}))
    heartbeats: Mapping[str, Heartbeat] = field(default_factory=lambda: EMPTY)
    watchdog: Watchdog | None = None
    templates: tuple[TextTemplate, ...] = ()
    tests: tuple[PlanTest, ...] = ()
