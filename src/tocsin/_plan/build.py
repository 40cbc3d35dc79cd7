"""Sound entries → the immutable ``Plan``, with defaults filled in and every text of the files as a value."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from tocsin._core.expression import Expression
from tocsin._core.matcher import Matcher
from tocsin._core.model import Text, Tier
from tocsin._core.plan import (
    GROUPS,
    Channel,
    Environment,
    Group,
    IncidentClass,
    IncidentSettings,
    Plan,
    Rule,
    Service,
    TierPolicy,
    Token,
    Vendor,
)
from tocsin._core.source import Source, SourceMapping, StatusMapping
from tocsin._core.times import Millis, end_of
from tocsin._core.trial import PlanTest
from tocsin._core.watch import Stage
from tocsin._plan import defaults
from tocsin._plan.calendars import calendar
from tocsin._plan.entry import Entry
from tocsin._plan.escalation import listed, unlisted
from tocsin._plan.http_channel import settings_of
from tocsin._plan.people import people, teams
from tocsin._plan.rules import RuleEntry
from tocsin._plan.schema import ClassEntry, PlanFile, ServiceEntry
from tocsin._plan.senders import WHOLE, AnySource, MappingEntry, StatusEntry
from tocsin._plan.sequences import notices_of, steps_of
from tocsin._plan.templates import templates
from tocsin._plan.tests import ExpectEntry, TrialEntry
from tocsin._plan.watching import heartbeat, watchdog

_Value = TypeVar("_Value")
UTC = ZoneInfo("UTC")


def build(entries: PlanFile, placed: Mapping[str, Iterable[tuple[str, Any]]], digest: str) -> Plan:
    """Make the plan; ``placed`` are the entries of lists by section, in order, each with its place (``file:line``)."""
    timezone = entries.timezone or UTC
    groups = _groups(entries)
    tiers = {tier: tier_policy(entries, tier) for tier in defaults.TIERS}
    return Plan(
        hash=digest,
        language=entries.language or "en",
        timezone=timezone,
        external_url=entries.external_url or "",
        tiers=_frozen(tiers),
        matrix=_frozen({row: _frozen(_row(entries, row)) for row in defaults.MATRIX}),
        escalation=_frozen({tier: _stages(entries, tier, policy) for tier, policy in tiers.items()}),
        groups=_frozen(groups),
        teams=_frozen(teams(entries.teams)),
        people=_frozen(people(entries.people)),
        channels=_frozen(_channels(entries, groups)),
        calendars=_frozen({name: calendar(name, entry, timezone) for name, entry in entries.calendars.items()}),
        services=_frozen({name: _service(name, entry) for name, entry in entries.services.items()}),
        vendors=_frozen(
            {
                name: Vendor(
                    name=name, **_given(entry, title=Text(name, name)) | {"channels": tuple(entry.channels or ())}
                )
                for name, entry in entries.vendors.items()
            }
        ),
        classes=_frozen(_classes(entries.classes)),
        environments=_frozen(_environments(entries)),
        sources=_frozen(_sources(entries.sources, timezone)),
        tokens=_frozen(
            {
                name: Token(name=name, may=frozenset(entry.may), token=entry.token, source=entry.source)
                for name, entry in entries.tokens.items()
            }
        ),
        heartbeats=_frozen({name: heartbeat(name, entry) for name, entry in entries.heartbeats.items()}),
        watchdog=watchdog(entries.watchdog, entries.proxy),
        labels=_frozen(
            {word: tuple(getattr(entries.labels, word) or ()) for word in defaults.LABELS}
            | {word: names for word, names in defaults.LABELS.items() if getattr(entries.labels, word) is None}
        ),
        incidents=IncidentSettings(**_given(entries.incidents)),
        templates=templates(placed["templates"]),
        rules=tuple(_rule(place, rule, timezone) for place, rule in placed["rules"]),
        tests=tuple(_test(place, test) for place, test in placed["tests"]),
    )


def _frozen(mapping: Mapping[Any, _Value]) -> Mapping[Any, _Value]:
    return MappingProxyType(dict(mapping))


def _given(entry: Entry, **missing: Any) -> dict[str, Any]:
    """The fields of an entry that have a value, and what stands for those that have none."""
    values = {name: getattr(entry, name) for name in type(entry).model_fields}
    return missing | {name: value for name, value in values.items() if value is not None}


def tier_policy(entries: PlanFile, tier: Tier) -> TierPolicy:
    """A clock that is given as nothing is off; what is not given keeps its default."""
    default = defaults.TIERS[tier]
    entry = entries.tiers.get(tier.value)
    fields = ("rto", "wait", "tell", "ack_within", "update_every", "auto_restore", "deliver_within", "digest")
    given = entry.model_fields_set if entry is not None else frozenset()
    values = {field: getattr(entry if field in given else default, field) for field in fields}
    return TierPolicy(**values, calendar=(entry.calendar if entry is not None else None) or "")


def _stages(entries: PlanFile, tier: Tier, policy: TierPolicy) -> tuple[Stage, ...]:
    written = entries.escalation.get(tier.value)
    return unlisted(policy) if written is None else listed(written)


def _row(entries: PlanFile, importance: Any) -> dict[Any, Tier]:
    given = {impact: Tier(tier) for impact, tier in entries.matrix.get(importance, {}).items()}
    return {**defaults.MATRIX[importance], **given}


def _groups(entries: PlanFile) -> dict[str, Group]:
    groups = {}
    for name in GROUPS:
        entry = entries.groups.get(name)  # type: ignore[call-overload]
        given = _given(entry) if entry is not None else {"channels": [defaults.CONSOLE]}
        values: dict[str, Any] = {
            "title": defaults.GROUP_TITLES[name],
            "details": defaults.GROUP_DETAILS[name],
            **given,
            "channels": tuple(given["channels"]),
            "match": _all(entry.match) if entry is not None else (),
            "mention": tuple(given.get("mention", ())),
            "fallback": tuple(given.get("fallback", ())),
        }
        groups[name] = Group(name=name, **values)
    return groups


def _channels(entries: PlanFile, groups: Mapping[str, Group]) -> dict[str, Channel]:
    channels = {
        name: Channel(
            name=name,
            type=entry.type,
            settings=_frozen(settings_of(entry, entries.proxy)),
            match=_all(entry.match),
            mention=tuple(entry.mention),
            rate=entry.rate,
            when=entry.when or "",
            language=entry.language,
            timezone=entry.timezone,
        )
        for name, entry in entries.channels.items()
    }
    used = {name for group in groups.values() for name in (*group.channels, *group.fallback)}
    used |= {name for team in entries.teams.values() for name in team.channels}
    used |= {name for vendor in entries.vendors.values() for name in vendor.channels or ()}
    if defaults.CONSOLE in used and defaults.CONSOLE not in channels:
        channels[defaults.CONSOLE] = Channel(name=defaults.CONSOLE, type="console")
    return channels


def _service(name: str, entry: ServiceEntry) -> Service:
    values = _given(entry)
    for field in ("business_lines", "customer_groups", "datasets", "teams"):
        values[field] = tuple(values[field])
    return Service(name=name, **{**values, "match": _all(entry.match)})


def _classes(entries: Mapping[str, ClassEntry]) -> dict[str, IncidentClass]:
    """The shipped ones, changed where the plan says so, then the plan's own."""
    classes = dict(defaults.CLASSES)
    for name, entry in entries.items():
        own = name.replace("_", " ").capitalize()
        shipped = classes.get(name, IncidentClass(name=name, title=Text(own, own)))
        changed = {field: getattr(shipped, field) for field in ("title", "lead", "also", "outage", "operational")}
        changed |= _given(entry)
        classes[name] = IncidentClass(name=name, **{**changed, "also": tuple(changed["also"])})
    return classes


def _environments(entries: PlanFile) -> dict[str, Environment]:
    return {
        name: Environment(
            name=name,
            match=_all(entry.match),
            match_any=tuple(entry.match_any),
            max_tier=Tier(entry.max_tier) if entry.max_tier else None,
            drop=entry.drop or "",
        )
        for name, entry in entries.environments.items()
    }


def _sources(entries: Mapping[str, AnySource], timezone: ZoneInfo) -> dict[str, Source]:
    sources = {name: Source(name=name, type=name) for name in defaults.SOURCES}
    for name, entry in entries.items():
        settings: dict[str, Any] = {"expires": entry.expires, "type": entry.type or name}
        if entry.replica_labels is not None:
            settings["replica_labels"] = tuple(entry.replica_labels)
        if isinstance(entry, MappingEntry):
            settings["mapping"] = _mapping(entry, timezone)
        else:
            settings["labels"] = _frozen(entry.labels)
        sources[name] = Source(name=name, **settings)
    return sources


def _mapping(entry: MappingEntry, timezone: ZoneInfo) -> SourceMapping:
    return SourceMapping(
        alerts=entry.alerts or Expression.compile("@"),
        labels=_one_or_each(entry.labels),
        annotations=_one_or_each(entry.annotations),
        status=None if entry.status is None else _status(entry.status),
        starts_at=entry.starts_at,
        ends_at=entry.ends_at,
        identity=tuple(entry.identity or ()),
        generator_url=entry.generator_url,
        defaults=_frozen(entry.defaults),
        timezone=entry.timezone or timezone,
    )


def _status(entry: StatusEntry) -> StatusMapping:
    return StatusMapping(
        path=entry.path,
        firing=frozenset(entry.firing or ()),
        resolved=frozenset(entry.resolved or ()),
        default=entry.default,
    )


def _one_or_each(paths: Mapping[str, Expression]) -> Expression | Mapping[str, Expression]:
    return paths[WHOLE] if WHOLE in paths else _frozen(paths)


def _rule(place: str, entry: RuleEntry, timezone: ZoneInfo) -> Rule:
    values = {name: getattr(entry, name) for name in RuleEntry.model_fields}
    values |= {
        "match": _all(entry.match),
        "match_any": tuple(entry.match_any),
        "tier": Tier(entry.tier) if entry.tier else None,
        "max_tier": Tier(entry.max_tier) if entry.max_tier else None,
        "links": None if entry.links is None else _frozen(entry.links),
        "incident_by": tuple(entry.incident_by) if entry.incident_by else None,
        "until": None if entry.until is None else moment(entry.until, timezone),
    }
    return Rule(place=place, **values)


def _test(place: str, entry: TrialEntry) -> PlanTest:
    return PlanTest(
        name=entry.name,
        place=place,
        source=entry.source,
        at=defaults.TESTED_AT if entry.at is None else entry.at,
        labels=_frozen(entry.alert.labels if entry.alert else {}),
        annotations=_frozen(entry.alert.annotations if entry.alert else {}),
        payload=None if entry.payload is None else json.dumps(entry.payload).encode(),
        expect=_frozen(_expected(entry.expect) if isinstance(entry.expect, ExpectEntry) else {}),
        steps=steps_of(entry.alerts or []),
        notices=notices_of(entry.expect) if isinstance(entry.expect, list) else (),
    )


def _expected(entry: ExpectEntry) -> dict[str, Any]:
    """The parts of the decision that are named."""
    expect = {
        ExpectEntry.model_fields[field].alias or field: getattr(entry, field)
        for field in ExpectEntry.model_fields
        if getattr(entry, field) is not None
    }
    return expect | {field: frozenset(expect[field]) for field in ("groups", "channels") if field in expect}


def moment(until: Any, timezone: ZoneInfo) -> Millis:
    """A time, or the end of a day where the plan is at home."""
    return until if isinstance(until, int) else end_of(until, timezone)


def _all(strings: Iterable[tuple[Matcher, ...]]) -> tuple[Matcher, ...]:
    return tuple(matcher for string in strings for matcher in string)
