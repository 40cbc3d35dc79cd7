"""What a form of the page says: the person, the group, the action and its fields. Pure.

A browser sends text; on goes what the API takes, so that both read it by the same description of the fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from tocsin._core.action import ACTS, Action
from tocsin._core.fields import Field, fields_of, read
from tocsin._core.link import Link
from tocsin._core.times import SECOND, format_time
from tocsin.view.who import actor_of

FIELDS: Mapping[str, tuple[str, ...]] = {
    "acknowledge": (),
    "update": ("goal", "progress", "risks", "next_step", "eta"),
    "contain": ("note",),
    "restore": ("at", "despite_firing", "note"),
    "still_broken": ("note",),
}
"""The actions of the page, in its order, and which of their fields it asks for."""

MOST_FIELDS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A form as it was sent: ``""`` is what was left empty. ``action`` is ``""`` where it is none of the page's."""

    action: str = ""
    by: str = ""
    group: str = ""
    language: str = ""
    values: Mapping[str, str]


def fields(action: str) -> tuple[Field, ...]:
    """The fields that the page asks for, of an action."""
    known = {field.name: field for field in fields_of(ACTS[action])}
    return tuple(known[name] for name in FIELDS[action])


def read_form(body: bytes) -> Posted:
    """A form's body. What cannot be read is an empty form, whose faults are told as those of any other."""
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        pairs = []
    given = {name: value.replace("\r\n", "\n").strip() for name, value in pairs}
    action = given.get("action", "")
    return Posted(
        action=action if action in FIELDS else "",
        by=given.get("by", ""),
        group=given.get("group", ""),
        language=given.get("lang", ""),
        values={name: given.get(name, "") for name in FIELDS.get(action, ())},
    )


def action_of(posted: Posted, link: Link, zone: ZoneInfo) -> tuple[Action | None, tuple[str, ...]]:
    """The action that a form asks for, or the names of the fields at fault. Times are read as of ``zone``."""
    given = {
        field.name: _as_json(posted.values[field.name], field, zone)
        for field in fields(posted.action)
        if posted.values[field.name]
    }
    act, problems = read(ACTS[posted.action], given)
    faults = [name for name, _ in problems]
    if actor_of(posted.by, None, ()).fault:
        faults.append("by")
    group = posted.group or link.groups[0]
    if group not in link.groups:
        faults.append("group")
    if faults or act is None:
        return None, tuple(faults)
    return Action(incident=link.incident, act=act, by=posted.by, group=group, via="link", verified=False), ()


def _as_json(text: str, field: Field, zone: ZoneInfo) -> Any:
    if field.kind == "flag":
        return True
    if field.kind != "moment":
        return text
    try:
        return format_time(int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()) * SECOND)
    except (ValueError, OverflowError):
        return text
