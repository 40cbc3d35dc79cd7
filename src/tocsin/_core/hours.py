"""Who carries a group's notice at an hour: its channels that take it, within their calendars, else its fallback, else
all.

What looks after a service that has teams is asked of ``group_of``: the group with its teams' channels for its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tocsin._core.about import About
from tocsin._core.calendar import active
from tocsin._core.model import Tier
from tocsin._core.people import Team
from tocsin._core.plan import VENDOR, Group, Plan, Vendor
from tocsin._core.times import SECOND, Millis


@dataclass(frozen=True, slots=True)
class Carriers:
    """The channels that carry a group's notices now; ``fallback`` if they do so in place of the group's own, beside
    those of its own that are ``records``."""

    channels: tuple[str, ...]
    fallback: bool = False
    records: tuple[str, ...] = ()


def teams_of(group: str, service: str, plan: Plan) -> tuple[Team, ...]:
    """The teams of a group that look after a service."""
    known = plan.services.get(service)
    named = (plan.teams.get(name) for name in known.teams) if known is not None else ()
    return tuple(team for team in named if team is not None and team.group == group)


def group_of(name: str, service: str, plan: Plan) -> Group:
    """A group as a service has it: where teams of it look after that, with their channels in place of its own."""
    group = plan.groups[name]
    channels = tuple(dict.fromkeys(channel for team in teams_of(name, service, plan) for channel in team.channels))
    if not channels:
        return group
    return replace(group, channels=channels, fallback=tuple(each for each in group.fallback if each not in channels))


def carriers(group: Group, plan: Plan, now: Millis, about: About) -> Carriers:
    """Which channels carry a group's notice now. Where no channel at all is within its hours, all of the group's do
    that take the notice, and where none takes it, all: better a notice too many than nobody told. Records reach nobody,
    so they alone are none; they carry it all the same."""
    taking = tuple(name for name in group.channels if about.takes(plan.channels[name], group, group.name))
    own = on_duty(taking, plan, now)
    records = tuple(name for name in own if plan.channels[name].is_record)
    if within(group.when, plan, now) and len(own) > len(records):
        return Carriers(own)
    if instead := on_duty(others(group), plan, now):
        return Carriers(instead, fallback=True, records=records)
    return Carriers(taking if any(not plan.channels[name].is_record for name in taking) else group.channels)


def vendor_carriers(vendor: Vendor, plan: Plan, now: Millis, about: About) -> tuple[str, ...]:
    """Which channels carry a vendor's notice now; it has no others that could, so that some always do."""
    taking = tuple(name for name in vendor.channels if about.takes(plan.channels[name], None, VENDOR))
    return on_duty(taking, plan, now) or taking or on_duty(vendor.channels, plan, now) or vendor.channels


def fallbacks(group: Group, plan: Plan, now: Millis) -> tuple[str, ...]:
    """The channels that are told when the group's own have failed: those within their hours, or all if none is."""
    return on_duty(others(group), plan, now) or others(group)


def others(group: Group) -> tuple[str, ...]:
    """The fallback channels that are not the group's own."""
    return tuple(channel for channel in group.fallback if channel not in group.channels)


def on_duty(channels: Iterable[str], plan: Plan, now: Millis) -> tuple[str, ...]:
    """Those of the channels that are within their calendar, or have none."""
    return tuple(channel for channel in channels if within(plan.channels[channel].when, plan, now))


def within(calendar: str, plan: Plan, now: Millis) -> bool:
    """Whether a calendar's time is now; ``""`` stands for always."""
    return not calendar or active(plan.calendars[calendar], now)


DIRECT = frozenset({"untold", "escalated", "tier_raised"})
"""Events that wait for no digest: they ask somebody now."""


def digest_at(tier: Tier, event: str, plan: Plan, now: Millis) -> Millis | None:
    """When a notice is sent together with the others of its tier and day; ``None`` for at once."""
    minutes = plan.tiers[tier].digest
    if minutes is None or event in DIRECT:
        return None
    today = datetime.fromtimestamp(now // SECOND, plan.timezone)
    for day in (today, today + timedelta(days=1)):
        at = day.replace(hour=minutes // 60, minute=minutes % 60, second=0, microsecond=0)
        if (found := int(at.timestamp()) * SECOND) > now:
            return found
    raise AssertionError("a day later is later")
