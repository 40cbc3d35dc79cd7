"""What a DingTalk group sees, and what its robot says."""

from __future__ import annotations

import re
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from tests.send.contract import NOW
from tests.send.fakes.dingtalk import SECRET, TOKEN, FakeDingTalk
from tests.send.talking import NASTY, about_none, calling, channel, giant, nasty, said

from tocsin._core.errors import SendRefused, TrySendAgain
from tocsin._core.message import Mention, Message
from tocsin._core.secret import Secret
from tocsin.send.kinds.dingtalk import written


async def posted(*messages: Message, robot: FakeDingTalk | None = None, **settings: Any) -> FakeDingTalk:
    """The group after these messages."""
    robot = robot or FakeDingTalk()
    async with channel("dingtalk", robot.answer, **{"token": Secret(TOKEN), **settings}) as sender:
        for message in messages:
            assert await sender.send(message) == ""
        assert not await sender.check()
    return robot


HEAD = "INC-261205-7K2M9P v3 | 待确认、告警中 | RTO 截止 2026-12-05 11:00 UTC+8,剩余 1小时58分,已用 1%"


async def test_a_notice_is_a_card_with_buttons() -> None:
    """The title is what a lock screen shows; lines end in two spaces, so that they are lines in the card too."""
    group = await posted(said("zh", "business"))
    assert group.posted == [
        {
            "msgtype": "actionCard",
            "actionCard": {
                "title": "🔴 【高】【关键功能中断】支付网关中断",
                "text": "  \n".join(
                    [
                        "### 🔴 【高】【关键功能中断】支付网关中断",
                        "",
                        HEAD,
                        "事件开启:共 5 条告警,3 条仍在告警,起始于 2026-12-05 09:00 UTC+8。",
                        "",
                        "受影响业务线:checkout",
                        "受影响客户群:merchants",
                        "服务:payments(prod、cn-east-1)",
                        "外包方/合作方:埃克美外包",
                        "待补:用户能感知的现象、可用替代办法、客户通知情况",
                        "请准备:对客户和合作方的说明。未经批准不得对外发送。",
                    ]
                ),
                "singleTitle": "回应",
                "singleURL": "https://tocsin.example/r/inc-261205-7k2m9p-1-nmhmq5",
            },
        }
    ]


async def test_several_links_are_buttons_one_below_the_other() -> None:
    """As a phone has room for them."""
    (body,) = (await posted(said("en"))).posted
    assert body["actionCard"]["btnOrientation"] == "0"
    assert body["actionCard"]["btns"] == [
        {"title": "Answer", "actionURL": "https://tocsin.example/r/inc-261205-7k2m9p-1-nmhmq5"},
        {"title": "Dashboard", "actionURL": "https://grafana.example/d/pay"},
        {"title": "Runbook", "actionURL": "https://wiki.example/gateway"},
    ]


async def test_people_are_called_by_account_or_mobile() -> None:
    """A card mentions nobody, so it is Markdown, with the links in it; who is not known is named all the same."""
    group = await posted(calling(said("zh")))
    (body,) = group.posted
    assert group.mentioned() == ["张伟", "李娜"]
    assert body["at"] == {"atUserIds": ["zhangwei"], "atMobiles": ["13800138000"], "isAtAll": False}
    assert body["markdown"]["title"] == "🔴 【高】【关键功能中断】支付网关中断"
    assert body["markdown"]["text"].endswith(
        "@zhangwei @13800138000 @王强  \n  \n[回应](https://tocsin.example/r/inc-261205-7k2m9p-1-nmhmq5)"
        " · [看板](https://grafana.example/d/pay) · [处置手册](https://wiki.example/gateway)"
    )


async def test_what_is_over_and_what_is_about_no_incident_have_signs_of_their_own() -> None:
    """Without links it is plain Markdown."""
    group = await posted(said(event="restored", state="restored"), about_none())
    assert group.posted[0]["actionCard"]["title"].startswith("🟢 [HIGH]")
    assert group.posted[1]["markdown"] == {
        "title": "🔔 Test",
        "text": "### 🔔 Test  \n  \nThis is a test of the channel.",
    }


async def test_a_signed_robot_takes_what_it_can_prove() -> None:
    """By the published algorithm, with the time in milliseconds; another secret is refused, and the way out is told."""
    group = await posted(said(), robot=FakeDingTalk(secret=SECRET), secret=Secret(SECRET))
    assert len(group.posted) == 1
    with pytest.raises(SendRefused) as caught:
        await posted(said(), robot=FakeDingTalk(secret=SECRET), secret=Secret("SECother"))
    assert "security settings keep it out: check `secret` and the clock" in str(caught.value)
    assert "(errcode 310000: sign not match)" in str(caught.value)


async def test_the_token_may_be_in_the_address() -> None:
    """As DingTalk shows the address; what else is in it stays."""
    robot = FakeDingTalk(secret=SECRET)
    async with channel(
        "dingtalk", robot.answer, path=f"/robot/send?access_token={TOKEN}", secret=Secret(SECRET)
    ) as sender:
        await sender.send(said())
    assert len(robot.posted) == 1


async def test_a_robot_that_said_too_much_waits_ten_minutes() -> None:
    """So long DingTalk shuts it out, by its documents."""
    full = FakeDingTalk(times=[NOW] * 20)
    with pytest.raises(TrySendAgain) as caught:
        await posted(said(), robot=full)
    assert caught.value.retry_after == 600
    with pytest.raises(SendRefused, match="copy its address anew"):
        await posted(said(), token=Secret("another"))


@pytest.mark.parametrize("people", [(), (Mention(person="z", account="zhangwei"),)])
async def test_a_giant_text_is_cut_and_keeps_its_links(people: tuple[Mention, ...]) -> None:
    """At 20,000 bytes, between characters."""
    message = giant()
    (body,) = (await posted(calling(message, *people) if people else message)).posted
    text = body[body["msgtype"]]["text"]
    assert "👩‍👩‍👧" in text
    assert re.search(r"(👩‍👩‍👧|[支付网关无响应。])…", text)
    assert "https://wiki.example/gateway" in str(body)


@given(NASTY)
def test_no_text_makes_markup_or_calls_anybody(text: str) -> None:
    """Its links are ours alone, and there is no tag, whatever others wrote."""
    for message in (nasty(text), calling(nasty(text), Mention(person=text))):
        body = written(message, message.below)
        shown = body[body["msgtype"]]["text"]
        assert "<" not in shown
        assert len(re.findall(r"\]\s*\(", shown)) == (2 if body["msgtype"] == "markdown" else 0)
        assert body.get("at", {"isAtAll": False, "atUserIds": [], "atMobiles": []}) == {
            "isAtAll": False,
            "atUserIds": [],
            "atMobiles": [],
        }


async def test_a_signature_that_is_quoted_back_is_blotted_out() -> None:
    """Neither as it is meant nor as it is written in the address."""
    seen: list[str] = []

    async def quote(request: web.BaseRequest) -> web.Response:
        seen.append(request.rel_url.query["sign"])
        return web.json_response({"errcode": 310000, "errmsg": f"{request.path_qs} {seen[-1]}"})

    async with channel("dingtalk", quote, token=Secret(TOKEN), secret=Secret(SECRET)) as sender:
        with pytest.raises(SendRefused) as caught:
            await sender.send(said("zh", "business"))
    assert len(seen[0]) == 44
    assert seen[0][:12] not in str(caught.value)
    assert "sign=<secret>" in str(caught.value)
