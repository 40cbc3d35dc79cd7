"""Who carries a notice at an hour."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests._plan.written import plan_of

from tocsin._core.incident import Fallback, Notice
from tocsin._core.model import Tier
from tocsin._core.plan import GROUPS, Plan
from tocsin._core.times import Millis, parse_time
from tocsin.route.decide import Routing, route, route_fallback

DAY, NIGHT = parse_time("2027-06-01T12:00:00Z"), parse_time("2027-06-01T23:00:00Z")
CHANNELS = """
channels:
  office: {type: console, when: day}
  duty: {type: console, when: night}
  always: {type: console}
calendars:
  day: {when: [{times: [{start_time: '08:00', end_time: '20:00'}]}]}
  night: {when: [{times: [{start_time: '00:00', end_time: '08:00'}, {start_time: '20:00', end_time: '24:00'}]}]}
"""


def plan(directory: Path, legal: str) -> Plan:
    """A plan in which legal is as told, and the other groups are always reached."""
    others = "".join(f"  {name}: {{channels: [always]}}\n" for name in GROUPS if name != "legal")
    return plan_of(directory, f"{CHANNELS}groups:\n{others}  legal: {{{legal}}}\n")


def routed(plan: Plan, now: Millis, *groups: str) -> Routing:
    """What becomes of a notice to these groups."""
    notice = Notice(
        id="n-1",
        incident_id="INC-1",
        key="k",
        sequence=1,
        event="opened",
        at=now,
        groups=groups or ("legal",),
        tier=Tier.HIGH,
        incident={},
        accepted_at=now,
    )
    return route(notice, plan, now)


CASES = [
    ("channels: [office]", DAY, {"office": False}),
    ("channels: [office, duty, always]", DAY, {"office": False, "always": False}),
    ("channels: [office, duty, always]", NIGHT, {"duty": False, "always": False}),
    ("channels: [office], fallback: [duty]", NIGHT, {"duty": True}),
    ("channels: [office], fallback: [duty, always]", NIGHT, {"duty": True, "always": True}),
    ("channels: [always], when: day, fallback: [duty]", NIGHT, {"duty": True}),
    ("channels: [always], when: day", NIGHT, {"always": False}),
    ("channels: [duty], when: day, fallback: [office]", DAY, {"office": True}),
    ("channels: [office]", NIGHT, {"office": False}),
    ("channels: [always], when: day, fallback: [office]", NIGHT, {"always": False}),
]


@pytest.mark.parametrize(("legal", "now", "expected"), CASES)
def test_channels_within_hours_else_the_fallback_else_all(
    tmp_path: Path, legal: str, now: Millis, expected: dict[str, bool]
) -> None:
    """Each channel that carries it, and whether in the group's place; somebody always does."""
    routing = routed(plan(tmp_path, legal), now)
    assert {each.channel: each.fallback for each in routing.deliveries} == expected
    own = sum(not fallback for fallback in expected.values())
    assert routing.owing == ((("legal", own),) if own else ())


def test_a_fallback_in_a_groups_place_is_a_delivery_of_its_own(tmp_path: Path) -> None:
    """It is not joined with that of a group whose channel it is, and cannot be mistaken for it."""
    made = plan(tmp_path, "channels: [office], fallback: [always]")
    deliveries = routed(made, NIGHT, "command", "legal").deliveries
    assert [(each.group, each.channel, each.fallback) for each in deliveries] == [
        ("command", "always", False),
        ("legal", "always", True),
    ]
    assert len({each.id for each in deliveries}) == 2


def test_a_fallback_that_failing_channels_call_for_keeps_its_hours_too(tmp_path: Path) -> None:
    """Those within their calendars; if there is none, all of them."""
    entry = Fallback(incident="INC-1", sequence=1, event="opened", tier=Tier.HIGH, group="legal", due=None)
    both = plan(tmp_path, "channels: [always], fallback: [office, duty]")
    assert [each.channel for each in route_fallback(entry, "k", both, NIGHT)] == ["duty"]
    none = plan(tmp_path, "channels: [always], fallback: [office]")
    assert [each.channel for each in route_fallback(entry, "k", none, NIGHT)] == ["office"]


def test_a_record_carries_and_is_nobody(tmp_path: Path) -> None:
    """It has what the group is told, and does not count; where it alone would carry, the fallback does in its place."""
    made = plan(tmp_path, "channels: [office, always], fallback: [duty]")
    audit = {"always": replace(made.channels["always"], type="file")}
    made = replace(made, channels={**made.channels, **audit})
    by_day, by_night = routed(made, DAY), routed(made, NIGHT)
    assert [(each.channel, each.record) for each in by_day.deliveries] == [("office", False), ("always", True)]
    assert by_day.owing == (("legal", 1),)
    assert {(each.channel, each.fallback) for each in by_night.deliveries} == {("always", False), ("duty", True)}
    assert by_night.owing == ()
