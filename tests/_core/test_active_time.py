"""Active time of a calendar, counted: the same as counting minutes, through summer time and holidays."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin._core.calendar import Calendar, Interval, active, after, elapsed
from tocsin._core.times import DAY, HOUR, MINUTE, SECOND, Millis, format_time, parse_time

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
OFFICE = Calendar(
    name="office",
    when=(Interval(times=((9 * 60, 18 * 60 + 30),), weekdays=((1, 5),), zone=SHANGHAI),),
    except_=((date(2027, 10, 1), date(2027, 10, 7)),),
    also=((date(2027, 10, 9), date(2027, 10, 9)),),
)
NEVER = Calendar(name="never", when=(Interval(years=((1970, 1999),), zone=SHANGHAI),))
WEEKS = 2

zones = st.sampled_from(
    ["UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
).map(ZoneInfo)
spans = st.tuples(st.integers(0, 1440), st.integers(0, 1440)).filter(lambda span: span[0] < span[1])
weekdays = st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda span: span[0] <= span[1])
intervals = st.builds(
    Interval,
    times=st.lists(spans, max_size=2).map(tuple),
    weekdays=st.lists(weekdays, max_size=2).map(tuple),
    days=st.sampled_from([(), ((1, 15),), ((-3, -1),)]),
    zone=zones,
)
days = st.dates(date(2027, 3, 10), date(2027, 4, 10)).map(lambda day: (day, day))
calendars = st.builds(
    Calendar,
    name=st.just("c"),
    when=st.lists(intervals, min_size=1, max_size=3).map(tuple),
    except_=st.lists(days, max_size=3).map(tuple),
    also=st.lists(days, max_size=3).map(tuple),
)
starts = st.integers(parse_time("2027-03-10T00:00:00Z"), parse_time("2027-04-01T00:00:00Z"))
"""Summer time begins within the weeks after these: in New York, Berlin, and it ends on Lord Howe Island."""


def counted(calendar: Calendar, start: Millis, end: Millis) -> Millis:
    """Active time minute by minute."""
    total, at = 0, start
    while at < end:
        following = min(end, at - at % MINUTE + MINUTE)
        total += following - at if active(calendar, at) else 0
        at = following
    return total


@settings(max_examples=60, deadline=None)
@given(calendars, starts, st.integers(0, WEEKS * 7 * DAY))
def test_elapsed_is_what_counting_minutes_gives(calendar: Calendar, start: Millis, length: Millis) -> None:
    """To the millisecond, whatever the zones, days and times."""
    assert elapsed(calendar, start, start + length) == counted(calendar, start, start + length)


@settings(max_examples=60, deadline=None)
@given(calendars, starts, st.integers(1, 3 * DAY))
def test_after_is_the_first_moment(calendar: Calendar, start: Millis, duration: Millis) -> None:
    """By then exactly so much has passed, and a millisecond before it had not; else there is none at all."""
    found = after(calendar, start, duration)
    if found is None:
        assert elapsed(calendar, start, start + 700 * DAY) < duration
        return
    assert elapsed(calendar, start, found) == duration
    assert elapsed(calendar, start, found - 1) == duration - 1


@settings(max_examples=60, deadline=None)
@given(calendars, starts, st.lists(st.integers(0, 5 * DAY), min_size=2, max_size=2))
def test_parts_add_up(calendar: Calendar, start: Millis, parts: list[Millis]) -> None:
    """What passes in two stretches of time is what passes in both together."""
    middle, end = start + parts[0], start + parts[0] + parts[1]
    assert elapsed(calendar, start, middle) + elapsed(calendar, middle, end) == elapsed(calendar, start, end)


@pytest.mark.parametrize(
    ("start", "duration", "expected"),
    [
        ("2027-09-24T10:00:00+08:00", 30 * MINUTE, "2027-09-24T10:30:00+08:00"),
        ("2027-09-24T18:00:00+08:00", 30 * MINUTE, "2027-09-24T18:30:00+08:00"),  # the very end of the day
        ("2027-09-24T18:00:00+08:00", 31 * MINUTE, "2027-09-27T09:01:00+08:00"),  # a Friday, then the Monday
        ("2027-09-25T03:00:00+08:00", 5 * MINUTE, "2027-09-27T09:05:00+08:00"),
        ("2027-09-30T18:00:00+08:00", 1 * HOUR, "2027-10-08T09:30:00+08:00"),  # over the holidays
        ("2027-10-08T18:00:00+08:00", 1 * HOUR, "2027-10-09T09:30:00+08:00"),  # a Saturday to make up for it
        ("2027-09-24T10:00:00.250+08:00", 1 * SECOND, "2027-09-24T10:00:01.250+08:00"),
        ("2027-09-25T03:00:00+08:00", 0, "2027-09-25T03:00:00+08:00"),
    ],
)
def test_office_hours(start: str, duration: Millis, expected: str) -> None:
    """Evenings, weekends, holidays and make-up days, as a person would count."""
    found = after(OFFICE, parse_time(start), duration)
    assert found is not None
    assert format_time(found) == format_time(parse_time(expected))


def test_nights_with_a_change_of_the_clock() -> None:
    """From one to five o'clock there is an hour less in spring, when three comes after two, and one more in autumn."""
    night = Calendar(name="n", when=(Interval(times=((60, 5 * 60),), zone=BERLIN),))
    for day, hours in (("2027-03-27", 4), ("2027-03-28", 3), ("2027-10-31", 5)):
        start = parse_time(f"{day}T00:00:00+01:00") - HOUR
        assert elapsed(night, start, start + 12 * HOUR) == hours * HOUR, day


def test_a_day_that_never_was() -> None:
    """Samoa had no 30 December 2011: its clocks went from the 29th to the 31st."""
    apia = ZoneInfo("Pacific/Apia")
    calendar = Calendar(name="a", when=(Interval(days=((29, 31),), zone=apia),))
    start = parse_time("2011-12-28T10:00:00Z")
    assert elapsed(calendar, start, start + 5 * DAY) == counted(calendar, start, start + 5 * DAY) == 2 * DAY


def test_what_never_comes() -> None:
    """Looked for is about two years ahead, no farther."""
    assert after(NEVER, parse_time("2027-01-01T00:00:00Z"), 1) is None
    assert elapsed(NEVER, parse_time("2027-01-01T00:00:00Z"), parse_time("2028-01-01T00:00:00Z")) == 0
    assert elapsed(OFFICE, parse_time("2027-01-02T00:00:00Z"), parse_time("2027-01-01T00:00:00Z")) == 0
