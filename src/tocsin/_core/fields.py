"""The fields of what people send (``Act``, ``Declaration``), described once for API, command line and page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeVar

import msgspec
from msgspec import inspect

from tocsin._core.times import format_time, parse_time

Kind = Literal["line", "words", "lines", "moment", "number", "flag", "choice"]
"""One line of text, text of several lines, a list of lines, a time, a whole number, yes or no, one of some words."""

LONGEST_LINE = 200

_Struct = TypeVar("_Struct", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field by its name in JSON; ``attribute`` is its name here. ``choices`` are the words of a choice."""

    name: str
    attribute: str
    kind: Kind
    required: bool
    choices: tuple[str, ...] = ()


@cache
def fields_of(struct: type[msgspec.Struct]) -> tuple[Field, ...]:
    """The fields of a struct, the required ones first."""
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    fields = []
    for field in info.fields:
        kind, choices = _kind(field.type)
        fields.append(
            Field(name=field.encode_name, attribute=field.name, kind=kind, required=field.required, choices=choices)
        )
    return tuple(sorted(fields, key=lambda each: not each.required))


def _kind(info: inspect.Type) -> tuple[Kind, tuple[str, ...]]:
    if isinstance(info, inspect.UnionType):
        info = next(each for each in info.types if not isinstance(each, inspect.NoneType))
    if isinstance(info, inspect.Metadata):
        if (info.extra or {}).get("format") == "time":
            return "moment", ()
        info = info.type
    if isinstance(info, inspect.LiteralType):
        return "choice", tuple(str(value) for value in info.values)
    if isinstance(info, inspect.EnumType):
        return "choice", tuple(str(each.value) for each in info.cls)
    if isinstance(info, inspect.StrType):
        return ("line" if (info.max_length or 0) <= LONGEST_LINE else "words"), ()
    plain: Mapping[type[inspect.Type], Kind] = {
        inspect.BoolType: "flag",
        inspect.IntType: "number",
        inspect.VarTupleType: "lines",
    }
    return plain[type(info)], ()


def read(struct: type[_Struct], given: Mapping[str, Any]) -> tuple[_Struct | None, list[tuple[str, str]]]:
    """What a JSON object says as a struct, or every fault of it, as pairs of path and message. ``null`` is absent."""
    fields = {field.name: field for field in fields_of(struct)}
    types = {field.name: field.type for field in msgspec.structs.fields(struct)}
    values: dict[str, Any] = {}
    problems: list[tuple[str, str]] = []
    for name, field in fields.items():
        value = given.get(name)
        if value is None:
            problems += [(name, f"is missing; it takes {_wanted(field)}")] if field.required else []
            continue
        try:
            values[field.attribute] = _read(value, field, types[field.attribute])
        except ValueError as error:
            problems.append((name, str(error)))
    known = ", ".join(fields) or "none"
    problems += ((name[:64], f"is no field here; there are: {known}") for name in given if name not in fields)
    return (None, problems) if problems else (struct(**values), [])


def _read(value: Any, field: Field, kind: Any) -> Any:
    if field.kind == "moment":
        if not isinstance(value, str):
            raise ValueError(f"must be {_wanted(field)}")
        try:
            at = parse_time(value)
            format_time(at)  # what cannot be written again, such as a year 10000 of UTC, is no time here
            return at
        except (ValueError, OverflowError):
            raise ValueError(f"must be {_wanted(field)}") from None
    texts = value if isinstance(value, list) else [value]
    for text in texts:
        if isinstance(text, str) and (not text.strip() or not _is_plain(text, field.kind)):
            raise ValueError(f"must be {_wanted(field)}, without control characters")
    try:
        return msgspec.convert(value, kind, strict=True)
    except msgspec.ValidationError as error:
        said = str(error).partition(" - at ")[0]
        raise ValueError(f"must be {_wanted(field)}: {said[:1].lower()}{said[1:]}") from None


def _is_plain(text: str, kind: Kind) -> bool:
    if kind == "words":
        text = "".join(char for char in text if char not in "\n\t")
    return text.isprintable()


def _wanted(field: Field) -> str:
    words: Mapping[Kind, str] = {
        "line": "one line of text",
        "words": "text",
        "lines": "a list of lines",
        "moment": "a time such as 2027-03-31T18:00:00Z",
        "number": "a whole number",
        "flag": "true or false",
        "choice": f"one of: {', '.join(field.choices)}",
    }
    return words[field.kind]
