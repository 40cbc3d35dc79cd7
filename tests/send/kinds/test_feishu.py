"""What a group at Feishu sees, and what its robot says."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from tests.send.fakes.feishu import PATH, SECRET, TOKEN, FakeFeishu
from tests.send.talking import NASTY, about_none, calling, channel, giant, nasty, said

from tocsin._core.errors import SendRefused, TrySendAgain
from tocsin._core.message import Mention, Message
from tocsin._core.secret import Secret
from tocsin.send.feishu_card import card


async def posted(*messages: Message, robot: FakeFeishu | None = None, **settings: Any) -> FakeFeishu:
    """The group after these messages."""
    robot = robot or FakeFeishu()
    async with channel("feishu", robot.answer, **{"path": PATH, **settings}) as sender:
        for message in messages:
            assert await sender.send(message) == ""
        assert not await sender.check()
    return robot


async def test_a_notice_is_a_card_in_the_tiers_colour() -> None:
    """Header, text and buttons; the one that answers stands out."""
    group = await posted(said("zh"))
    assert group.posted[0]["card"]["header"] == {
        "template": "red",
        "title": {"tag": "plain_text", "content": "【高】【关键功能中断】支付网关中断"},
    }
    assert group.shown().split("\n") == [
        "red: 【高】【关键功能中断】支付网关中断",
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
        "[回应] https://tocsin.example/r/inc-261205-7k2m9p-1-nmhmq5",
        "[看板] https://grafana.example/d/pay",
        "[处置手册] https://wiki.example/gateway",
    ]
    buttons = group.posted[0]["card"]["elements"][-1]["actions"]
    assert [button["type"] for button in buttons] == ["primary", "default", "default"]


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (said(tier="medium"), "orange: [MEDIUM]"),
        (said(tier="low"), "yellow: [LOW]"),
        (said(event="restored", state="restored"), "green: [HIGH]"),
        (about_none(), "grey: Test\nThis is a test of the channel."),
        (about_none(""), "grey: Test\nTest"),
    ],
)
async def test_the_colour_follows_tier_and_state(message: Message, shown: str) -> None:
    """A card is never without text: Feishu takes no empty element."""
    assert (await posted(message)).shown().startswith(shown)


async def test_people_are_called_by_account() -> None:
    """A custom robot knows nobody by number; the others are named."""
    group = await posted(calling(said("zh")))
    assert group.mentioned() == ["zhangwei"]
    assert "请回复:状况、动作、需要。\n@李娜 @王强\n@zhangwei\n[回应]" in group.shown()


@pytest.mark.parametrize("account", ["all", "ALL", "a b", "a></at><at id=all", ""])
async def test_an_account_is_one_person(account: str) -> None:
    """What would call everybody, or cannot be an account, is shown as a name."""
    group = await posted(calling(said(), Mention(person="zhang.wei", account=account)))
    assert group.mentioned() == []
    assert "\n@zhang.wei\n" in group.shown()


async def test_a_signed_robot_takes_what_it_can_prove() -> None:
    """By the published algorithm, with the time in seconds; another secret is refused, and the way out is told."""
    group = await posted(said(), robot=FakeFeishu(secret=SECRET), secret=Secret(SECRET))
    assert group.posted[0].keys() == {"timestamp", "sign", "msg_type", "card"}
    with pytest.raises(SendRefused) as caught:
        await posted(said(), robot=FakeFeishu(secret=SECRET), secret=Secret("another"))
    assert "check `secret`, and whether the clock is right (code 19021: sign match fail" in str(caught.value)


async def test_the_token_may_stand_apart() -> None:
    """``url`` is then what all robots of Feishu, or of Lark, have in common."""
    group = await posted(said(), path="/open-apis/bot/v2/hook", token=Secret(TOKEN))
    assert len(group.posted) == 1
    with pytest.raises(SendRefused, match="its token is wrong; copy its address anew"):
        await posted(said(), path="/open-apis/bot/v2/hook", token=Secret("another"))


async def test_what_it_does_not_take_is_sorted() -> None:
    """Too much comes with 400, and yet is no refusal; a keyword that is asked for will never be there."""
    with pytest.raises(TrySendAgain, match="too many request"):
        await posted(said(), robot=FakeFeishu(full=True))
    with pytest.raises(SendRefused, match="asks for a keyword"):
        await posted(said(), robot=FakeFeishu(keyword="告警通知"))


async def test_a_giant_text_is_cut_and_keeps_its_buttons() -> None:
    """At 20 KB with the signature, between characters."""
    group = await posted(giant(), robot=FakeFeishu(secret=SECRET), secret=Secret(SECRET))
    assert re.search(r"(👩‍👩‍👧|[支付网关无响应。])…\n\[回应\] ", group.shown())
    assert len(group.shown().encode()) > 18_000


@given(NASTY)
def test_no_text_makes_markup_or_calls_anybody(text: str) -> None:
    """All that others wrote is plain text; Markdown holds nothing but mentions of ours."""
    message = calling(
        nasty(text), Mention(person=text, title=text, account=text), Mention(person="z", account="zhangwei")
    )
    made = card(message, message.below)
    assert made["header"]["title"]["tag"] == "plain_text"
    for element in made["elements"]:
        if element["tag"] == "markdown":
            assert re.fullmatch(r"(<at id=[A-Za-z0-9_-]+></at> ?)+", element["content"])
            assert "id=all>" not in element["content"].lower()
        else:
            tags = (
                [element["text"]["tag"]] if "text" in element else [each["text"]["tag"] for each in element["actions"]]
            )
            assert set(tags) == {"plain_text"}
