"""From a notice's groups to deliveries on channels. Pure.

Every channel of a group that is within its calendar, and whose ``match`` holds, gets each of its notices; if there is
none, the group's fallback gets it, and if none of that is within its hours either, all of the group's channels do.
Where teams of the group look after the notice's service, their channels stand in place of the group's. A primary
channel that several groups share gets one message for all of them. A fallback's deliveries are their own. A vendor has
channels of its own, shared with nobody.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tocsin._core.about import About
from tocsin._core.events import CALLS
from tocsin._core.hours import carriers, digest_at, fallbacks, group_of, teams_of, vendor_carriers
from tocsin._core.ids import delivery_id, notice_id
from tocsin._core.incident import Delivery, Fallback, Notice
from tocsin._core.model import Tier
from tocsin._core.people import Team
from tocsin._core.plan import VENDOR, Channel, Group, Plan, Vendor
from tocsin._core.times import Millis


class Routing(msgspec.Struct, frozen=True, kw_only=True):
    """The deliveries of a notice, and how many of them are each group's, of those whose own channels carry it."""

    deliveries: tuple[Delivery, ...]
    owing: tuple[tuple[str, int], ...]


def route(notice: Notice, plan: Plan, now: Millis) -> Routing:
    """The deliveries that a notice is owed."""
    sharing: dict[str, list[str]] = {}
    instead: list[Delivery] = []
    for name in notice.groups:
        group = group_of(name, notice.service, plan)
        carried = carriers(group, plan, now, About(notice.about, notice.carried))
        if carried.fallback:
            entry = Fallback(
                incident=notice.incident_id,
                sequence=notice.sequence,
                event=notice.event,
                tier=notice.tier,
                group=name,
                service=notice.service,
                due=now,
            )
            instead += route_fallback(entry, notice.key, plan, now)
        for channel in carried.records if carried.fallback else carried.channels:
            sharing.setdefault(channel, []).append(name)
    deliveries = tuple(
        _delivery(
            notice.id,
            notice.incident_id,
            plan=plan,
            channel=channel,
            groups=tuple(groups),
            now=now,
            key=notice.key,
            sequence=notice.sequence,
            event=notice.event,
            tier=notice.tier,
            service=notice.service,
        )
        for channel, groups in sharing.items()
    )
    to_vendor = _to_vendor(notice, plan, now)
    reaching = [delivery for delivery in (*deliveries, *to_vendor) if not delivery.record]
    counts = ((group, sum(group in delivery.groups for delivery in reaching)) for group in (*notice.groups, VENDOR))
    owing = tuple((group, count) for group, count in counts if count)
    held = tuple(_held(delivery, plan, now) for delivery in deliveries)
    return Routing(deliveries=(*held, *instead, *to_vendor), owing=owing)


def _held(delivery: Delivery, plan: Plan, now: Millis) -> Delivery:
    """A delivery that waits for its tier's digest, if it has one. It is in a lane of its own, so that what is told at
    once meanwhile does not wait behind it."""
    at = digest_at(delivery.tier, delivery.event, plan, now)
    if at is None:
        return delivery
    lane = f"{delivery.lane}~{delivery.sequence}"
    return msgspec.structs.replace(delivery, digest=True, lane=lane, since=at, due=at)


def _to_vendor(notice: Notice, plan: Plan, now: Millis) -> tuple[Delivery, ...]:
    """What a notice's vendor is owed: on its channels that take it within their hours, or on others if none does. It
    waits for no digest, since the clocks of its contract run."""
    vendor = plan.vendors.get(notice.vendor)
    if vendor is None:
        return ()
    return tuple(
        Delivery(
            id=delivery_id(notice.id, VENDOR, channel),
            notice=notice.id,
            incident=notice.incident_id,
            key=notice.key,
            sequence=notice.sequence,
            event=notice.event,
            tier=notice.tier,
            channel=channel,
            group=VENDOR,
            groups=(VENDOR,),
            lane=VENDOR,
            language=language,
            timezone=timezone,
            details=VENDOR,
            vendor=vendor.name,
            record=plan.channels[channel].is_record,
            created_at=now,
            since=now,
            due=now,
        )
        for channel in vendor_carriers(vendor, plan, now, About(notice.about, notice.carried))
        for language, timezone in (_spoken((plan.channels[channel], vendor, plan)),)
    )


def route_fallback(entry: Fallback, key: str, plan: Plan, now: Millis) -> tuple[Delivery, ...]:
    """The deliveries of a notice to a group's fallback channels."""
    group = group_of(entry.group, entry.service, plan)
    notice = notice_id(entry.incident, entry.sequence)
    return tuple(
        _delivery(
            notice,
            entry.incident,
            plan=plan,
            channel=channel,
            groups=(entry.group,),
            now=now,
            key=key,
            sequence=entry.sequence,
            event=entry.event,
            tier=entry.tier,
            fallback=True,
        )
        for channel in fallbacks(group, plan, now)
    )


def _delivery(
    notice: str,
    incident: str,
    *,
    plan: Plan,
    channel: str,
    groups: tuple[str, ...],
    now: Millis,
    key: str,
    sequence: int,
    event: str,
    tier: Tier,
    service: str = "",
    fallback: bool = False,
) -> Delivery:
    """``service`` is the one whose teams are told in place of their groups; a fallback is nobody's team."""
    group = plan.groups[groups[0]]
    teams = (team for team in teams_of(group.name, service, plan) if channel in team.channels)
    language, timezone = _spoken((plan.channels[channel], *teams, group, plan))
    return Delivery(
        id=delivery_id(notice, group.name, channel),
        notice=notice,
        incident=incident,
        key=key,
        sequence=sequence,
        event=event,
        tier=tier,
        channel=channel,
        group=group.name,
        groups=groups,
        lane=group.name if fallback else _first_on(channel, plan),
        language=language,
        timezone=timezone,
        details=_details(plan, groups),
        mention=_called(plan, channel, groups) if event in CALLS and tier is Tier.HIGH else (),
        fallback=fallback,
        record=plan.channels[channel].is_record,
        created_at=now,
        since=now,
        due=now,
    )


def _called(plan: Plan, channel: str, groups: tuple[str, ...]) -> tuple[str, ...]:
    """The people whom the channel and the groups name."""
    named = (plan.channels[channel].mention, *(plan.groups[group].mention for group in groups))
    return tuple(dict.fromkeys(person for each in named for person in each))


def _spoken(speakers: tuple[Channel | Team | Group | Vendor | Plan, ...]) -> tuple[str, str]:
    """The language and the time zone of the first who says; the plan always does."""
    zone = next(each.timezone for each in speakers if each.timezone is not None)
    return next(each.language for each in speakers if each.language is not None), zone.key


def _first_on(channel: str, plan: Plan) -> str:
    """The first group that has this channel as one of its own, or of a team's."""
    teams = {team.group for team in plan.teams.values() if channel in team.channels}
    return next(name for name, group in plan.groups.items() if channel in group.channels or name in teams)


def _details(plan: Plan, groups: Iterable[str]) -> str:
    """A message shared by several groups shows no more than each of them may see."""
    return "full" if all(plan.groups[group].details == "full" for group in groups) else "summary"
