"""Teams that look after a service are told in place of their group."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests._plan.written import plan_of

from tocsin._core.incident import Delivery, Fallback, Notice
from tocsin._core.model import Tier
from tocsin._core.plan import GROUPS, Plan
from tocsin._core.times import parse_time
from tocsin.route.decide import route, route_fallback

NOW = parse_time("2027-06-01T12:00:00Z")
PLAN = """
language: en
timezone: UTC
groups:
  command: {channels: [chief]}
  technical: {channels: [tech], fallback: [chief, pay-pager], timezone: Asia/Shanghai}
  business: {channels: [office], language: zh}
  legal: {channels: [office]}
  data: {channels: [office]}
channels:
  chief: {type: console}
  tech: {type: console}
  office: {type: console}
  pay-hook: {type: console}
  pay-pager: {type: console, language: en}
  card-hook: {type: console}
teams:
  pay: {group: technical, channels: [pay-hook, pay-pager], language: zh, timezone: Asia/Tokyo}
  card: {group: technical, channels: [card-hook, pay-pager]}
  shop: {group: business, channels: [pay-hook]}
services:
  payments: {teams: [pay]}
  cards: {teams: [card, pay]}
  shop: {teams: [pay, shop]}
  plain: {}
"""


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """Three teams, of which some look after a service together."""
    return plan_of(tmp_path, PLAN)


def routed(plan: Plan, service: str, *groups: str) -> tuple[Delivery, ...]:
    """The deliveries of a notice to these groups."""
    notice = Notice(
        id="n-1",
        incident_id="INC-1",
        key="k",
        service=service,
        sequence=1,
        event="opened",
        at=NOW,
        groups=groups,
        tier=Tier.HIGH,
        incident={},
        accepted_at=NOW,
    )
    routing = route(notice, plan, NOW)
    assert dict(routing.owing) == {group: sum(group in each.groups for each in routing.deliveries) for group in groups}
    return routing.deliveries


@pytest.mark.parametrize(
    ("service", "channels"),
    [
        ("payments", ["chief", "pay-hook", "pay-pager"]),
        ("cards", ["chief", "card-hook", "pay-pager", "pay-hook"]),
        ("plain", ["chief", "tech"]),
        ("unheard-of", ["chief", "tech"]),
        ("", ["chief", "tech"]),
    ],
)
def test_the_teams_channels_stand_for_the_groups(plan: Plan, service: str, channels: list[str]) -> None:
    """Those of all its teams, each once; other groups keep theirs, and so does one without a team."""
    assert [each.channel for each in routed(plan, service, "command", "technical")] == channels


def test_a_team_has_its_language_and_time_zone(plan: Plan) -> None:
    """After the channel's own, before the group's and the plan's."""
    told = {each.channel: (each.language, each.timezone) for each in routed(plan, "payments", "technical")}
    assert told == {"pay-hook": ("zh", "Asia/Tokyo"), "pay-pager": ("en", "Asia/Tokyo")}
    told = {each.channel: (each.language, each.timezone) for each in routed(plan, "cards", "technical")}
    assert told["card-hook"] == ("en", "Asia/Shanghai")


def test_teams_of_two_groups_share_a_channel(plan: Plan) -> None:
    """One message for both, as for groups that share one; its lane is that of the first group in any case."""
    deliveries = routed(plan, "shop", "technical", "business")
    shared = next(each for each in deliveries if each.channel == "pay-hook")
    assert (shared.groups, shared.lane) == (("technical", "business"), "technical")
    (alone,) = routed(plan, "shop", "business")
    assert (alone.groups, alone.lane, alone.language) == (("business",), "technical", "zh")


def test_the_groups_fallback_stays(plan: Plan) -> None:
    """But for a channel that is the team's own, and in the group's language."""
    entry = Fallback(
        incident="INC-1", sequence=1, event="opened", tier=Tier.HIGH, group="technical", service="payments", due=None
    )
    (fallback,) = route_fallback(entry, "k", plan, NOW)
    assert (fallback.channel, fallback.group, fallback.language) == ("chief", "technical", "en")
    assert fallback.timezone == "Asia/Shanghai"


def test_every_group_is_told_of_every_service(plan: Plan) -> None:
    """Whatever teams there are, nobody is left out."""
    for service in plan.services:
        told = {group for each in routed(plan, service, *GROUPS) for group in each.groups}
        assert told == set(GROUPS)
