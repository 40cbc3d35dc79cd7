"""Every key of a rule file: what may stand where. Names of other things are checked later, in ``references``.

One model per kind of entry. ``later`` lists keys that the contract keeps for versions to come: a plan that
uses one is refused with words of its own, since a plan must never be ignored in part.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from tocsin._core.plan import Details, Impact, Importance, Language, Tell
from tocsin._core.secret import Secret
from tocsin._plan.fields import (
    AddressName,
    Duration,
    Expires,
    Header,
    HeaderName,
    Label,
    Matchers,
    Name,
    Plain,
    PlainUrl,
    Positive,
    SecretText,
    Title,
    Until,
    Url,
    Zone,
)

GroupName = Literal["command", "technical", "business", "legal", "data"]
TierName = Literal["high", "medium", "low"]
Permission = Literal["ingest", "read", "act"]
SourceType = Literal["prometheus", "alertmanager"]


class Entry(BaseModel):
    """What all entries share: strict, and no key that nobody reads."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, arbitrary_types_allowed=True)
    later: ClassVar[frozenset[str]] = frozenset()


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


class ChannelEntry(Entry):
    """What every channel may have; each type adds its own settings."""

    later = frozenset({"match", "when", "mention", "details"})
    language: Language | None = None
    timezone: Zone | None = None

    def settings(self) -> dict[str, Any]:
        """The settings of the type alone, those that were given."""
        own = type(self).model_fields.keys() - ChannelEntry.model_fields.keys() - {"type"}
        given = {name: getattr(self, name) for name in sorted(own)}
        return {name: value for name, value in given.items() if value is not None}


class ConsoleChannel(ChannelEntry):
    """Prints to standard output; nothing to set."""

    type: Literal["console"]


_OURS = frozenset(
    {"accept-encoding", "connection", "content-length", "content-type", "host", "idempotency-key"}
    | {"transfer-encoding", "webhook-id", "webhook-signature", "webhook-timestamp"}
)


def _settable(headers: dict[str, str | Secret]) -> dict[str, str | Secret]:
    for name in headers:
        if name.lower() in _OURS:
            raise PydanticCustomError("value", "{said}", {"said": f"cannot set `{name}`, which Tocsin sets itself"})
    return headers


class WebhookChannel(ChannelEntry):
    """Posts notices to an address."""

    type: Literal["webhook"]
    url: Url
    secret: SecretText | None = None
    timeout: Positive | None = None
    headers: Annotated[dict[HeaderName, Header], AfterValidator(_settable)] | None = None


AnyChannel = Annotated[WebhookChannel | ConsoleChannel, Field(discriminator="type")]


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


class SourceEntry(Entry):
    """A source of alerts. ``type`` may be left out where the name is a type."""

    type: SourceType | None = None
    replica_labels: list[Label] | None = None
    labels: dict[Label, Plain] = {}
    expires: Expires | None = None


class TokenEntry(Entry):
    """A program's token and what it opens."""

    may: Annotated[list[Permission], Field(min_length=1)]
    token: SecretText
    source: Name | None = None


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
