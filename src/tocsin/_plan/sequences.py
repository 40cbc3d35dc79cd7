"""A test in time as a rule file writes it: steps of alerts and people, and the notices that are expected of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from tocsin._core.events import Event
from tocsin._core.times import DAY, Millis, format_duration
from tocsin._core.trial import Does, PlanNotice, PlanStep
from tocsin._plan.entry import Entry, GroupName
from tocsin._plan.fields import Duration, Name
from tocsin._plan.senders import WrittenValue
from tocsin._plan.source import Location, Mapping

LONGEST: Millis = 7 * DAY
"""How much time a test may be about: reloads wait for the tests."""

DOES: tuple[Does, ...] = get_args(Does)
HEARD, ACTS = DOES[:3], DOES[3:]
"""What is heard of alerts, and what people do."""

DECISION, NOTICES = "decision", "notices"
EXPECT_TAGS = frozenset({DECISION, NOTICES})


def _only_true(value: object) -> object:
    if value is not True:
        raise PydanticCustomError("value", "{said}", {"said": "must be `true`; take it out where somebody is told"})
    return value


Silent = Annotated[Literal[True], BeforeValidator(_only_true)]
Labels = Annotated[dict[Name, WrittenValue], Field(min_length=1)]


class StepEntry(Entry):
    """One step: when, and what is heard of the alert with which labels, or for which group somebody does what."""

    at: Duration
    """When, counted from the beginning of the test; required."""
    fire: Labels | None = None
    """The labels of an alert that fires from now on, and is repeated as its source does."""
    resolve: Labels | None = None
    """The labels of an alert that ends."""
    lose: Labels | None = None
    """The labels of an alert that is heard of now for the last time, and never resolved."""
    acknowledge: GroupName | None = None
    """The group for which somebody acknowledges the incident."""
    contain: GroupName | None = None
    """The group for which somebody says that it spreads no further."""
    update: GroupName | None = None
    """The group for which somebody tells how it stands."""
    restore: GroupName | None = None
    """The group for which somebody says that the service is back, as of then."""
    close: GroupName | None = None
    """The group for which somebody closes the incident."""
    of: Labels | None = None
    """With what people do: the labels of an alert whose incident is meant; needed where several are open."""


class NoticeEntry(Entry):
    """One notice that is expected, or none."""

    at: Duration
    """When, counted from the beginning of the test; required."""
    event: Event | None = None
    """The event that is told by then."""
    groups: list[GroupName] | None = None
    """The groups that are told of it, in any order."""
    reason: str | None = None
    """Its reason; `''` for none."""
    silent: Silent | None = None
    """`true` in place of `event`: nobody is told of anything until then."""


StepEntries = Annotated[list[StepEntry], Field(min_length=1, max_length=1000)]
NoticeEntries = Annotated[list[NoticeEntry], Field(min_length=1)]


def _tag(value: Any) -> str:
    return NOTICES if isinstance(value, list) else DECISION


by_shape = Discriminator(_tag)
"""Tells notices, which are a list, from parts of one decision."""

NoticesExpected = Annotated[NoticeEntries, Tag(NOTICES)]


def steps_of(entries: list[StepEntry]) -> tuple[PlanStep, ...]:
    """The steps as values."""
    return tuple(
        PlanStep(at=entry.at, does=does, labels=said)
        if does in HEARD
        else PlanStep(at=entry.at, does=does, group=said, labels=entry.of or {})
        for entry in entries
        for does in DOES
        if (said := getattr(entry, does)) is not None
    )


def notices_of(entries: list[NoticeEntry]) -> tuple[PlanNotice, ...]:
    """The notices expected, as values."""
    return tuple(
        PlanNotice(
            at=entry.at,
            event=entry.event,
            groups=None if entry.groups is None else frozenset(entry.groups),
            reason=entry.reason,
        )
        for entry in entries
    )


Found = Iterator[tuple[Location, str]]


def misplaced(at: Location, steps: list[StepEntry], notices: list[NoticeEntry], written: Mapping) -> Found:
    """What is wrong in steps and notices that are sound by themselves; ``at`` is the location of their test."""
    yield from _shapes((*at, "alerts"), written["alerts"], DOES, "a step")
    yield from _shapes((*at, "expect"), written["expect"], ("event", "silent"), "what is expected")
    yield from _order((*at, "alerts"), [step.at for step in steps])
    yield from _order((*at, "expect"), [notice.at for notice in notices])
    yield from _silence((*at, "expect"), notices)
    yield from _of_nothing_done((*at, "alerts"), steps)
    yield from _never_fired((*at, "alerts"), steps)
    last = notices[-1].at
    for index, step in enumerate(steps):
        if step.at > last:
            message = f"nothing is expected after this step; the last that is expected is at {format_duration(last)}"
            yield (*at, "alerts", index, "at"), message
            return


def _shapes(at: Location, written: object, keys: tuple[str, ...], what: str) -> Found:
    """By what is written, so that each has exactly one of the keys."""
    for index, entry in enumerate(written if isinstance(written, list) else ()):
        if isinstance(entry, Mapping) and sum(key in entry for key in keys) != 1:
            named = f"{', '.join(f'`{key}`' for key in keys[:-1])} or `{keys[-1]}`"
            yield (*at, index), f"{what} has exactly one of {named}; write one of them"


def _order(at: Location, offsets: list[Millis]) -> Found:
    before = 0
    for index, offset in enumerate(offsets):
        place = (*at, index, "at")
        if offset > LONGEST:
            yield place, f"a test is about {format_duration(LONGEST)} at most"
        if offset < before:
            yield place, f"this is earlier than what stands above it ({format_duration(before)}); put them in order"
        before = max(before, offset)


def _silence(at: Location, notices: list[NoticeEntry]) -> Found:
    for index, notice in enumerate(notices):
        if not notice.silent:
            continue
        for key in ("groups", "reason"):
            if getattr(notice, key) is not None:
                yield (*at, index, key), f"where nobody is told there is no `{key}`; take it out"
        if sum(other.at == notice.at for other in notices) > 1:
            yield (*at, index, "silent"), f"something else is also expected at {format_duration(notice.at)}"


def _of_nothing_done(at: Location, steps: list[StepEntry]) -> Found:
    for index, step in enumerate(steps):
        if step.of is not None and any(getattr(step, does) is not None for does in HEARD):
            yield (*at, index, "of"), "`of` goes with what people do; the labels of an alert stand below what it does"


def _never_fired(at: Location, steps: list[StepEntry]) -> Found:
    fired: set[frozenset[tuple[str, str]]] = set()
    for index, step in enumerate(steps):
        for key in (*HEARD, "of"):
            labels = getattr(step, key)
            if key == "fire" and labels:
                fired.add(frozenset(labels.items()))
            elif labels and frozenset(labels.items()) not in fired:
                yield (*at, index, key), "no alert with exactly these labels fires before; write them as they fire"
