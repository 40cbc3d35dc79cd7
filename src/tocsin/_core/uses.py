"""Who uses a channel by the plan, and what is spoken there. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from tocsin._core.people import Team
from tocsin._core.plan import Channel, Group, Language, Plan, Vendor


@dataclass(frozen=True, slots=True, kw_only=True)
class Uses:
    """The groups whose own channel it is, those that fall back on it, the teams and the vendors that have it."""

    groups: tuple[Group, ...]
    fallback_of: tuple[Group, ...]
    teams: tuple[Team, ...]
    vendors: tuple[Vendor, ...]


def uses_of(channel: str, plan: Plan) -> Uses:
    """Who uses a channel, each in the plan's order."""
    return Uses(
        groups=tuple(group for group in plan.groups.values() if channel in group.channels),
        fallback_of=tuple(group for group in plan.groups.values() if channel in group.fallback),
        teams=tuple(team for team in plan.teams.values() if channel in team.channels),
        vendors=tuple(vendor for vendor in plan.vendors.values() if channel in vendor.channels),
    )


def spoken_on(channel: Channel, plan: Plan) -> tuple[Language, ZoneInfo]:
    """The language and the time zone of a channel: its own, else of the first who uses it and says, else the plan's."""
    uses = uses_of(channel.name, plan)
    speakers: tuple[Channel | Team | Group | Vendor | Plan, ...]
    speakers = (channel, *uses.teams, *uses.groups, *uses.vendors, *uses.fallback_of, plan)
    language = next(each.language for each in speakers if each.language is not None)
    return language, next(each.timezone for each in speakers if each.timezone is not None)
