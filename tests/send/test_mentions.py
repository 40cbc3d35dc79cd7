"""Whom a message calls: names in the delivery, and what reaches them from the plan as it is when it is sent."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests._plan.written import plan_of
from tests.send.samples import delivery, notice

from tocsin._core.incident import Notice
from tocsin._core.message import Mention
from tocsin._core.model import Tier
from tocsin._core.plan import Plan
from tocsin._core.times import parse_time
from tocsin.route.decide import route
from tocsin.send.body import render
from tocsin.send.mentions import mentioned

NOW = parse_time("2027-06-01T12:00:00Z")
PLAN = """
people:
  zhang.wei: {title: {en: Zhang Wei, zh: 张伟}, groups: [technical], mobile: {env: ZW}, accounts: {webhook: zw}}
  li.na: {groups: [legal], email: li.na@example.org}
  wang.fang: {groups: [data]}
groups:
  command: {channels: [chief]}
  technical: {channels: [tech, duty], fallback: [chief], mention: [zhang.wei, li.na]}
  business: {channels: [duty]}
  legal: {channels: [chief]}
  data: {channels: [chief]}
channels:
  chief: {type: console}
  tech: {type: console}
  duty: {type: webhook, url: "https://example.org/x", mention: [wang.fang, zhang.wei]}
  acme-hook: {type: console}
vendors: {acme: {channels: [acme-hook]}}
"""


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """A group and a channel that call people."""
    return plan_of(tmp_path, PLAN, ZW="+86 139 0000 0000")


def called(plan: Plan, *groups: str, event: str = "opened", tier: Tier = Tier.HIGH) -> dict[str, tuple[str, ...]]:
    """Whom the deliveries of a notice call, by channel."""
    made = Notice(
        id="n-1", incident_id="INC-1", key="k", sequence=1, event=event, at=NOW, groups=groups, tier=tier, incident={},
        vendor="acme", accepted_at=NOW,
    )  # fmt: skip
    return {each.channel: each.mention for each in route(made, plan, NOW).deliveries}


def test_channels_and_groups_call_people(plan: Plan) -> None:
    """Those of the channel and those of the groups, each once; other channels call nobody, and a vendor's never."""
    assert called(plan, "technical", "business", "legal") == {
        "tech": ("zhang.wei", "li.na"),
        "duty": ("wang.fang", "zhang.wei", "li.na"),
        "chief": (),
        "acme-hook": (),
    }
    assert called(plan, "business")["duty"] == ("wang.fang", "zhang.wei")


@pytest.mark.parametrize("event", ["opened", "tier_raised", "escalated", "update_due", "rto_missed", "untold"])
def test_where_somebody_is_wanted_at_once(plan: Plan, event: str) -> None:
    """These events of what is high; of what is milder nobody is called."""
    assert called(plan, "technical", event=event)["tech"] == ("zhang.wei", "li.na")
    assert called(plan, "technical", event=event, tier=Tier.MEDIUM)["tech"] == ()


@pytest.mark.parametrize("event", ["acknowledged", "noted", "updated", "cleared", "restored", "closed", "rto_warning"])
def test_nobody_is_called_for_news(plan: Plan, event: str) -> None:
    """What asks for nobody calls nobody."""
    assert set(called(plan, "technical", "business", event=event).values()) == {()}


def test_what_reaches_them_is_the_plans(plan: Plan) -> None:
    """Their title in the language of the delivery, their number, address, and account at the channel's tool; whom the
    plan does not have is left out."""
    to = delivery(mention=("zhang.wei", "gone", "li.na"), language="zh", channel="duty")
    assert list(mentioned(to, plan)) == [
        Mention(person="zhang.wei", title="张伟", mobile="+86 139 0000 0000", account="zw"),
        Mention(person="li.na", title="li.na", email="li.na@example.org"),
    ]
    for channel in ("tech", "gone"):
        (first, _) = mentioned(delivery(mention=("zhang.wei", "li.na"), channel=channel), plan)
        assert (first.title, first.account) == ("Zhang Wei", "")


def test_a_body_has_names_and_no_numbers(plan: Plan) -> None:
    """The names that the plan knows them by, where there are any."""
    to = delivery(mention=("zhang.wei",))
    message = render(notice(), to, external_url="", mentions=tuple(mentioned(to, plan)))
    assert message.body["mention"] == ["zhang.wei"]
    assert "139" not in str(message.body)
    assert message.mentions[0].mobile == "+86 139 0000 0000"
    assert "mention" not in render(notice(), delivery(), external_url="").body
