"""Every key of a rule file: what may stand where. Names of other things are checked later, in ``references``.

One model per kind of entry. ``later`` lists keys that the contract keeps for versions to come: a plan that
uses one is refused with words of its own, since a plan must never be ignored in part.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tocsin._core.plan import Details, Importance, Language, Tell
from tocsin._core.record import Impact
from tocsin._plan.calendars import CalendarEntry
from tocsin._plan.channels import AnyChannel
from tocsin._plan.entry import Entry, GroupName, MayBeEmpty, TierName
from tocsin._plan.escalation import StageEntry
from tocsin._plan.fields import (
    AddressName,
    ClassKey,
    Duration,
    Label,
    Matchers,
    Name,
    Plain,
    PlainUrl,
    Positive,
    SourceKey,
    Title,
    Zone,
)
from tocsin._plan.http_channel import Proxy
from tocsin._plan.matching import NoticeMatchers
from tocsin._plan.people import PersonEntry, PersonName, TeamEntry
from tocsin._plan.quantities import TimeOfDay
from tocsin._plan.rules import RuleEntry
from tocsin._plan.senders import AnySource, TokenEntry
from tocsin._plan.templates import TemplateEntry
from tocsin._plan.tests import TrialEntry
from tocsin._plan.watching import HeartbeatEntry, WatchdogEntry


class TierEntry(Entry):
    """A tier's clocks and audience; what is left out keeps its default, ``null`` turns a clock off."""

    rto: Positive | None = None
    """The recovery time required; at most 4h for high and 24h for medium."""
    wait: Duration | None = None
    """How long an incident waits before it is told; if all is over by then, nobody is."""
    ack_within: Positive | None = None
    """By when the lead group or command should have acknowledged it; then the stages of `escalation` are told."""
    update_every: Positive | None = None
    """How often news is due."""
    tell: Tell | None = None
    """Who is told: `all` five groups; `listed`: the class's lead, its `also`, and command; `lead` alone."""
    auto_restore: Positive | None = None
    """Quiet for so long, an incident is restored and closed by itself; never for high."""
    deliver_within: Positive | None = None
    """How long a group's channels have to accept a notice, before its fallback is told."""
    digest: TimeOfDay | None = None
    """When the notices of its incidents are sent, as one message a day, such as `'09:00'`; left out, at once."""
    calendar: Name | None = None
    """When its clocks run, all but those of the recovery time and the SLA, one of `calendars`; left out, always."""


class GroupEntry(Entry):
    """A role group and the channels that reach it."""

    title: Title | None = None
    """The group's name for people."""
    channels: Annotated[list[Name], Field(min_length=1)]
    """Names of the channels that each get all of the group's notices; at least one."""
    fallback: list[Name] = []
    """Channels that are told when all of those have failed or none accepted in time."""
    match: list[NoticeMatchers] = []
    """Matchers over what a notice is about, which must all hold; of other notices its fallback is told."""
    mention: list[PersonName] = []
    """Some of `people`, whom messages for it call by name where somebody is wanted at once."""
    when: Name | None = None
    """When its channels are told, one of `calendars`; at other times its fallback is."""
    language: Language | None = None
    """The language of its notices, where it differs from the plan's: `en` or `zh`."""
    timezone: Zone | None = None
    """The time zone of times in its notices, where it differs from the plan's."""
    details: Details | None = None
    """`full` (command, technical, data), or `summary` (business, legal) without alerts, labels and host names."""


class ServiceEntry(Entry):
    """A service of the catalogue."""

    importance: Importance | None = None
    """How much it matters: `core`, `important` or `supporting`; unknown is graded as core."""
    rto: Positive | None = None
    """Recovery time; binds in an outage."""
    sla_limit: Positive | None = None
    """How long an outage may last by contract."""
    vendor: Name | None = None
    """Who runs it: one of `vendors`."""
    location: Plain | None = None
    """Where it runs, if its alerts do not say."""
    business_lines: list[Plain] = []
    """What an outage of it touches."""
    customer_groups: list[Plain] = []
    """What an outage of it touches."""
    datasets: list[Plain] = []
    """What an outage of it touches."""
    teams: list[Name] = []
    """Teams whose channels are told of it in place of their group's: some of `teams`."""
    match: list[Matchers] = []
    """Matchers that must all hold, for alerts that name no known service; a label with its name matches by itself."""


class VendorEntry(Entry):
    """A contractor or third party."""

    title: Title | None = None
    """The name for people."""
    kind: Plain | None = None
    """What it is to you, in your words."""
    contract: Plain | None = None
    """The contract's number."""
    ack_within: Positive | None = None
    """How soon it answers, by contract."""
    rto: Positive | None = None
    """Its recovery time, by contract; binds in an outage."""
    calendar: Name | None = None
    """When its contract's clocks run, one of `calendars`; left out, always."""
    channels: Annotated[list[Name], Field(min_length=1)] | None = None
    """Channels of its own, on which it is told of its part of an incident that it answers for; left out, it is not."""
    language: Language | None = None
    """The language of its notices, where it differs from the plan's: `en` or `zh`."""
    timezone: Zone | None = None
    """The time zone of times in its notices, where it differs from the plan's."""


class ClassEntry(Entry):
    """A class of incidents; what is left out keeps the shipped class's value, or the default."""

    title: Title | None = None
    """The name for people."""
    lead: GroupName | None = None
    """The group that leads."""
    also: list[GroupName] | None = None
    """Groups that are told too, when a tier tells `listed`."""
    outage: bool | None = None
    """The service itself is down: its and its vendor's recovery times bind."""
    operational: bool | None = None
    """Its alerts join other operational ones about the same subject."""


class EnvironmentEntry(Entry):
    """An environment and how it is known."""

    match: list[Matchers] = []
    """Matchers that must all hold."""
    match_any: list[Matchers] = []
    """Matchers of which one must hold."""
    max_tier: TierName | None = None
    """No incident here is above this tier: `high`, `medium` or `low`."""
    drop: Plain | None = None
    """The reason why nothing here is watched: its alerts are dropped, and counted."""


class LabelsEntry(Entry):
    """Where the plan's words are found in an alert's labels."""

    service: list[Label] | None = None
    """Labels that may hold the service."""
    environment: list[Label] | None = None
    """Labels that may hold the environment."""
    location: list[Label] | None = None
    """Labels that may hold the location."""


class IncidentsEntry(Entry):
    """How incidents end, come back and are kept."""

    settle: Duration | None = None
    """Quiet for so long, one that fired again counts as cleared."""
    reopen_within: Duration | None = None
    """Firing again within this time is the same incident."""
    backdate: Duration | None = None
    """How far before its first alert came in an incident may have started."""
    retention: Positive | None = None
    """How long a closed one is kept."""


Cell = dict[Impact, TierName]


class PlanFile(Entry):
    """All files of a plan, joined."""

    later = frozenset({"maintenance", "silences", "inhibit", "obligations"})
    language: Language | None = None
    """The language of notices: `en` (the default) or `zh`."""
    timezone: Zone | None = None
    """The time zone of times in notices, and of days in `until`; an IANA name, `UTC` by default."""
    external_url: PlainUrl | None = None
    """Where people reach Tocsin; notices have links only with it."""
    proxy: Proxy | None = None
    """The HTTP proxy by which channels and `watchdog` are reached; left out, none, whatever the environment says."""
    tiers: dict[TierName, Annotated[TierEntry, MayBeEmpty()]] = {}
    """The clocks and the audience of each tier; what is not written keeps its default."""
    matrix: dict[Importance, Cell] = {}
    """From the importance of a service and the impact to the tier; what is not written keeps its default."""
    escalation: dict[TierName, list[StageEntry]] = {}
    """Who is told further of what nobody takes up, stage by stage; a tier that is listed has these stages alone."""
    groups: dict[GroupName, GroupEntry] = {}
    """The five role groups and their channels: all of them, or none for the console."""
    teams: dict[Name, TeamEntry] = {}
    """Those of a group who look after some services: their channels are told of these in place of the group's."""
    people: dict[PersonName, PersonEntry] = {}
    """Who may act; while none are listed, anybody may who gives a name."""
    channels: dict[AddressName, AnyChannel] = {}
    """How groups are reached, by names of your choice."""
    calendars: dict[Name, CalendarEntry] = {}
    """When channels and groups are told, and clocks run: working hours, holidays, nights."""
    services: dict[Name, Annotated[ServiceEntry, MayBeEmpty()]] = {}
    """The catalogue of what runs: it enriches alerts, grades them and sets the clocks."""
    vendors: dict[Name, Annotated[VendorEntry, MayBeEmpty()]] = {}
    """Contractors and third parties that services depend on."""
    classes: dict[ClassKey, Annotated[ClassEntry, MayBeEmpty()]] = {}
    """Classes of incidents: the shipped ones changed, or further ones."""
    environments: dict[Name, Annotated[EnvironmentEntry, MayBeEmpty()]] = {}
    """Where things run: the first that matches an alert, else the first listed."""
    sources: dict[SourceKey, AnySource] = {}
    """Who posts alerts; `prometheus` and `alertmanager` always exist."""
    tokens: dict[AddressName, TokenEntry] = {}
    """Programs that may use the API; once there is one, every request but those for health needs one."""
    heartbeats: dict[AddressName, HeartbeatEntry] = {}
    """What must be heard again and again; its silence is an incident."""
    watchdog: WatchdogEntry | None = None
    """Our own sign of life, for somebody else's dead man's switch."""
    labels: LabelsEntry = LabelsEntry()
    """Where the plan's words are found in an alert's labels: the first that is there."""
    incidents: IncidentsEntry = IncidentsEntry()
    """How incidents end, come back and are kept."""
    templates: list[TemplateEntry] = []
    """Texts of your own in the place of the shipped ones."""
    rules: list[RuleEntry] = []
    """Which alerts mean what, in order: the first that matches decides."""
    tests: list[TrialEntry] = []
    """What is expected of the rules, beside them."""
