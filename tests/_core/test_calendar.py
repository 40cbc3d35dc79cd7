"""At which times a calendar is active."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests._plan.written import plan_of

from tocsin._core.calendar import active
from tocsin._core.times import parse_time

OFFICE = (
    "when: [{weekdays: ['monday:friday'], times: [{start_time: '09:00', end_time: '18:30'}]}],"
    " except: ['2027-10-01..2027-10-07'], also: ['2027-10-09', '2027-10-07']"
)


def is_active(directory: Path, calendar: str, at: str, *, zone: str = "UTC") -> bool:
    """Whether a calendar, as a rule file writes it, is active at a time."""
    plan = plan_of(directory, f"timezone: {zone}\ncalendars: {{c: {{{calendar}}}}}\n")
    return active(plan.calendars["c"], parse_time(at))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2027-09-24T08:59:59+08:00", False),  # a Friday
        ("2027-09-24T09:00:00+08:00", True),
        ("2027-09-24T18:29:59+08:00", True),
        ("2027-09-24T18:30:00+08:00", False),
        ("2027-09-25T12:00:00+08:00", False),
        ("2027-10-01T12:00:00+08:00", False),  # a holiday, a Friday
        ("2027-10-07T12:00:00+08:00", True),  # also goes before except
        ("2027-10-08T12:00:00+08:00", True),
        ("2027-10-09T12:00:00+08:00", True),  # a Saturday to make up for it
        ("2027-10-09T20:00:00+08:00", False),
        ("2027-10-09T23:00:00Z", False),
    ],
)
def test_working_hours_with_holidays_and_make_up_days(tmp_path: Path, at: str, expected: bool) -> None:
    """By the clock of the plan's time zone; the end of a time does not belong to it."""
    assert is_active(tmp_path, OFFICE, at, zone="Asia/Shanghai") is expected


@pytest.mark.parametrize(
    ("interval", "at", "expected"),
    [
        ("{}", "2027-01-01T00:00:00Z", True),
        ("{days_of_month: [-1]}", "2028-02-29T12:00:00Z", True),
        ("{days_of_month: [-1]}", "2028-02-28T12:00:00Z", False),
        ("{days_of_month: ['-3:-1']}", "2027-02-26T12:00:00Z", True),
        ("{days_of_month: ['1:-1']}", "2027-02-26T12:00:00Z", True),
        ("{days_of_month: [31]}", "2027-02-28T12:00:00Z", False),
        ("{days_of_month: ['-31:-30']}", "2027-02-01T12:00:00Z", False),
        ("{months: ['may:august', 12]}", "2027-12-01T12:00:00Z", True),
        ("{months: ['May:August', 12]}", "2027-09-01T12:00:00Z", False),
        ("{years: ['2027:2028']}", "2029-01-01T00:00:00Z", False),
        ("{weekdays: [sunday]}", "2027-10-10T12:00:00Z", True),
        ("{weekdays: [sunday], months: [9]}", "2027-10-10T12:00:00Z", False),
        ("{location: America/New_York, weekdays: [saturday]}", "2027-10-10T03:00:00Z", True),
        ("{times: [{start_time: '22:00', end_time: '24:00'}]}", "2027-10-10T23:59:59.999Z", True),
    ],
)
def test_each_part_of_an_interval(tmp_path: Path, interval: str, at: str, expected: bool) -> None:
    """All that is written must hold; negative days count from the month's end, as Alertmanager counts."""
    assert is_active(tmp_path, f"when: [{interval}]", at) is expected


def test_summer_time_is_the_places_own(tmp_path: Path) -> None:
    """Nine o'clock is another hour of UTC in summer and in winter."""
    calendar = "when: [{location: Europe/Berlin, times: [{start_time: '09:00', end_time: '10:00'}]}]"
    assert is_active(tmp_path, calendar, "2027-07-01T07:30:00Z")
    assert not is_active(tmp_path, calendar, "2027-01-01T07:30:00Z")
    assert is_active(tmp_path, calendar, "2027-01-01T08:30:00Z")


PLAN = "calendars: {on: {when: [{days_of_month: ['D:31']}]}, off: {when: [{days_of_month: ['1:E']}]}}"


@given(st.integers(2, 31), st.integers(0, 4_000_000_000_000))
def test_two_halves_of_a_month_make_a_whole(tmp_path_factory: pytest.TempPathFactory, split: int, now: int) -> None:
    """At every time exactly one of two calendars is active that share the month between them."""
    text = PLAN.replace("D", str(split)).replace("E", str(split - 1))
    calendars = plan_of(tmp_path_factory.mktemp("plan"), text).calendars
    assert active(calendars["on"], now) is not active(calendars["off"], now)
