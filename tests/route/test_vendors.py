"""What a notice's vendor is owed: a delivery on each of its channels, in its own language."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests._plan.written import plan_of

from tocsin._core.incident import Notice
from tocsin._core.model import Tier
from tocsin._core.plan import Plan
from tocsin._core.times import parse_time
from tocsin.route.decide import Routing, route

DAY = parse_time("2027-06-01T12:00:00Z")
NIGHT = parse_time("2027-06-01T23:00:00Z")
PLAN = """
timezone: UTC
tiers:
  low: {digest: '09:00'}
calendars:
  day: {when: [{times: [{start_time: '08:00', end_time: '20:00'}]}]}
groups:
  command: {channels: [chief]}
  technical: {channels: [chief]}
  business: {channels: [chief]}
  legal: {channels: [chief]}
  data: {channels: [chief]}
channels:
  chief: {type: console}
  acme-day: {type: console, when: day}
  acme-pager: {type: console, language: en}
  bolt-day: {type: console, when: day}
vendors:
  acme: {channels: [acme-day, acme-pager], language: zh, timezone: Asia/Tokyo}
  bolt: {channels: [bolt-day]}
  mute: {}
"""


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """Three vendors, of which one has no channel."""
    return plan_of(tmp_path, PLAN)


def routed(plan: Plan, vendor: str, *groups: str, now: int = DAY, tier: Tier = Tier.HIGH) -> Routing:
    """The routing of a notice to these groups and this vendor."""
    notice = Notice(
        id="n-1",
        incident_id="INC-1",
        key="k",
        sequence=1,
        event="opened",
        at=now,
        groups=groups,
        tier=tier,
        incident={},
        vendor=vendor,
        accepted_at=now,
    )
    return route(notice, plan, now)


def test_it_is_told_beside_the_groups(plan: Plan) -> None:
    """On all its channels, under a name, a lane and a depth of its own; it is owed as a group is."""
    routing = routed(plan, "acme", "command", "legal")
    assert dict(routing.owing) == {"command": 1, "legal": 1, "vendor": 2}
    chief, *own = routing.deliveries
    assert chief.groups == ("command", "legal") and chief.vendor == ""
    assert {(each.group, each.groups, each.lane, each.details, each.vendor) for each in own} == {
        ("vendor", ("vendor",), "vendor", "vendor", "acme")
    }
    assert {each.channel: (each.language, each.timezone) for each in own} == {
        "acme-day": ("zh", "Asia/Tokyo"),
        "acme-pager": ("en", "Asia/Tokyo"),
    }
    assert len({each.id for each in routing.deliveries}) == 3


def test_its_channels_keep_their_hours(plan: Plan) -> None:
    """Unless none is within them: then all are told, whatever the hour."""
    assert [each.channel for each in routed(plan, "acme", now=NIGHT).deliveries] == ["acme-pager"]
    assert [each.channel for each in routed(plan, "bolt", now=NIGHT).deliveries] == ["bolt-day"]


def test_it_waits_for_no_digest(plan: Plan) -> None:
    """The clocks of its contract run, while groups are told the next morning."""
    chief, *own = routed(plan, "acme", "technical", tier=Tier.LOW).deliveries
    assert chief.due > DAY
    assert {(each.due, each.digest) for each in own} == {(DAY, False)}


@pytest.mark.parametrize("vendor", ["", "mute", "gone"])
def test_nobody_is_told_in_its_place(plan: Plan, vendor: str) -> None:
    """No vendor, one without channels, or one that the plan no longer has."""
    assert routed(plan, vendor) == Routing(deliveries=(), owing=())
