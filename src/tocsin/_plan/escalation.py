"""Stages of escalation as a rule file writes them, and the one that a tier has where its stages are not listed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import ConfigDict, Field, PlainValidator, model_validator
from pydantic_core import PydanticCustomError

from tocsin._core.plan import TierPolicy
from tocsin._core.times import MINUTE, Millis
from tocsin._core.watch import Stage, Unless
from tocsin._plan import shapes
from tocsin._plan.entry import Entry, GroupName
from tocsin._plan.fields import Positive

UNACKNOWLEDGED = "unacknowledged"
"""The stage of a tier that has ``ack_within``, where none is listed."""

REPEAT_EVERY: Millis = 15 * MINUTE

_NAME = re.compile(r"[a-z0-9-]{1,40}", re.ASCII)
_SHARE = re.compile(r"([1-9]\d?|100)%", re.ASCII)


def _error(message: str) -> PydanticCustomError:
    return PydanticCustomError("value", "{said}", {"said": message})


def _stage_name(value: object) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise _error(f"must be 1 to 40 small letters, digits and dashes, not `{str(value)[:80]}`")
    return value


def _share(value: object) -> float:
    found = _SHARE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise _error(f"must be a share of the recovery time from 1% to 100%, such as 75%, not `{str(value)[:80]}`")
    return int(found[1]) / 100


class StageEntry(Entry):
    """Who is told further of an incident, and when."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["after"]}, {"required": ["at"]}]})
    name: Annotated[str, PlainValidator(_stage_name), shapes.STAGE_NAME]
    """By which notices and figures speak of the stage; unique in its tier: small letters, digits and dashes."""
    after: Positive | None = None
    """How long after `opened` was told; either this or `at` is needed."""
    at: Annotated[float, PlainValidator(_share), shapes.SHARE] | None = None
    """At which share of the recovery time, from 1% to 100%: `75%`."""
    unless: Unless | None = None
    """What keeps it from being told, if it is done by then: `acknowledged`, `contained` or `restored`."""
    tell: Annotated[list[GroupName], Field(min_length=1)]
    """The groups that are told; at least one."""
    repeat_every: Positive | None = None
    """How often it is told again, until what `unless` names is done; left out, it is told once."""

    @model_validator(mode="after")
    def _at_one_time(self) -> StageEntry:
        if (self.after is None) == (self.at is None):
            raise _error("needs either `after` or `at`; write one of them")
        return self


def listed(entries: Sequence[StageEntry]) -> tuple[Stage, ...]:
    """The stages of a tier as values."""
    return tuple(
        Stage(
            name=entry.name,
            after=entry.after,
            at=entry.at,
            unless=entry.unless,
            tell=tuple(dict.fromkeys(entry.tell)),
            repeat_every=entry.repeat_every,
        )
        for entry in entries
    )


def unlisted(policy: TierPolicy) -> tuple[Stage, ...]:
    """The stages of a tier of which none are listed: command is told again and again, until it is acknowledged."""
    if policy.ack_within is None:
        return ()
    stage = Stage(
        name=UNACKNOWLEDGED,
        after=policy.ack_within,
        unless="acknowledged",
        tell=("command",),
        repeat_every=REPEAT_EVERY,
    )
    return (stage,)
