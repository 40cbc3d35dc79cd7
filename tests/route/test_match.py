"""Channels and groups that carry some notices only: what ``match`` leaves out goes to the fallback; nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests._plan.written import plan_of

from tocsin._core.incident import Notice
from tocsin._core.model import Tier
from tocsin._core.plan import GROUPS, Plan
from tocsin._core.times import parse_time
from tocsin.route.decide import route

NOW = parse_time("2027-06-01T12:00:00Z")
PLAN = """
timezone: UTC
groups:
  command: {channels: [chief]}
  technical: {channels: [pager, tickets, chat], fallback: [chief]}
  business: {channels: [mail], match: ['class!="hw_sw_fault"', 'drill="false"'], fallback: [chief]}
  legal: {channels: [office], match: ['tier="high"']}
  data: {channels: [shared, office]}
channels:
  chief: {type: console}
  pager: {type: console, match: ['tier="high", environment="prod"']}
  tickets: {type: console, match: ['event=~"opened|restored|closed"', 'tier=~"high|medium"']}
  chat: {type: console, match: ['event!="alerts_added"', 'rule!~"noisy-.*"']}
  mail: {type: console}
  office: {type: console, match: ['group="data"']}
  shared: {type: console, match: ['location="bj"']}
  acme-hook: {type: console, match: ['impact="wide"']}
  acme-pager: {type: console, match: ['group="vendor", tier="high"']}
vendors:
  acme: {channels: [acme-hook, acme-pager]}
"""
ABOUT = {
    "class": "critical_function_outage", "tier": "high", "event": "opened", "service": "payments", "vendor": "acme",
    "environment": "prod", "location": "bj", "rule": "gateway", "impact": "wide", "state": "open", "drill": "false",
}  # fmt: skip


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Groups and channels, most of which carry some notices only."""
    return plan_of(tmp_path_factory.mktemp("plan"), PLAN)


def routed(plan: Plan, *groups: str, vendor: str = "", carried: tuple[str, ...] = (), **about: Any) -> list[str]:
    """The channels that carry such a notice to these groups; those of a fallback with a mark."""
    words = ABOUT | {name.rstrip("_"): value for name, value in about.items()}
    notice = Notice(
        id="n-1",
        incident_id="INC-1",
        key="k",
        sequence=1,
        event=words["event"],
        at=NOW,
        groups=groups,
        tier=Tier(words["tier"]),
        incident={},
        vendor=vendor,
        about=words,
        carried=carried,
        accepted_at=NOW,
    )
    return [each.channel + "*" * each.fallback for each in route(notice, plan, NOW).deliveries]


@pytest.mark.parametrize(
    ("about", "channels"),
    [
        ({}, ["pager", "tickets", "chat"]),
        ({"environment": "staging"}, ["tickets", "chat"]),
        ({"event": "acknowledged"}, ["pager", "chat"]),
        ({"event": "alerts_added"}, ["pager"]),
        ({"tier": "low", "event": "acknowledged"}, ["chat"]),
        ({"tier": "low", "rule": "noisy-disk"}, ["chief*"]),
    ],
)
def test_a_channel_carries_what_it_takes(plan: Plan, about: dict[str, Any], channels: list[str]) -> None:
    """All matchers must hold. What no channel of the group takes goes to its fallback, at once."""
    assert routed(plan, "technical", **about) == channels


@pytest.mark.parametrize(
    ("about", "channels"),
    [({}, ["mail"]), ({"class_": "hw_sw_fault"}, ["chief*"]), ({"drill": "true"}, ["chief*"])],
)
def test_what_a_group_does_not_take_goes_to_its_fallback(
    plan: Plan, about: dict[str, Any], channels: list[str]
) -> None:
    """Its own channels carry it not."""
    assert routed(plan, "business", **about) == channels


def test_without_a_fallback_its_channels_carry_it_all_the_same(plan: Plan) -> None:
    """Those that take it, and if there is none all of them: nothing that is owed is dropped."""
    assert routed(plan, "legal", tier="low") == ["office"]
    assert routed(plan, "data", location="sh") == ["office"]
    assert routed(plan, "data", event="closed", location="bj") == ["shared", "office"]


def test_a_shared_channel_carries_it_for_the_groups_that_it_takes(plan: Plan) -> None:
    """The group is a matcher too."""
    assert routed(plan, "technical", "data") == ["pager", "tickets", "chat", "shared", "office"]


def test_a_vendors_channels_too(plan: Plan) -> None:
    """Of those that take it, else all: it has no fallback."""
    assert routed(plan, vendor="acme") == ["acme-hook", "acme-pager"]
    assert routed(plan, vendor="acme", tier="low") == ["acme-hook"]
    assert routed(plan, vendor="acme", tier="low", impact="narrow") == ["acme-hook", "acme-pager"]


@pytest.mark.parametrize(
    ("carried", "about", "channels"),
    [
        (("pager", "tickets"), {"tier": "low", "event": "closed"}, ["pager", "tickets", "chat"]),
        (("pager", "tickets"), {"tier": "low", "event": "acknowledged"}, ["pager", "chat"]),
        (("pager",), {"environment": "staging", "tier": "medium", "event": "restored"}, ["pager", "tickets", "chat"]),
        ((), {"tier": "low", "event": "closed"}, ["chat"]),
    ],
)
def test_who_carried_the_opening_carries_what_follows(
    plan: Plan, carried: tuple[str, ...], about: dict[str, Any], channels: list[str]
) -> None:
    """Though it would not open so now: a page or ticket that was opened is closed again. Events are looked at anew."""
    assert routed(plan, "technical", carried=carried, **about) == channels


WORDS: dict[str, Any] = {
    "tier": st.sampled_from(["high", "medium", "low"]),
    "event": st.sampled_from(["opened", "alerts_added", "closed", "noted"]),
    "rule": st.sampled_from(["gateway", "noisy-disk"]),
    "class_": st.sampled_from(["hw_sw_fault", "cyber_attack"]),
    "location": st.sampled_from(["bj", "sh", ""]),
    "drill": st.sampled_from(["true", "false"]),
}


@given(about=st.fixed_dictionaries(WORDS), groups=st.sets(st.sampled_from(GROUPS), min_size=1))
def test_nothing_is_lost(plan: Plan, about: dict[str, Any], groups: set[str]) -> None:
    """Whatever a notice is about, each of its groups is told by some channel."""
    for group in groups:
        assert routed(plan, group, **about) != []
