"""What a channel of Teams shows, and what its workflow says."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from tests.send.fakes.msteams import PATH, QUERY, FakeTeams
from tests.send.talking import NASTY, about_none, calling, channel, giant, nasty, said

from tocsin._core.errors import SendRefused
from tocsin._core.message import Mention, Message
from tocsin.send.kinds.msteams import card


async def posted(*messages: Message, teams: FakeTeams | None = None, path: str = PATH + QUERY) -> FakeTeams:
    """The channel after these messages."""
    teams = teams or FakeTeams()
    async with channel("msteams", teams.answer, path=path) as sender:
        for message in messages:
            assert await sender.send(message) == ""
        assert not await sender.check()
    return teams


async def test_a_notice_is_a_card_in_the_tiers_colour() -> None:
    """The subject, then every line of the text as it stands, with its gaps, and buttons."""
    teams = await posted(said("en"))
    assert teams.shown().split("\n") == [
        "Attention: [HIGH][Critical function outage] Payment gateway down",
        "",
        "INC-261205-7K2M9P v3 | open, firing | RTO by 2026-12-05 11:00 UTC+8, 1h58m left, 1 % used",
        "Opened: 3 of 5 alerts firing, since 2026-12-05 09:00 UTC+8.",
        "",
        "Alerts: PaymentGatewayDown ×3",
        "Namespaces: pay",
        "Instances: pay-gw-2.internal:9100, pay-gw-1.internal:9100, pay-gw-0.internal:9100",
        "Services: payments (prod, cn-east-1)",
        "It says: The gateway refuses connections",
        "Unknown: cause, recent changes",
        "Contain first: core systems, then sensitive data, then key interfaces.",
        "Any change: a named approver and a way back.",
        "Reply with: condition, actions, needs.",
        "[Answer] https://tocsin.example/r/inc-261205-7k2m9p-1-nmhmq5",
        "[Dashboard] https://grafana.example/d/pay",
        "[Runbook] https://wiki.example/gateway",
    ]


async def test_the_card_is_of_a_version_that_teams_shows_everywhere() -> None:
    """Whole, in the order in which it is read, and across the whole width."""
    (shown,) = (await posted(about_none())).cards
    assert shown == {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": "Test",
        "msteams": {"width": "Full", "entities": []},
        "body": [
            {
                "type": "RichTextBlock",
                "spacing": "None",
                "inlines": [
                    {"type": "TextRun", "text": "Test", "weight": "Bolder", "size": "Medium", "color": "Default"}
                ],
            },
            {
                "type": "RichTextBlock",
                "spacing": "Medium",
                "inlines": [{"type": "TextRun", "text": "This is a test of the channel."}],
            },
        ],
        "actions": [],
    }


@pytest.mark.parametrize(
    ("message", "head"),
    [
        (said("zh", tier="medium"), "Warning: 【中】"),
        (said("zh", tier="low"), "Accent: 【低】"),
        (said("zh", event="closed", state="closed"), "Good: 【高】"),
    ],
)
async def test_the_colour_follows_tier_and_state(message: Message, head: str) -> None:
    """Over goes before the tier."""
    assert (await posted(message)).shown().startswith(head)


async def test_people_are_called_by_account_or_mail() -> None:
    """A user's id or sign-in name, which most often is the address of their mail; the others are named."""
    teams = await posted(calling(said("zh")))
    assert teams.mentioned() == ["zhangwei", "li.na@shop.example"]
    assert "请回复:状况、动作、需要。\n@张伟 @李娜 @王强\n[回应]" in teams.shown()


async def test_what_a_workflow_refuses_is_told_in_its_words() -> None:
    """It is off, or its address is not whole."""
    with pytest.raises(SendRefused, match=r"answered 400: .*WorkflowTriggerIsNotEnabled"):
        await posted(said(), teams=FakeTeams(on=False))
    with pytest.raises(SendRefused, match="answered 401"):
        await posted(said(), path=PATH)


async def test_a_giant_text_is_cut_and_keeps_its_buttons() -> None:
    """At 28 KB as Teams counts it, between characters."""
    teams = await posted(giant())
    assert re.search(r"(👩‍👩‍👧|[支付网关无响应。])…\n\[回应\] ", teams.shown())
    assert len(teams.shown()) > 10_000


@given(NASTY)
def test_no_text_makes_markup_or_calls_anybody(text: str) -> None:
    """All that others wrote stands in text runs, in which Teams reads no Markdown; text blocks hold names alone."""
    message = calling(
        nasty(text), Mention(person=text, title=text), Mention(person="z", title=text, account="zhangwei")
    )
    made: dict[str, Any] = dict(card(message, message.below))
    blocks = [block for block in made["body"] if block["type"] == "TextBlock"]
    assert len(blocks) == 1
    assert re.fullmatch(r"@[^<>]* <at>[^<>]*</at>", blocks[0]["text"], re.DOTALL)
    assert not re.search(r"\]\s*\(|\*|`", blocks[0]["text"])
    assert [each["mentioned"]["id"] for each in made["msteams"]["entities"]] == ["zhangwei"]
    assert all(run["type"] == "TextRun" for block in made["body"] if "inlines" in block for run in block["inlines"])
