"""What a WeCom group sees, and what its robot says."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest
from hypothesis import given
from tests.send.contract import NOW
from tests.send.fakes.wecom import KEY, FakeWeCom
from tests.send.talking import NASTY, PEOPLE, about_none, calling, channel, giant, nasty, said

from tocsin._core.errors import SendRefused, TrySendAgain
from tocsin._core.message import Mention, Message
from tocsin._core.secret import Secret
from tocsin.send.kinds.wecom import in_markdown, plainly

LINKS = (
    "[回应](https://tocsin.example/r/inc-261205-7k2m9p-1-nmhmq5) · [看板](https://grafana.example/d/pay)"
    " · [处置手册](https://wiki.example/gateway)"
)


async def posted(*messages: Message, robot: FakeWeCom | None = None, **settings: Any) -> FakeWeCom:
    """The group after these messages."""
    robot = robot or FakeWeCom()
    async with channel("wecom", robot.answer, **{"key": Secret(KEY), **settings}) as sender:
        for message in messages:
            assert await sender.send(message) == ""
        assert not await sender.check()
    return robot


async def test_a_notice_is_markdown_with_a_coloured_subject() -> None:
    """The subject first, then the text, and the links in one line below."""
    group = await posted(said("zh"))
    assert group.posted[0]["msgtype"] == "markdown"
    assert group.content().split("\n") == [
        '🔴 <font color="warning">【高】【关键功能中断】支付网关中断</font>',
        "INC-261205-7K2M9P v3 | 待确认、告警中 | RTO 截止 2026-12-05 11:00 UTC+8,剩余 1小时58分,已用 1%",
        "事件开启:共 5 条告警,3 条仍在告警,起始于 2026-12-05 09:00 UTC+8。",
        "",
        "告警:PaymentGatewayDown ×3",
        "命名空间:pay",
        "实例:pay-gw-2.internal:9100、pay-gw-1.internal:9100、pay-gw-0.internal:9100",
        "服务:payments(prod、cn-east-1)",
        "告警说明:The gateway refuses connections",
        "待补:原因、最近变更",
        "先隔离:核心系统 → 敏感数据 → 关键接口。",
        "任何变更:须有审批人和回滚方案。",
        "请回复:状况、动作、需要。",
        LINKS,
    ]


@pytest.mark.parametrize(
    ("message", "head"),
    [
        (said(), '🔴 <font color="warning">[HIGH][Critical function outage] Payment gateway down</font>'),
        (said(tier="low"), "🟡 **[LOW][Critical function outage] Payment gateway down**"),
        (said(event="closed", state="closed"), '🟢 <font color="info">[HIGH][Critical function outage] Payment'),
        (about_none(), "🔔 **Test**\nThis is a test of the channel."),
    ],
)
async def test_colour_and_sign_follow_tier_and_state(message: Message, head: str) -> None:
    """Without links or people nothing stands below the text."""
    assert (await posted(message)).content().startswith(head)


async def test_people_are_called_by_account() -> None:
    """Within Markdown, above the links; who is not known is named all the same."""
    group = await posted(calling(said("zh"), PEOPLE[0], PEOPLE[2]))
    assert group.mentioned() == ["zhangwei"]
    assert group.content().endswith(f"\n<@zhangwei> @王强\n{LINKS}")


async def test_who_is_known_by_mobile_alone_is_called_in_plain_text() -> None:
    """Since Markdown calls nobody by number; the links are whole addresses there."""
    group = await posted(calling(said("zh")))
    assert group.posted[0]["msgtype"] == "text"
    assert group.mentioned() == ["zhangwei", "13800138000"]
    assert group.content().startswith("🔴 【高】【关键功能中断】支付网关中断\nINC-261205-7K2M9P v3 | ")
    assert group.content().endswith(
        "请回复:状况、动作、需要。\n@王强\n回应: https://tocsin.example/r/inc-261205-7k2m9p-1-nmhmq5\n"
        "看板: https://grafana.example/d/pay\n处置手册: https://wiki.example/gateway"
    )


@pytest.mark.parametrize("account", ["all", "@all", "ALL", "a b", "a><@b", ""])
async def test_an_account_is_one_person(account: str) -> None:
    """What would call everybody, or cannot be an account, is shown as a name."""
    group = await posted(calling(said(), Mention(person="zhang.wei", account=account)))
    assert group.mentioned() == []
    assert "\n@zhang.wei\n" in group.content()


async def test_the_key_may_be_in_the_address() -> None:
    """As WeCom shows the address."""
    robot = FakeWeCom()
    async with channel("wecom", robot.answer, path=f"/cgi-bin/webhook/send?key={KEY}") as sender:
        await sender.send(said())
    assert len(robot.posted) == 1


async def test_what_it_does_not_take_is_sorted() -> None:
    """Too much in a minute waits for the next; a wrong key never comes right by itself."""
    with pytest.raises(TrySendAgain) as caught:
        await posted(said(), robot=FakeWeCom(times=[NOW] * 20))
    assert caught.value.retry_after == 60
    with pytest.raises(SendRefused, match="its key is wrong; copy its address anew"):
        await posted(said(), key=Secret("another"))


@pytest.mark.parametrize("people", [(), PEOPLE[:1], PEOPLE[:2]])
async def test_a_giant_text_is_cut_and_keeps_its_links(people: tuple[Mention, ...]) -> None:
    """At 4,096 bytes of Markdown or 2,048 of text, between characters."""
    group = await posted(calling(giant(), *people) if people else giant())
    content = group.content()
    assert re.search(r"(👩‍👩‍👧|[支付网关无响应。])…\n", content)
    assert "https://wiki.example/gateway" in content
    assert len(content.encode()) > (1800 if len(people) == 2 else 3800)


@pytest.mark.parametrize("people", [(), PEOPLE[:2]])
async def test_a_digest_loses_no_incident(people: tuple[Mention, ...]) -> None:
    """Long titles are cut rather than lines."""
    lines = [f"- 【高】【关键功能中断】{'支付网关中断' * 12} | INC-261205-{number:06}" for number in range(20)]
    digest = dataclasses.replace(about_none("20 incidents\n" + "\n".join(lines)), event="digest", mentions=people)
    content = (await posted(digest)).content()
    assert [line for line in lines if line[-17:] not in content] == []
    assert "支付网关" in content or people


@given(NASTY)
def test_no_text_makes_markup_or_calls_anybody(text: str) -> None:
    """Links, tags and mentions are ours alone, whatever others wrote; and no bound is broken by it."""
    message = calling(nasty(text), Mention(person=text, title=text))
    marked = in_markdown(message)["markdown"]["content"]
    assert re.findall(r"<[^>]*>?", marked) == ['<font color="warning">', "</font>"]
    assert len(re.findall(r"\]\s*\(", marked)) == 2
    plain = plainly(message)["text"]
    assert "<" not in plain["content"]
    assert plain["mentioned_list"] == plain["mentioned_mobile_list"] == []
    assert len(marked.encode("utf-8", "replace")) <= 4096
    assert len(plain["content"].encode("utf-8", "replace")) <= 2048
