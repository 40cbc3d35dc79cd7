"""Calendars: at which times of which days something holds. Alertmanager's time intervals, holidays, make-up days.

Immutable and pure. Days and times are local: each interval has its time zone. ``after`` and ``elapsed`` count active
time to the millisecond, through summer time too; what they found of a day is kept, since clocks ask again and again.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from tocsin._core.times import DAY, SECOND, Millis

Span = tuple[int, int]
"""First and last, both included; of times in minutes of the day, the last is not."""

Days = tuple[date, date]

AHEAD: Millis = 2 * 366 * DAY
"""How far ahead active time is looked for."""


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


def after(calendar: Calendar, start: Millis, duration: Millis) -> Millis | None:
    """The first moment by which so much of the calendar's time has passed since ``start``; ``None`` if that is more
    than about two years ahead, or never."""
    left = duration
    if left <= 0:
        return start
    for day in range(start // DAY, (start + AHEAD) // DAY + 1):
        for begins, ends in _spans(calendar, day):
            first = max(begins, start)
            if ends - first >= left:
                return first + left
            left -= max(0, ends - first)
    return None


def elapsed(calendar: Calendar, start: Millis, end: Millis) -> Millis:
    """How much of the calendar's time has passed between two moments; none if the second is not later."""
    return sum(
        max(0, min(ends, end) - max(begins, start))
        for day in range(start // DAY, end // DAY + 1)
        for begins, ends in _spans(calendar, day)
    )


@lru_cache(maxsize=8192)
def _spans(calendar: Calendar, day: int) -> tuple[tuple[Millis, Millis], ...]:
    """The stretches of a day (of UTC, counted from the epoch) in which the calendar is active, in order."""
    spans: list[tuple[Millis, Millis]] = []
    at, over = day * DAY, (day + 1) * DAY
    while at < over:
        edge = min(over, *(_edge(interval, calendar, at) for interval in calendar.when))
        if active(calendar, at):
            spans.append((at, edge))
        at = edge
    return tuple(spans)


def _edge(interval: Interval, calendar: Calendar, at: Millis) -> Millis:
    """The next moment at which the interval may begin or be over: one of its times, midnight, a turn of the clock."""
    local = _local(at, interval.zone)
    into = local.hour * 3600 + local.minute * 60 + local.second
    times = interval.times if _among(calendar.also, local.date()) or _on(interval, local.date()) else ()
    ahead = min((60 * edge for span in times for edge in span if 60 * edge > into), default=24 * 3600)
    whole = at - at % SECOND
    first, last = whole, whole + (ahead - into) * SECOND
    if _local(last - SECOND, interval.zone).utcoffset() == local.utcoffset():
        return last
    while last - first > SECOND:  # the first second of another offset
        middle = first + (last - first) // SECOND // 2 * SECOND
        if _local(middle, interval.zone).utcoffset() == local.utcoffset():
            first = middle
        else:
            last = middle
    return last


def _local(at: Millis, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at // SECOND, UTC).astimezone(zone)


def _holds(interval: Interval, calendar: Calendar, now: Millis) -> bool:
    local = _local(now, interval.zone)
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
