"""Calendars as a rule file writes them: Alertmanager's ``time_intervals``, and days that are added or taken away."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field, PlainValidator, model_validator
from pydantic_core import PydanticCustomError

from tocsin._core.calendar import Calendar, Days, Interval, Span
from tocsin._plan import shapes
from tocsin._plan.entry import Entry
from tocsin._plan.fields import Zone

_NUMBER = re.compile(r"-?\d{1,4}", re.ASCII)
_CLOCK = re.compile(r"(?:([01]\d|2[0-3]):([0-5]\d)|(24):(00))", re.ASCII)


def _error(message: str) -> PydanticCustomError:
    return PydanticCustomError("value", "{said}", {"said": message})


def _clock(value: object) -> int:
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise _error(f"must be a time of day from 00:00 to 24:00, such as 09:30, not `{str(value)[:80]}`")
    hour, minute = (part for part in found.groups() if part is not None)
    return int(hour) * 60 + int(minute)


def _named(names: tuple[str, ...], first: int) -> Mapping[str, int]:
    return {name: number for number, name in enumerate(names, first)}


_WEEKDAYS = _named(shapes.WEEKDAY_NAMES, 0)
_MONTHS = _named(shapes.MONTH_NAMES, 1)


def _range(value: object, read: Callable[[str], int | None], what: str) -> Span:
    """One value, or two with a colon between them."""
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    first, colon, last = text.partition(":")
    start = read(first)
    end = read(last) if colon else start
    if start is None or end is None:
        raise _error(f"must be {what}, not `{str(value)[:80]}`")
    return start, end


def _number(text: str, low: int, high: int) -> int | None:
    number = int(text) if _NUMBER.fullmatch(text) else low - 1
    return number if low <= number <= high else None


def _weekdays(value: object) -> Span:
    start, end = _range(
        value, lambda text: _WEEKDAYS.get(text.lower()), "a day such as monday, or a range such as monday:friday"
    )
    if start > end:
        raise _error(f"`{value}` runs backwards, since a week begins on sunday; write two ranges")
    return start, end


def _days_of_month(value: object) -> Span:
    start, end = _range(
        value, lambda text: _number(text, -31, 31) or None, "a day of the month such as 1 or -1 (the last), or 1:5"
    )
    if (start < 0 < end) or (start if start > 0 else start + 32) > (end if end > 0 else end + 32):
        raise _error(f"`{value}` runs backwards; write the earlier day first")
    return start, end


def _months(value: object) -> Span:
    start, end = _range(
        value, lambda text: _MONTHS.get(text.lower()) or _number(text, 1, 12), "a month such as may or 5, or may:august"
    )
    if start > end:
        raise _error(f"`{value}` runs backwards, since a year begins in january; write two ranges")
    return start, end


def _years(value: object) -> Span:
    start, end = _range(value, lambda text: _number(text, 1970, 9990), "a year such as 2027, or 2027:2029")
    if start > end:
        raise _error(f"`{value}` runs backwards; write the earlier year first")
    return start, end


def _days(value: object) -> Days:
    first, dots, last = str(value).partition("..")
    start, end = _day(first), _day(last if dots else first)
    if start is None or end is None:
        raise _error(f"must be a day such as 2027-10-01, or 2027-10-01..2027-10-07, not `{str(value)[:80]}`")
    if start > end:
        raise _error(f"`{value}` runs backwards; write the earlier day first")
    return start, end


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) else None
    except ValueError:
        return None
    return found if found is not None and 1970 <= found.year <= 9990 else None


Clock = Annotated[int, PlainValidator(_clock), shapes.CLOCK]
Weekdays = Annotated[Any, PlainValidator(_weekdays), shapes.WEEKDAYS]
DaysOfMonth = Annotated[Any, PlainValidator(_days_of_month), shapes.DAYS_OF_MONTH]
Months = Annotated[Any, PlainValidator(_months), shapes.MONTHS]
Years = Annotated[Any, PlainValidator(_years), shapes.YEARS]
DayOrDays = Annotated[Any, PlainValidator(_days), shapes.DAYS]


class TimesEntry(Entry):
    """From a time of day up to another, which does not belong to it."""

    start_time: Clock
    """When it begins: `09:00`."""
    end_time: Clock
    """When it is over: `18:30`; `24:00` is the end of the day."""

    @model_validator(mode="after")
    def _forwards(self) -> TimesEntry:
        if self.start_time >= self.end_time:
            raise _error("must begin before it is over; for a night, write two: up to 24:00, and from 00:00")
        return self


class IntervalEntry(Entry):
    """Times of days; all that is written must hold, and of each list one item."""

    times: list[TimesEntry] = []
    """Times of the day; left out, the whole day."""
    weekdays: list[Weekdays] = []
    """Days of the week, or ranges: `monday:friday`; a week begins on Sunday."""
    days_of_month: list[DaysOfMonth] = []
    """Days of the month, or ranges: `1:5`; negative ones count from its end, `-1` is the last."""
    months: list[Months] = []
    """Months by name or number, or ranges: `may:august`."""
    years: list[Years] = []
    """Years, or ranges: `2027:2029`."""
    location: Zone | None = None
    """The time zone of all this, where it differs from the plan's."""


class CalendarEntry(Entry):
    """When a group or a channel is to be told, or a clock runs."""

    when: Annotated[list[IntervalEntry], Field(min_length=1)]
    """When it is active: in any of these intervals."""
    except_: Annotated[list[DayOrDays], Field(alias="except")] = []
    """Days, or ranges, on which it is not: `2027-10-01..2027-10-07`."""
    also: list[DayOrDays] = []
    """Days on which it is all the same, at the times of its intervals; they go before `except`."""


def calendar(name: str, entry: CalendarEntry, timezone: ZoneInfo) -> Calendar:
    """The calendar of an entry; ``timezone`` is the plan's."""
    return Calendar(
        name=name,
        when=tuple(_interval(each, timezone) for each in entry.when),
        except_=tuple(entry.except_),
        also=tuple(entry.also),
    )


def _interval(entry: IntervalEntry, timezone: ZoneInfo) -> Interval:
    return Interval(
        times=tuple((each.start_time, each.end_time) for each in entry.times),
        weekdays=tuple(entry.weekdays),
        days=tuple(entry.days_of_month),
        months=tuple(entry.months),
        years=tuple(entry.years),
        zone=entry.location or timezone,
    )
