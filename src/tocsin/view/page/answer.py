"""What the page offers to answer with: a form for each action that the incident takes and this group may do. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tocsin._core.clean import one_line
from tocsin._core.fields import Field
from tocsin._core.local import offset
from tocsin._core.times import SECOND
from tocsin.view.page.form import FIELDS, Posted, fields
from tocsin.view.page.show import Shown

Choices = tuple[tuple[str, str], ...]

LONGEST = {"by": 100, "words": 2000, "line": 200}


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A field of a form. ``kind`` is a ``Field``'s, or ``choice`` where there are ``choices``."""

    name: str
    id: str
    label: str
    hint: str
    kind: str
    value: str
    fault: str
    required: bool
    most: int = 200
    choices: Choices = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """An action's form. ``is_open`` says that it is unfolded at once."""

    action: str
    button: str
    explained: str
    boxes: tuple[Box, ...]
    is_open: bool


def people_of(shown: Shown) -> Choices:
    """The plan's people of the link's groups, by name and by what they are called."""
    people = shown.plan.people.values()
    groups = set(shown.link.groups)
    return tuple((each.name, one_line(each.title.in_(shown.language))) for each in people if groups & set(each.groups))


def nobody_may(shown: Shown) -> bool:
    """Whether the plan lists people, and none of them for the link's groups."""
    return bool(shown.plan.people) and not people_of(shown)


def forms(shown: Shown, allowed: Sequence[str], posted: Posted, faults: Sequence[str]) -> tuple[Form, ...]:
    """The forms, with what was typed before; the one that was sent is among them even if it cannot be taken now."""
    if nobody_may(shown):
        return ()
    asked = shown.asked()
    return tuple(
        Form(
            action=action,
            button=shown.words.buttons[action],
            explained=shown.words.explained[action],
            boxes=_boxes(action, shown, posted, faults if posted.action == action else ()),
            is_open=posted.action == action if posted.action else action in asked,
        )
        for action in FIELDS
        if action == posted.action or (action in allowed and not _is_done(action, shown))
    )


def _is_done(action: str, shown: Shown) -> bool:
    """Whether an answer is there already, so that nobody need give it again."""
    if action == "acknowledge":
        return shown.has_acknowledged
    return action == "contain" and shown.incident.state == "contained"


def _boxes(action: str, shown: Shown, posted: Posted, faults: Sequence[str]) -> tuple[Box, ...]:
    boxes = [_person(action, shown, posted, faults)]
    if len(shown.link.groups) > 1:
        boxes.append(_group(action, shown, posted, faults))
    is_firing = shown.incident.signals == "firing"
    for field in fields(action):
        if field.name == "despite_firing" and not is_firing:
            continue
        boxes.append(_box(action, field, shown, posted, faults))
    return tuple(boxes)


def _person(action: str, shown: Shown, posted: Posted, faults: Sequence[str]) -> Box:
    people = people_of(shown)
    words = shown.words
    fault = words.faults["by.listed" if people else "by"] if "by" in faults else ""
    return Box(
        name="by",
        id=f"{action}-by",
        label=words.fields["by"],
        hint=words.hints["by"],
        kind="choice" if people else "line",
        value=posted.by,
        fault=fault,
        required=True,
        most=LONGEST["by"],
        choices=(("", words.say["choose"]), *people) if people else (),
    )


def _group(action: str, shown: Shown, posted: Posted, faults: Sequence[str]) -> Box:
    words = shown.words
    return Box(
        name="group",
        id=f"{action}-group",
        label=words.fields["group"],
        hint="",
        kind="choice",
        value=posted.group or shown.link.groups[0],
        fault=words.faults["group"] if "group" in faults else "",
        required=True,
        choices=tuple((name, shown.group(name)) for name in shown.link.groups),
    )


def _box(action: str, field: Field, shown: Shown, posted: Posted, faults: Sequence[str]) -> Box:
    words, name = shown.words, field.name
    fault = ""
    if name in faults:
        fault = words.faults.get(name, words.faults[""]).format(start=shown.at(shown.incident.started_at))
    value = posted.values.get(name, "")
    if name == "goal" and posted.action != action and shown.incident.progress is not None and shown.is_full:
        value = shown.incident.progress.goal
    return Box(
        name=name,
        id=f"{action}-{name}",
        label=words.fields[name],
        hint=_hint(name, shown),
        kind=field.kind,
        value=value,
        fault=fault,
        required=field.required or name == "despite_firing" or (name == "at" and _must_say_when(shown)),
        most=LONGEST.get(field.kind, 200),
    )


def _must_say_when(shown: Shown) -> bool:
    """Whether the signals do not tell when the service was back."""
    incident = shown.incident
    return incident.cleared_at is not None and (incident.still_broken or incident.cleared_reason == "not_seen")


def _hint(name: str, shown: Shown) -> str:
    hints: Mapping[str, str] = shown.words.hints
    zone = offset(datetime.fromtimestamp(shown.now // SECOND, UTC).astimezone(shown.zone))
    cleared_at = shown.incident.cleared_at
    if name != "at" or _must_say_when(shown):
        return hints.get(name, "").format(zone=zone)
    if cleared_at is None:
        return hints["at.firing"].format(zone=zone)
    return hints["at.cleared"].format(zone=zone, at=shown.at(cleared_at))
