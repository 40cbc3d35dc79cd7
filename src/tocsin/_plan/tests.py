"""A test as a rule file writes it, and what it may not name."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Annotated, Any

from pydantic import Field, PlainValidator, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from tocsin._core.plan import Importance, Language
from tocsin._core.problems import Problem
from tocsin._core.record import Impact
from tocsin._plan.defaults import CLASSES, CONSOLE, SOURCES
from tocsin._plan.entry import Entry, GroupName, TierName
from tocsin._plan.fields import Duration, Moment, Name, Positive
from tocsin._plan.guess import did_you_mean
from tocsin._plan.senders import WrittenValue
from tocsin._plan.sequences import ACTS, DECISION, NoticesExpected, StepEntries, StepEntry, by_shape, misplaced
from tocsin._plan.source import Location, Mapping, Sources, locate, path_of


def _error(message: str) -> PydanticCustomError:
    return PydanticCustomError("value", "{said}", {"said": message})


def _key(value: object) -> object:
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and all(isinstance(part, str) for part in value.values()):
        return dict(value)
    raise _error("must be the key as a text, or its parts, as in {subject: payments, environment: prod}")


def _dropped(value: object) -> object:
    if isinstance(value, (bool, str)):
        return value
    raise _error("must be `true` or `false`, or who drops it (a rule, an environment) or the stated reason")


def _payload(value: object) -> object:
    if isinstance(value, (dict, list)):
        return value
    raise _error("must be a mapping or a list, as the source posts it in JSON")


_ABOUT = ("alert", "payload", "alerts")
_LIST = "notices are expected, as in `[{at: 0m, event: opened}, {at: 5m, silent: true}]`"
_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
IncidentKey = Annotated[Any, PlainValidator(_key), WithJsonSchema({"anyOf": [{"type": "string"}, _TEXTS]})]
DroppedBy = Annotated[Any, PlainValidator(_dropped), WithJsonSchema({"type": ["boolean", "string"]})]

Payload = Annotated[Any, PlainValidator(_payload), WithJsonSchema({"type": ["object", "array"]})]


class AlertEntry(Entry):
    """The alert of a test, as a Prometheus posts it."""

    labels: Annotated[dict[Name, WrittenValue], Field(min_length=1)]
    """The alert's labels; at least one."""
    annotations: dict[Name, WrittenValue] = {}
    """The alert's annotations."""


class ExpectEntry(Entry):
    """What a test expects; what it does not name may be anything."""

    rule: str | None = None
    """The rule that decides, or drops; `''` for none."""
    class_: Annotated[Name | None, Field(alias="class")] = None
    """The class: one of `classes`, shipped or your own, or `other`."""
    subtype: str | None = None
    """The subtype; `''` for none."""
    tier: TierName | None = None
    """The tier: `high`, `medium` or `low`."""
    impact: Impact | None = None
    """The impact: `wide`, `partial` or `narrow`."""
    importance: Importance | None = None
    """The importance of its service: `core`, `important` or `supporting`."""
    outage: bool | None = None
    """Whether the service itself is down."""
    groups: list[GroupName] | None = None
    """The groups that are told of the opening, in any order."""
    channels: list[Name] | None = None
    """The channels that carry it, in any order."""
    language: dict[GroupName, Language] | None = None
    """The language in which these groups are told: `en` or `zh` each."""
    rto: Positive | None = None
    """The recovery time."""
    wait: Duration | None = None
    """How long it waits before it is told."""
    service: str | None = None
    """The service; `''` for none."""
    environment: str | None = None
    """The environment."""
    location: str | None = None
    """The location; `''` for none."""
    vendor: str | None = None
    """The vendor; `''` for none."""
    incident_key: IncidentKey = None
    """The incident key, as one text or part by part."""
    title: str | None = None
    """The incident's title, in the plan's language."""
    dropped: DroppedBy = None
    """`true`, or which rule, environment or heartbeat drops it, or the reason it states; `false`: it is not dropped."""


class TrialEntry(Entry):
    """One test: an alert, a payload or alerts in time, and what is expected of the plan."""

    name: Name
    """By which reports speak of the test; required, and unique."""
    alert: AlertEntry | None = None
    """The alert."""
    source: Name = "prometheus"
    """The source that posts it; `prometheus` if left out."""
    payload: Payload = None
    """In place of `alert`: what the source posts, as YAML; it must hold exactly one alert."""
    alerts: StepEntries | None = None
    """In place of `alert`: what is heard of alerts, and what people do, in the course of time, step by step."""
    at: Moment | None = None
    """When it is received, or the steps begin; `2026-01-01T00:00:00Z` if left out."""
    expect: Annotated[Annotated[ExpectEntry, Tag(DECISION)] | NoticesExpected, by_shape]
    """The parts of the decision that must be so, at least one; with `alerts`, a list of notices."""


def misnamed(tests: dict[int, TrialEntry], root: Mapping, sources: Sources) -> Iterator[Problem]:
    """Problems of sound tests: names that do not exist, and what does not go together."""
    first: dict[str, int] = {}
    known = _known(root)
    for index, test in tests.items():
        for location, message in (*_names(index, test, known), *_shape(index, root), *_in_time(index, test, root)):
            yield sources.problem(locate(root, location), message, path=path_of(root, location))
        if test.name in first:
            there = locate(root, ("tests", first[test.name], "name"))
            at: Location = ("tests", index, "name")
            message = f"the test `{test.name}` is defined twice; the first is at {there.exactly}"
            yield sources.problem(locate(root, at), message, path=path_of(root, at))
        first.setdefault(test.name, index)


def _shape(index: int, root: Mapping) -> Iterator[tuple[Location, str]]:
    """By what is written, sound or not, so that one mistake is one problem."""
    tests = root["tests"]
    test = tests[index] if isinstance(tests, list) else None
    if not isinstance(test, Mapping):
        return
    if sum(key in test for key in _ABOUT) != 1:
        yield ("tests", index), "a test has either an `alert`, a `payload` or `alerts` in time; write one of them"
    elif "alerts" in test and not isinstance(test["expect"], list):
        yield ("tests", index, "expect"), f"of `alerts` in time, {_LIST}"
    elif "alerts" not in test and isinstance(test["expect"], list):
        yield ("tests", index, "expect"), "of one alert, parts of the decision are expected, as in `{tier: high}`"
    elif not test["expect"]:
        yield ("tests", index, "expect"), "nothing is expected; name at least one part of the decision"


def _in_time(index: int, test: TrialEntry, root: Mapping) -> Iterator[tuple[Location, str]]:
    tests = root["tests"]
    written = tests[index] if isinstance(tests, list) else None
    if isinstance(written, Mapping) and test.alerts is not None and isinstance(test.expect, list):
        yield from misplaced(("tests", index), test.alerts, test.expect, written)
        yield from _for_nobody(("tests", index, "alerts"), test.alerts, root)


def _for_nobody(at: Location, steps: list[StepEntry], root: Mapping) -> Iterator[tuple[Location, str]]:
    """Acts for groups of which the plan lists nobody, though it lists people."""
    people = root.get("people")
    entries = people.values() if isinstance(people, Mapping) else ()
    listed = [each.get("groups") if isinstance(each, Mapping) else None for each in entries]
    if not listed or not all(isinstance(groups, list) for groups in listed):
        return  # none are listed, or not soundly
    groups = {str(group) for groups in listed if isinstance(groups, list) for group in groups}
    for index, step in enumerate(steps):
        for act in ACTS:
            group = getattr(step, act)
            if group is not None and group not in groups:
                yield (
                    (*at, index, act),
                    f"nobody among the plan's `people` is of the group `{group}`, so nobody does this",
                )


def _known(root: Mapping) -> dict[str, dict[str, None]]:
    """The names that exist, sound or not."""
    rules = root.get("rules")
    names = (rule.get("name") for rule in rules if isinstance(rule, Mapping)) if isinstance(rules, list) else ()
    return {
        "rule": dict.fromkeys(map(str, names)),
        "class": _section(root, "classes", CLASSES),
        "vendor": _section(root, "vendors"),
        "channel": _section(root, "channels", (CONSOLE,)),
        "environment": _section(root, "environments"),
        "source": _section(root, "sources", SOURCES),
    }


def _names(index: int, test: TrialEntry, known: dict[str, dict[str, None]]) -> Iterator[tuple[Location, str]]:
    expect, at = test.expect, ("tests", index, "expect")
    named: list[tuple[Location, str, str | None]] = [(("tests", index, "source"), "source", test.source)]
    if isinstance(expect, ExpectEntry):
        named += [
            ((*at, "rule"), "rule", expect.rule),
            ((*at, "class"), "class", expect.class_),
            ((*at, "vendor"), "vendor", expect.vendor),
        ]
        if known["environment"]:
            named.append(((*at, "environment"), "environment", expect.environment))
        named += [((*at, "channels", place), "channel", name) for place, name in enumerate(expect.channels or ())]
    for location, what, name in named:
        if name and name not in known[what]:
            yield location, f"there is no {what} `{name}`{did_you_mean(name, known[what])}"


def _section(root: Mapping, section: str, also: Collection[str] = ()) -> dict[str, None]:
    entries = root.get(section)
    return dict.fromkeys([*(entries if isinstance(entries, Mapping) else ()), *also])
