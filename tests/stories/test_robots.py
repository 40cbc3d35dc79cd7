"""Robots of group chats: each group is told in its own chat, in the chat's own form, and people are called by name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest
from tests.send.contract import receiving
from tests.send.fakes import dingtalk, feishu, msteams, wecom
from tests.support.alerts import firing
from tests.support.hooks import PATIENCE
from tests.support.service import Start

from tocsin._core.clock import StoreClock

PLAN = """
language: zh
timezone: Asia/Shanghai
external_url: https://tocsin.example
tiers: {high: {wait: 0s}}
groups:
  command:   {channels: [command-teams], fallback: [screen], language: en}
  technical: {channels: [technical-ding], fallback: [screen], mention: [zhang.wei]}
  business:  {channels: [business-wecom], fallback: [screen]}
  legal:     {channels: [legal-feishu], fallback: [screen]}
  data:      {channels: [screen], fallback: [legal-feishu]}
channels:
  command-teams:  {type: msteams, url: {env: TEAMS}}
  technical-ding: {type: dingtalk, url: {env: DINGTALK}, secret: {env: DINGTALK_SECRET}}
  business-wecom: {type: wecom, url: {env: WECOM}}
  legal-feishu:   {type: feishu, url: {env: FEISHU}}
  screen:         {type: console}
people:
  zhang.wei: {title: 张伟, groups: [technical], accounts: {dingtalk: zhangwei}}
services:
  payments: {importance: core}
rules:
  - name: gateway
    match: ['alertname="PaymentGatewayDown"']
    class: critical_function_outage
    impact: wide
    title: {en: Payment gateway down, zh: 支付网关中断}
"""


@dataclass
class Chats:
    """All four, and where they are."""

    ding: dingtalk.FakeDingTalk = field(
        default_factory=lambda: dingtalk.FakeDingTalk(secret=dingtalk.SECRET, now=StoreClock().now)
    )
    wecom: wecom.FakeWeCom = field(default_factory=wecom.FakeWeCom)
    feishu: feishu.FakeFeishu = field(default_factory=feishu.FakeFeishu)
    teams: msteams.FakeTeams = field(default_factory=msteams.FakeTeams)
    environment: dict[str, str] = field(default_factory=dict)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something holds of what they were told."""
        async with asyncio.timeout(PATIENCE):
            while not await asyncio.to_thread(condition):
                pass


@pytest.fixture
async def chats() -> AsyncIterator[Chats]:
    """The chats, on loopback; the service finds them by its environment."""
    made = Chats(environment={"DINGTALK_SECRET": dingtalk.SECRET})
    places = {
        "DINGTALK": (made.ding.answer, f"/robot/send?access_token={dingtalk.TOKEN}"),
        "WECOM": (made.wecom.answer, f"/cgi-bin/webhook/send?key={wecom.KEY}"),
        "FEISHU": (made.feishu.answer, feishu.PATH),
        "TEAMS": (made.teams.answer, msteams.PATH + msteams.QUERY),
    }
    async with AsyncExitStack() as stack:
        for name, (answer, path) in places.items():
            receiver = await stack.enter_async_context(receiving())
            receiver.answer = answer
            made.environment[name] = receiver.address + path
        yield made


async def test_every_group_is_told_in_its_own_chat(start: Start, chats: Chats) -> None:
    """In its own language, with a way to answer; who is on duty is called; and that it is over comes in green."""
    service = await asyncio.to_thread(lambda: start(PLAN, environment=chats.environment))
    await asyncio.to_thread(service.alert, firing("PaymentGatewayDown", service="payments"))
    await chats.until(lambda: bool(chats.ding.posted and chats.wecom.posted and chats.feishu.posted))
    await chats.until(lambda: bool(chats.teams.cards))

    assert chats.ding.posted[0]["markdown"]["title"] == "🔴 【高】【关键功能中断】支付网关中断"
    assert chats.ding.mentioned() == ["张伟"]
    assert "[回应](https://tocsin.example/r/" in chats.ding.posted[0]["markdown"]["text"]
    assert chats.wecom.content().startswith('🔴 <font color="warning">【高】【关键功能中断】支付网关中断</font>\nINC-')
    assert chats.feishu.shown().startswith("red: 【高】【关键功能中断】支付网关中断\nINC-")
    assert chats.teams.shown().startswith("Attention: [HIGH][Critical function outage] Payment gateway down\n\nINC-")

    incident = (await asyncio.to_thread(service.incident))["id"]
    act = ("incidents", "restore", incident, "--despite-firing", "--as", "zhang.wei", "--group", "technical")
    assert (await asyncio.to_thread(service.tocsin, *act)).returncode == 0
    await chats.until(lambda: chats.feishu.shown().startswith("green: "))
    assert "已恢复" in chats.feishu.shown()


async def test_what_a_robot_refuses_is_kept_with_the_way_out(start: Start, chats: Chats) -> None:
    """DingTalk says 200, and no: a dead letter, whose cause says what to look at, and shows no secret."""
    environment = {**chats.environment, "DINGTALK_SECRET": "SECanother"}
    service = await asyncio.to_thread(lambda: start(PLAN, environment=environment))
    await asyncio.to_thread(service.alert, firing("PaymentGatewayDown", service="payments"))
    await chats.until(lambda: bool(service.deliveries("?state=dead")))
    (dead,) = await asyncio.to_thread(service.deliveries, "?state=dead")
    assert dead["channel"] == "technical-ding"
    assert "security settings keep it out" in dead["attempts"][0]["error"]
    assert "sign not match" in dead["attempts"][0]["error"]
    assert dingtalk.TOKEN not in str(dead) and "SECanother" not in str(dead)
