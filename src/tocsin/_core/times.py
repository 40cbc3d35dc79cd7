"""Times and durations: integers inside, RFC 3339 and ``2h30m`` at the edges.

Inside Tocsin a point in time is an ``int`` of milliseconds since the Unix epoch (UTC) and a duration
is an ``int`` of milliseconds: exact in Python, in Lua's doubles and as scores of a sorted set.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Millis = int

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_UNITS = {"ms": 1, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
_DURATION = re.compile(r"(?:\d+(?:ms|s|m|h|d))+")
_PART = re.compile(r"(\d+)(ms|s|m|h|d)")
_RFC3339 = re.compile(r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_MAX_DURATION = 100 * 366 * DAY


def end_of(day: date, zone: ZoneInfo) -> Millis:
    """When a day is over in a time zone: the day itself still counts."""
    return int(datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone).timestamp()) * SECOND


def parse_duration(text: str) -> Millis:
    """Read ``1h30m`` and its like. Raises ``ValueError`` for anything else, or for over 100 years."""
    if not _DURATION.fullmatch(text):
        raise ValueError(f"{text!r} is no duration; write numbers with ms, s, m, h or d, as in 1h30m")
    total = sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    if total > _MAX_DURATION:
        raise ValueError(f"{text!r} is longer than 100 years")
    return total


def format_duration(duration: Millis) -> str:
    """Write a duration as ``parse_duration`` reads it: ``5400000`` is ``1h30m``."""
    parts = []
    for unit, size in reversed(_UNITS.items()):
        number, duration = divmod(duration, size)
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts) or "0s"


def parse_time(text: str) -> Millis:
    """Read an RFC 3339 time, with up to nanoseconds. Raises ``ValueError`` for anything else."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:64]!r} is no RFC 3339 time, as in 2026-12-05T01:00:00Z")
    day, clock, fraction, zone = match.groups()
    zone = "+00:00" if zone in "Zz" else zone
    whole = datetime.fromisoformat(f"{day}T{clock}{zone}")
    seconds = (whole - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    return int(seconds) * SECOND + int((fraction or "0")[:3].ljust(3, "0"))


def format_time(at: Millis) -> str:
    """Write a time as RFC 3339 in UTC with ``Z`` and milliseconds."""
    moment = datetime.fromtimestamp(at // SECOND, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at % SECOND:03d}Z"
