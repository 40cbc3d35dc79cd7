"""Groups and teams that nobody reaches at some hour: their calendars are walked through a year, half an hour at a time.

Hours are the bits of one number, so that what channels share is joined at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tocsin._core.calendar import Calendar, active, after
from tocsin._core.times import DAY, MINUTE, SECOND, Millis, parse_time
from tocsin._plan.calendars import CalendarEntry, calendar
from tocsin._plan.entry import GroupName
from tocsin._plan.schema import GroupEntry, PlanFile

STEP: Millis = 30 * MINUTE
_STEPS = 366 * DAY // STEP
_ALWAYS = (1 << _STEPS) - 1
_USUALLY = parse_time("2027-01-01T00:00:00Z")
MOST = 100
"""Calendars that are walked; a plan with more in use than that is not looked at."""


def unreached(plan: PlanFile, now: Millis | None) -> Mapping[tuple[str, ...], str]:
    """The groups of which at some hour of the year from now on no channel is within its calendar, and the first
    such hour: a day and a time where the plan is at home. So are teams that look after a service together, of one
    group. A key is its names after the section: ``("groups", "data")``, ``("teams", "pay", "orders")``."""
    calendars = plan.calendars
    in_use = {each.when for each in (*plan.groups.values(), *plan.channels.values()) if each.when in calendars}
    if not in_use or len(in_use) > MOST:
        return {}
    zone = plan.timezone if isinstance(plan.timezone, ZoneInfo) else ZoneInfo("UTC")
    start = (_USUALLY if now is None else now) // STEP * STEP
    masks = {name: _mask(name, calendars[name], zone, start) for name in in_use if name is not None}
    found: dict[tuple[str, ...], str] = {}
    for who, channels, group in _told(plan):
        silent = _ALWAYS & ~_reached(channels, group, plan, masks)
        if silent:
            first = start + ((silent & -silent).bit_length() - 1) * STEP
            found[who] = _hour(first, zone)
    return found


def stopped(plan: PlanFile, now: Millis | None) -> Iterator[tuple[str, str, str]]:
    """Tiers and vendors whose calendar has no time from now on, as far as is looked ahead: section, name, calendar."""
    zone = plan.timezone if isinstance(plan.timezone, ZoneInfo) else ZoneInfo("UTC")
    for section, entries in (("tiers", plan.tiers), ("vendors", plan.vendors)):
        for name, entry in entries.items():
            written = plan.calendars.get(entry.calendar or "")
            if written is not None:
                made = calendar(entry.calendar or "", written, zone)
                if after(made, _USUALLY if now is None else now, 1) is None:
                    yield section, name, made.name


def _told(plan: PlanFile) -> Iterator[tuple[tuple[str, ...], list[str], GroupEntry | None]]:
    """Who is told, the channels, and the group."""
    for key, group in plan.groups.items():
        yield ("groups", key), group.channels, group
    together: dict[tuple[str, ...], GroupName] = {}
    for service in plan.services.values():
        known = [name for name in service.teams if name in plan.teams]
        for name in known:
            own = plan.teams[name].group
            together[("teams", *(other for other in known if plan.teams[other].group == own))] = own
    for who, own in together.items():
        channels = [channel for name in who[1:] for channel in plan.teams[name].channels]
        yield who, channels, plan.groups.get(own)


def _reached(channels: list[str], group: GroupEntry | None, plan: PlanFile, masks: Mapping[str, int]) -> int:
    own = _any(channels, plan, masks)
    if group is None:
        return own
    return (own & masks.get(group.when or "", _ALWAYS)) | _any(group.fallback, plan, masks)


def _any(channels: Iterable[str], plan: PlanFile, masks: Mapping[str, int]) -> int:
    reached = 0
    for name in channels:
        entry = plan.channels.get(name)
        reached |= masks.get((entry.when if entry is not None else None) or "", _ALWAYS)
    return reached


def _mask(name: str, entry: CalendarEntry, zone: ZoneInfo, start: Millis) -> int:
    """One bit a step, set while the calendar is active."""
    made: Calendar = calendar(name, entry, zone)
    bits = "".join("1" if active(made, start + step * STEP) else "0" for step in reversed(range(_STEPS)))
    return int(bits, 2)


def _hour(at: Millis, zone: ZoneInfo) -> str:
    local = datetime.fromtimestamp(at // SECOND, UTC).astimezone(zone)
    return f"{local:%A, %Y-%m-%d at %H:%M} ({zone.key})"
