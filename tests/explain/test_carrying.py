"""Of each channel that does not carry the opening of an incident it is said why not."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests._plan.written import plan_of
from tests.support.world import classified

from tocsin._core.plan import Plan
from tocsin._core.times import parse_time
from tocsin.explain.carrying import carrying

NIGHT = parse_time("2027-06-01T23:00:00Z")
DAY = parse_time("2027-06-01T12:00:00Z")
PLAN = """
timezone: UTC
calendars:
  day: {when: [{times: [{start_time: '08:00', end_time: '20:00'}]}]}
groups:
  command: {channels: [chief, desk], when: day, fallback: [pager]}
  technical: {channels: [pager, chat, desk], fallback: [chief]}
  business: {channels: [kept, desk], fallback: [chief]}
  legal: {channels: [desk], match: ['tier="high"'], fallback: [chief]}
  data: {channels: [pager]}
channels:
  chief: {type: console}
  desk: {type: console, when: day}
  pager: {type: console, match: ['tier="high"']}
  chat: {type: console, match: ['class!="cyber_attack", environment="prod"']}
  kept: {type: file, path: /var/log/x.jsonl}
  acme-hook: {type: console}
  acme-pager: {type: console, match: ['tier="high"']}
vendors: {acme: {channels: [acme-hook, acme-pager]}}
"""


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """Groups with channels that carry by hour, by match, or only keep."""
    return plan_of(tmp_path, PLAN)


def said(plan: Plan, group: str, *, now: int = DAY, tier: str = "high", **decided: str) -> str:
    """What is said of one group, or of the vendor."""
    groups = () if group == "vendor" else (group,)
    *_, last = (line for line in carrying(groups, classified(tier=tier, **decided), plan, now) if group in line)
    return last


def test_by_day_and_high(plan: Plan) -> None:
    """All carry it, and there is nothing to say but what follows if they fail."""
    assert said(plan, "technical").startswith("technical by pager, chat, desk; by chief if those have failed")
    assert said(plan, "vendor") == "its vendor acme by acme-hook, acme-pager, of its own part alone"


def test_outside_a_calendar(plan: Plan) -> None:
    """The calendar is the channel's or the group's."""
    assert "technical by pager, chat; not by desk, outside calendar day; by chief" in said(plan, "technical", now=NIGHT)
    assert said(plan, "command", now=NIGHT) == (
        "command by pager, its fallback, since none of its own channels is told now; "
        "not by chief, desk, outside calendar day of the group"
    )


def test_by_a_match(plan: Plan) -> None:
    """The matcher that does not hold, and what there is in its place; of the channel, the group or the vendor's own."""
    low = said(plan, "technical", tier="low", class_="cyber_attack")
    assert low.startswith(
        'technical by desk; not by pager, by its match tier="high", since that is "low"; not by chat,'
    )
    assert 'by its match class!="cyber_attack", since that is "cyber_attack"' in low
    assert 'not by desk, by the group\'s match tier="high", since that is "low"' in said(plan, "legal", tier="low")
    assert 'not by acme-pager, by its match tier="high"' in said(plan, "vendor", tier="low")


def test_told_all_the_same(plan: Plan) -> None:
    """Where there is nobody else."""
    assert said(plan, "data", tier="low") == (
        'data by pager; not by pager, by its match tier="high", since that is "low": '
        "told all the same, since nobody else would be"
    )


def test_kept_beside(plan: Plan) -> None:
    """A file keeps it, and reaches nobody."""
    text = said(plan, "business", now=NIGHT)
    assert text.startswith("business by chief, its fallback, and kept by kept, since none of its own")
