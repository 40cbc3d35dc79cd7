"""A foreign payload's values as ours: texts of labels, and times in the forms that tools write."""

from __future__ import annotations

import json
import math
import re
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from tocsin._core.times import SECOND, Millis, parse_time
from tocsin.adapt.posted import LAST_TIME, ZERO_TIME, kind, shown, whole

MILLISECONDS_FROM = 10**11
"""Numbers from here on are milliseconds: as seconds they would be a time after the year 5138."""

_NUMBER = re.compile(r"\d{1,20}(\.\d{1,12})?", re.ASCII)
_BARE_OFFSET = re.compile(r"(.*[T ]\d\d:\d\d.*[+-]\d\d)(\d\d)", re.ASCII)
_LOCAL = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)?", re.ASCII)
_DIGITS_KEPT = 40
_LONGEST = 64


def integer(digits: str) -> int | float:
    """A JSON integer: exact, unless it has more digits than any identifier."""
    return int(digits) if len(digits) <= _DIGITS_KEPT else float(digits)


def text_of(value: Any) -> str | None:
    """The text of a scalar, numbers and booleans as JSON writes them; ``None`` for null.

    Raises ``ValueError`` with the words for everything else.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, (bool, int)):
        return json.dumps(value)
    if isinstance(value, float):
        if math.isfinite(value):
            return json.dumps(value)
        raise ValueError("gives a number that is too large")
    if isinstance(value, list):
        raise ValueError("gives a list; pick one item as in `[0]`, or write `join(', ', …)` or `to_string(…)`")
    if isinstance(value, dict):
        raise ValueError("gives an object; name one of its fields, or write `to_string(…)`")
    raise ValueError("gives no value, but an expression")


def time_of(value: Any, zone: ZoneInfo) -> Millis | None:
    """A time: RFC 3339, seconds or milliseconds since the epoch, or a local time or day in the zone.

    Null, an empty text, 0 and the zero time are no time. Raises ``ValueError`` with the words for what is none.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        if _NUMBER.fullmatch(value):
            return _counted(float(value))
        try:
            return _written(value, zone)
        except (ValueError, OverflowError):
            raise ValueError(
                f"gives {shown(whole(value))}, which is no time; a time is RFC 3339, a local time as in "
                "2026-12-05 01:00:00, or seconds or milliseconds since 1970"
            ) from None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _counted(value)
    raise ValueError(f"gives {kind(value)}, which is no time")


def _counted(number: float) -> Millis | None:
    if number == 0:
        return None
    at = number if number >= MILLISECONDS_FROM else number * SECOND
    if not 0 < at <= LAST_TIME:
        raise ValueError(f"gives {number:.15g}, which is no time in seconds or milliseconds since 1970")
    return int(at)


@lru_cache(maxsize=4096)
def _written(text: str, zone: ZoneInfo) -> Millis | None:
    if len(text) > _LONGEST:
        raise ValueError("longer than a time")
    if _LOCAL.fullmatch(text):
        at = int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * SECOND)
    else:
        offset = _BARE_OFFSET.fullmatch(text)
        at = parse_time(f"{offset[1]}:{offset[2]}" if offset else text)
    if at > LAST_TIME:
        raise ValueError("later than can be written")
    return at if at > ZERO_TIME else None
