"""What validation found wrong → problems that say where, and what to write instead.

A problem's place is found by walking its location through the tree that was read, and the keys that would
have been right by walking the same location through the schema.
"""

from __future__ import annotations

import difflib
import re
import types
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Tag
from pydantic_core import ErrorDetails

from tocsin._core.problems import Problem
from tocsin._plan.entry import Entry
from tocsin._plan.fields import UNSET
from tocsin._plan.guess import did_you_mean
from tocsin._plan.schema import PlanFile
from tocsin._plan.senders import SOURCE_TAGS, WHOLE
from tocsin._plan.sequences import EXPECT_TAGS
from tocsin._plan.source import Location, Mapping, Mark, Sources, locate, path_of

_KEY = "[key]"
_MARKS = {("sources", 2, tag) for tag in SOURCE_TAGS} | {("tests", 3, tag) for tag in EXPECT_TAGS}
"""Where in which section pydantic names the kind of an entry."""

_SHAPES = {
    "dict_type": "a mapping, as in `name: {key: value}`",
    "model_type": "a mapping, as in `name: {key: value}`",
    "model_attributes_type": "a mapping, as in `name: {key: value}`",
    "list_type": "a list, as in `[one, two]`",
    "bool_type": "`true` or `false`",
    "string_type": "a text",
}


def complaints(errors: Iterable[ErrorDetails], root: Mapping, sources: Sources, *, lenient: bool) -> list[Problem]:
    """One problem for each error. With ``lenient``, a secret that is not there is only a warning."""
    problems = []
    for error in errors:
        location = (*_location(root, error["loc"]), *error.get("ctx", {}).get("within", ()))
        mark, message = _told(_Case(error, location, root, sources))
        warning = lenient and error["type"] == UNSET
        problems.append(sources.problem(mark, message, path=path_of(root, location), warning=warning))
    return problems


def broken(errors: Iterable[ErrorDetails], root: Mapping) -> Iterator[tuple[str | int, ...]]:
    """The fields to leave out, so that what is sound beside them can be looked at further."""
    for error in errors:
        if error["type"] != UNSET:
            location = tuple(_location(root, error["loc"]))
            deeper = (index for index, step in enumerate(location) if index > 1 and isinstance(step, int))
            yield location[: next(deeper, None)]


def _location(root: Mapping, loc: Location) -> Iterator[str | int]:
    """The location in the tree: without pydantic's marks for keys, for the type of a channel or source and for what
    a test expects, and without the name of what is written as one text."""
    node: Any = root
    for place, step in enumerate(loc):
        if step == _KEY or (isinstance(node, Mapping) and step not in node and node.get("type") == step):
            continue
        if (loc[0], place, step) in _MARKS or (step == WHOLE and isinstance(node, str)):
            continue
        yield step
        within = step in node if isinstance(node, Mapping) else isinstance(node, list) and isinstance(step, int)
        node = node[step] if within else None


@dataclass(frozen=True, slots=True)
class _Case:
    """One error of validation, and where it is."""

    error: ErrorDetails
    location: tuple[str | int, ...]
    root: Mapping
    sources: Sources

    @property
    def key(self) -> str:
        return str(self.location[-1]) if self.location else ""

    @property
    def context(self) -> dict[str, Any]:
        return self.error.get("ctx", {})

    def mark(self, *, up: int = 0, key: bool = False) -> Mark:
        return locate(self.root, self.location[: len(self.location) - up], key=key)


_Told = tuple[Mark, str]


def _told(case: _Case) -> _Told:
    """The place that is meant, and the message."""
    return _TOLD.get(case.error["type"], _wrong_value)(case)


def _told_unknown_key(case: _Case) -> _Told:
    model = _model_at(case.error["loc"][:-1])
    if model is None:
        message = f"unknown key `{case.key}`"
    elif case.key in model.later:
        message = f"`{case.key}` belongs to a later version of Tocsin, and this one does not know it yet; take it out"
    else:
        known = sorted(field.alias or name for name, field in model.model_fields.items())
        message = f"unknown key `{case.key}`{did_you_mean(case.key, known)}"
    return case.mark(key=True), message


def _told_missing(case: _Case) -> _Told:
    why = (
        "; every rule has a name, by which decisions speak of it" if case.error["loc"][::2] == ("rules", "name") else ""
    )
    return case.mark(up=1, key=True), f"`{case.key}` is missing{why}"


def _told_no_type(case: _Case) -> _Told:
    return case.mark(key=True), "`type` is missing; write the type of the channel, such as `type: webhook`"


def _told_wrong_type(case: _Case) -> _Told:
    tag = str(case.context.get("tag", ""))
    known = _words(case.context.get("expected_tags"))
    mark = locate(case.root, (*case.location, "type"))
    return mark, f"there is no channel of type `{tag[:80]}`{did_you_mean(tag, known)}"


def _told_matcher(case: _Case) -> _Told:
    text = case.context.get("text", case.error["input"])
    return _within_text(case.mark(), case.sources, text, case.context), str(case.context["said"])


def _told_not_one_of(case: _Case) -> _Told:
    loc, value = case.error["loc"], case.error["input"]
    known = _words(case.context.get("expected"))
    shown = "nothing" if value is None else f"`{str(value)[:80]}`"
    what = ", and there are no other groups" if loc[0] == "groups" and loc[-1] == _KEY else ""
    close = difflib.get_close_matches(str(value)[:100], known, n=1)
    meant = f"; did you mean `{close[0]}`?" if close else ""
    return case.mark(key=loc[-1] == _KEY), f"{shown} is not one of {', '.join(known)}{what}{meant}"


def _wrong_value(case: _Case) -> _Told:
    kind, value = case.error["type"], case.error["input"]
    at_key = _KEY in case.error["loc"]
    said = case.context.get("said")
    if kind in _SHAPES:
        said = f"must be {_SHAPES[kind]}"
        if kind == "bool_type" and str(value).lower() in ("yes", "no", "on", "off"):
            said += f", not `{value}`, which is a mere text in YAML 1.2"
    elif kind == "too_short":
        said = "must name at least one"
    elif kind == "too_long":
        said = f"must have {case.context['max_length']} items at most"
    elif kind == "string_pattern_mismatch":
        said = "is no name of a header"
    elif said is None:
        said = f"is not sound: {case.error['msg']}"
    return case.mark(key=at_key), str(said) if at_key or kind == UNSET else f"`{_owner(case.location)}` {said}"


_TOLD: dict[str, Callable[[_Case], _Told]] = {
    "extra_forbidden": _told_unknown_key,
    "missing": _told_missing,
    "union_tag_not_found": _told_no_type,
    "union_tag_invalid": _told_wrong_type,
    "matcher": _told_matcher,
    "expression": _told_matcher,
    "pattern": _told_matcher,
    "literal_error": _told_not_one_of,
}


def _words(expected: object) -> list[str]:
    """Pydantic's ``'one', 'two' or 'three'`` as a list."""
    return re.findall(r"'([^']*)'", str(expected or ""))


def _owner(location: Location) -> str:
    """The key that a message begins with; for an item of a list, the list's with its index."""
    if isinstance(location[-1], int) and len(location) > 1:
        return f"{location[-2]}[{location[-1]}]"
    return str(location[-1])


def _model_at(loc: Location) -> type[Entry] | None:
    """The schema of the mapping at a location."""
    kind: Any = PlanFile
    for step in loc:
        kind = _inside(_bare(kind), step)
    kind = _bare(kind)
    return kind if isinstance(kind, type) and issubclass(kind, Entry) else None


def _inside(kind: Any, step: str | int) -> Any:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, field in kind.model_fields.items():
            if step in (name, field.alias):
                return field.annotation
        return None
    arguments = get_args(kind)
    if get_origin(kind) in (Union, types.UnionType):
        for marked in arguments:
            choice = _bare(marked)
            if any(isinstance(mark, Tag) and mark.tag == step for mark in get_args(marked)):
                return choice
            tag = choice.model_fields.get("type") if isinstance(choice, type) and issubclass(choice, Entry) else None
            if tag is not None and get_origin(tag.annotation) is Literal and step in get_args(tag.annotation):
                return choice
        return None
    return arguments[-1] if arguments and get_origin(kind) in (dict, list) else None


def _bare(kind: Any) -> Any:
    """A type without its annotations and without ``| None``."""
    while True:
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
            continue
        rest = [choice for choice in get_args(kind) if choice is not types.NoneType]
        if get_origin(kind) in (Union, types.UnionType) and len(rest) == 1:
            kind = rest[0]
            continue
        return kind


def _within_text(mark: Mark, sources: Sources, value: object, context: dict[str, Any]) -> Mark:
    """The characters meant in a text on one line; the whole text where escapes blur the count."""
    line = sources.line(mark.file, mark.line)
    for quote in (0, 1):
        start = mark.column - 1 + quote
        if line[start : start + len(str(value))] == value:
            return mark._replace(column=start + 1 + int(context["offset"]), width=int(context["width"]))
    return mark
