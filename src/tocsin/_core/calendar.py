"""Calendars: at which times of which days something holds. Alertmanager's time intervals, holidays, make-up days.

Immutable and pure. Days and times are local: each interval has its time zone.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from tocsin._core.times import SECOND, Millis

Span = tuple[int, int]
"""First and last, both included; of times in minutes of the day, the last is not."""

Days = tuple[date, date]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """All that is given must hold; of each, one span must. ``weekdays`` count from Sunday, which is 0, ``days`` from
    the month's end where they are negative."""

    times: tuple[Span, ...] = ()
    weekdays: tuple[Span, ...] = ()
    days: tuple[Span, ...] = ()
    months: tuple[Span, ...] = ()
    years: tuple[Span, ...] = ()
    zone: ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Active when one of its intervals is, but for the days of ``except_``. On the days of ``also``, which go before
    those, only the times of the intervals count."""

    name: str
    when: tuple[Interval, ...]
    except_: tuple[Days, ...] = ()
    also: tuple[Days, ...] = ()


def active(calendar: Calendar, now: Millis) -> bool:
    """Whether the calendar's time is now."""
    return any(_holds(interval, calendar, now) for interval in calendar.when)


def _holds(interval: Interval, calendar: Calendar, now: Millis) -> bool:
    local = datetime.fromtimestamp(now // SECOND, UTC).astimezone(interval.zone)
    minute = local.hour * 60 + local.minute
    if interval.times and not any(first <= minute < last for first, last in interval.times):
        return False
    day = local.date()
    if _among(calendar.also, day):
        return True
    return not _among(calendar.except_, day) and _on(interval, day)


def _on(interval: Interval, day: date) -> bool:
    return (
        _within(interval.weekdays, day.isoweekday() % 7)
        and _within(interval.months, day.month)
        and _within(interval.years, day.year)
        and (not interval.days or _within(_counted(interval.days, monthrange(day.year, day.month)[1]), day.day))
    )


def _within(spans: tuple[Span, ...], value: int) -> bool:
    return not spans or any(first <= value <= last for first, last in spans)


def _counted(spans: tuple[Span, ...], length: int) -> tuple[Span, ...]:
    """Days of a month of this length, all counted from its beginning."""
    return tuple((_from_start(first, length), _from_start(last, length)) for first, last in spans)


def _from_start(day: int, length: int) -> int:
    return day if day > 0 else length + day + 1


def _among(days: Iterable[Days], day: date) -> bool:
    return any(first <= day <= last for first, last in days)
