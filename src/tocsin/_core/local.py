"""Times and durations as people read them, in their time zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tocsin._core.times import DAY, HOUR, MINUTE, SECOND, Millis


def moment(at: Millis, zone: ZoneInfo) -> str:
    """``2026-12-05 11:00 UTC+8``: a zone's letters are ambiguous (CST), its offset is not."""
    local = datetime.fromtimestamp(at // SECOND, UTC).astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M} {offset(local)}"


def offset(local: datetime) -> str:
    """``UTC+8``, ``UTC+5:30``."""
    text = local.strftime("%z")  # +0530
    hours = "" if text[1:5] == "0000" else f"{text[0]}{int(text[1:3])}"
    minutes = "" if text[3:5] == "00" else f":{text[3:5]}"
    return f"UTC{hours}{minutes}"


def span(duration: Millis, units: Sequence[str]) -> str:
    """A duration in its two largest units, ``1h58m``. ``units`` are those of days, hours and minutes, and what less
    than a minute is called."""
    days, hours, minutes, less = units
    counts = ((duration // DAY, days), (duration % DAY // HOUR, hours), (duration % HOUR // MINUTE, minutes))
    return "".join([f"{count}{unit}" for count, unit in counts if count][:2]) or less
