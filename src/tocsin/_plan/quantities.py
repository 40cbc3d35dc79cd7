"""Quantities of a rule file that only one of its keys has: a rate, and a time of the day."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from tocsin._core.plan import Rate
from tocsin._core.times import parse_duration

_RATE = re.compile(r"([1-9][0-9]{0,5})/([0-9a-z]+)", re.ASCII)
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


def _error(said: str) -> PydanticCustomError:
    return PydanticCustomError("value", "{said}", {"said": said})


def _rate(value: object) -> Rate:
    found = _RATE.fullmatch(value) if isinstance(value, str) else None
    try:
        per = parse_duration(found[2]) if found else 0
    except ValueError:
        per = 0
    if found is None or per <= 0:
        raise _error("must be a number of messages within a time, such as 20/1m")
    return Rate(int(found[1]), per)


def _time(value: object) -> int:
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise _error("must be a time of the day, such as 09:00")
    return 60 * int(found[1]) + int(found[2])


RateText = Annotated[
    Rate,
    PlainValidator(_rate),
    WithJsonSchema(
        {"type": "string", "pattern": r"^[1-9][0-9]{0,5}/(?=.*[1-9])(?:[0-9]+(?:ms|s|m|h|d))+$", "examples": ["20/1m"]}
    ),
]
"""``20/1m``: so many messages within so long."""

TimeOfDay = Annotated[
    int,
    PlainValidator(_time),
    WithJsonSchema({"type": "string", "pattern": "^(?:[01][0-9]|2[0-3]):[0-5][0-9]$", "examples": ["09:00"]}),
]
"""Minutes since midnight."""
