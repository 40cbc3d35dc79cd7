"""Who posts alerts, as a rule file writes it: sources, and the tokens of programs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainValidator,
    Tag,
)
from pydantic_core import PydanticCustomError, core_schema

from tocsin._plan import shapes
from tocsin._plan.entry import Entry
from tocsin._plan.fields import Expires, Jmespath, Label, Plain, SecretText, SourceName, Zone

Permission = Literal["ingest", "read", "act"]
SourceType = Literal["prometheus", "alertmanager"]
SOURCE_TYPES = ("prometheus", "alertmanager", "mapping")

WHOLE = ""
"""The name under which one expression for all labels (or annotations) stands among expressions for each."""


def _known_type(value: object) -> object:
    """Says of an unknown type what all the types are, and not only those that share its keys."""
    if isinstance(value, str) and value not in SOURCE_TYPES:
        raise PydanticCustomError("literal_error", "{expected}", {"expected": ", ".join(map(repr, SOURCE_TYPES))})
    return value


class SourceEntry(Entry):
    """A source of alerts. ``type`` may be left out where the name is a type."""

    tag: ClassVar[str] = "native"
    type: Annotated[SourceType | None, BeforeValidator(_known_type)] = None
    """What it speaks: `prometheus`, `alertmanager`, or by a `mapping` anything; may be left out if the name says it."""
    replica_labels: list[Label] | None = None
    """Labels in which the two of a pair differ; `prometheus_replica` and `__replica__` by default."""
    labels: dict[Label, Plain] = {}
    """What its alerts have, where they do not say otherwise."""
    expires: Expires | None = None
    """How long an alert counts as firing without being seen again, or `never`; left out, as fits the type."""


@dataclass(frozen=True, slots=True)
class OneOrEach:
    """Marks expressions by name of which one may stand for all: ``labels: alert.labels``."""

    least: int = 0

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(
            lambda value: {WHOLE: value} if isinstance(value, str) else value, handler(source)
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"anyOf": [shapes.EXPRESSION.json_schema, {**handler(schema), "minProperties": self.least}]}


@dataclass(frozen=True, slots=True)
class OneOrSeveral:
    """Marks a list of expressions of which one may stand by itself: ``identity: key``."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(
            lambda value: [value] if isinstance(value, str) else value, handler(source)
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"anyOf": [shapes.EXPRESSION.json_schema, handler(schema)]}


def _any_name(value: object) -> str:
    return str(value)


def _written_value(value: object) -> str:
    """A value of a payload as a text, as JSON writes it."""
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    said = "must be a text, a number, true or false, as it stands in the payload"
    raise PydanticCustomError("value", "{said}", {"said": said})


WrittenValue = Annotated[str, PlainValidator(_written_value), shapes.WRITTEN_VALUE]
WrittenValues = Annotated[list[WrittenValue], Field(min_length=1)]
Paths = dict[Annotated[str, PlainValidator(_any_name), shapes.LABEL], Jmespath]


class StatusEntry(Entry):
    """What of a payload says whether its alert fires."""

    path: Jmespath
    """The expression that finds it."""
    firing: WrittenValues | None = None
    """Its values that mean that the alert fires."""
    resolved: WrittenValues | None = None
    """Its values that mean that the alert has ended."""
    default: Literal["firing", "resolved", "ends_at"] | None = None
    """What all other values mean: `firing`, `resolved`, or `ends_at` to go by it; left out, the alert is rejected."""


class MappingEntry(Entry):
    """A source of any JSON, and where in it the parts of an alert are."""

    tag: ClassVar[str] = "mapping"
    type: Literal["mapping"]
    """What it speaks: `prometheus`, `alertmanager`, or by a `mapping` anything; may be left out if the name says it."""
    alerts: Jmespath | None = None
    """Picks the alerts out of the payload; left out, the payload itself is one."""
    labels: Annotated[Paths, Field(min_length=1), OneOrEach(1)]
    """An expression for each label, or one that gives an object; needed."""
    annotations: Annotated[Paths, OneOrEach()] = {}
    """An expression for each annotation, or one that gives an object."""
    status: StatusEntry | None = None
    """What says whether an alert fires; left out, it fires until its end."""
    starts_at: Jmespath | None = None
    """When it began."""
    ends_at: Jmespath | None = None
    """When it ended or will end."""
    identity: Annotated[list[Jmespath], Field(min_length=1, max_length=16), OneOrSeveral()] | None = None
    """What makes two messages the same alert, one expression or several; left out, their labels do."""
    generator_url: Jmespath | None = None
    """An address where a person can look further."""
    defaults: dict[Label, Plain] = {}
    """Labels for what is absent."""
    timezone: Zone | None = None
    """The time zone of times that name none; left out, the plan's."""
    replica_labels: list[Label] | None = None
    """Labels in which the two of a pair differ; `prometheus_replica` and `__replica__` by default."""
    expires: Expires | None = None
    """How long an alert counts as firing without being seen again, or `never`; left out, as fits the type."""


def _tag(value: Any) -> str:
    if isinstance(value, dict):
        return "mapping" if value.get("type") == "mapping" else "native"
    return str(getattr(value, "tag", "native"))


AnySource = Annotated[
    Annotated[SourceEntry, Tag("native")] | Annotated[MappingEntry, Tag("mapping")], Discriminator(_tag)
]
"""A source; ``type: mapping`` has keys of its own."""

SOURCE_TAGS = frozenset({SourceEntry.tag, MappingEntry.tag})


class TokenEntry(Entry):
    """A program's token and what it opens."""

    may: Annotated[list[Permission], Field(min_length=1)]
    """Any of `ingest` (post alerts), `read` (incidents, deliveries, metrics) and `act`."""
    token: SecretText
    """The secret itself."""
    source: SourceName | None = None
    """The one source that it may post to."""
