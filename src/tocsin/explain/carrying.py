"""Which channels would carry the opening of an incident, and of each other one why not. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin._core.about import About, decided
from tocsin._core.hours import carriers, group_of, teams_of, vendor_carriers, within
from tocsin._core.matcher import Matcher
from tocsin._core.model import Classification
from tocsin._core.plan import VENDOR, Group, Plan
from tocsin._core.times import Millis, format_duration


def carrying(groups: tuple[str, ...], decision: Classification, plan: Plan, now: Millis) -> Iterator[str]:
    """A line for each group that is told, and one for the vendor."""
    about = About(decided(decision))
    for name in groups:
        yield _group(name, decision, plan, now, about)
    vendor = plan.vendors.get(decision.vendor)
    if vendor is not None and vendor.channels:
        told = vendor_carriers(vendor, plan, now, about)
        off = _reasons(vendor.channels, None, plan, now, about)
        yield f"its vendor {vendor.name} by {', '.join(told)}, of its own part alone{_not_by(off, told)}"


def _group(name: str, decision: Classification, plan: Plan, now: Millis, about: About) -> str:
    group, teams = group_of(name, decision.service, plan), teams_of(name, decision.service, plan)
    carried = carriers(group, plan, now, about)
    off = _reasons(group.channels, group, plan, now, about)
    text = f"{name} by {', '.join(carried.channels)}"
    if carried.fallback:
        kept = f", and kept by {', '.join(carried.records)}" if carried.records else ""
        return f"{text}, its fallback{kept}, since none of its own channels is told now{_not_by(off, ())}"
    if teams:
        which = "team" if len(teams) == 1 else "teams"
        text += f", of the {which} {', '.join(team.name for team in teams)} of {decision.service}"
    text += _not_by(off, carried.channels)
    limit = plan.tiers[decision.tier].deliver_within
    if group.fallback:
        late = f", or none has accepted within {format_duration(limit)}" if limit is not None else ""
        text += f"; by {', '.join(group.fallback)} if those have failed{late}"
    return text


def _reasons(channels: tuple[str, ...], group: Group | None, plan: Plan, now: Millis, about: About) -> dict[str, str]:
    """Why channels would not carry it, of those that would not."""
    found = {}
    for name in channels:
        channel = plan.channels[name]
        if group is not None and not within(group.when, plan, now):
            found[name] = f"outside calendar {group.when} of the group"
        elif group is not None and (failed := about.failed(group.match, group.name)):
            found[name] = f"by the group's match {_failed(failed, group.name, about)}"
        elif not within(channel.when, plan, now):
            found[name] = f"outside calendar {channel.when}"
        elif failed := about.failed(channel.match, VENDOR if group is None else group.name):
            found[name] = f"by its match {_failed(failed, VENDOR if group is None else group.name, about)}"
    return found


def _failed(matcher: Matcher, group: str, about: About) -> str:
    return f'{matcher}, since that is "{about.word(matcher.name, group)}"'


def _not_by(reasons: dict[str, str], told: tuple[str, ...]) -> str:
    """The reasons, those together that are the same; of channels that are told all the same, why that is."""
    by_reason: dict[tuple[bool, str], list[str]] = {}
    for name, reason in reasons.items():
        by_reason.setdefault((name in told, reason), []).append(name)
    parts = []
    for (is_told, reason), names in by_reason.items():
        said = f"not by {', '.join(names)}, {reason}"
        parts.append(f"{said}: told all the same, since nobody else would be" if is_told else said)
    return "".join(f"; {part}" for part in parts)
