"""What a chat at Telegram is sent, and what becomes of it there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from tests._plan.written import plan_of, problems_of
from tests.send.fakes.telegram import CHAT, OLD_CHAT, TOKEN, FakeTelegram, calls, parsed
from tests.send.talking import NASTY, about_none, calling, channel, giant, nasty, said

from tocsin._core.errors import ConfigurationError, SendRefused, TrySendAgain
from tocsin._core.message import Link, Mention, Sender
from tocsin._core.press import read_value
from tocsin._core.secret import Secret
from tocsin.send.telegram_text import keyboard, text


@pytest.fixture
def telegram() -> FakeTelegram:
    """The other side."""
    return FakeTelegram()


@pytest.fixture
async def sender(telegram: FakeTelegram) -> AsyncIterator[Sender]:
    """The channel to the chat."""
    async with to(telegram) as sender:
        yield sender


def to(telegram: FakeTelegram, **settings: Any) -> Any:
    """A channel there with these settings."""
    return channel("telegram", telegram.answer, **{"token": Secret(TOKEN), "chat_id": CHAT, **settings})


async def test_subject_text_and_buttons(sender: Sender, telegram: FakeTelegram) -> None:
    """The subject in bold with the tier's icon, how it stands, the text; the links as buttons, two in a row."""
    await sender.send(said())
    (body,) = telegram.sent.values()
    first, second, third, *_ = body["text"].split("\n")
    assert first == "<b>🔴 [HIGH][Critical function outage] Payment gateway down</b>"
    assert second.startswith("INC-261205-7K2M9P v3 | open, firing | RTO by")
    assert third.startswith("Opened: 3 of 5 alerts firing")
    rows = body["reply_markup"]["inline_keyboard"]
    assert [len(row) for row in rows] == [2, 1]
    assert [(each["text"], each["url"]) for row in rows for each in row] == [
        (link.title, link.url) for link in said().links
    ]
    assert (body["chat_id"], body["parse_mode"], body["link_preview_options"]) == (CHAT, "HTML", {"is_disabled": True})
    assert "message_thread_id" not in body


async def test_later_messages_answer_the_first(sender: Sender, telegram: FakeTelegram) -> None:
    """So that an incident can be read from its first message on; when that is gone, from the next."""
    thread = await sender.send(said())
    assert thread == f"1 {CHAT}"
    assert await sender.send(replace(said(event="acknowledged"), thread=thread)) == thread
    assert telegram.sent[2]["reply_parameters"] == {"message_id": 1, "allow_sending_without_reply": True}
    del telegram.sent[1]
    telegram.sent[9] = {}
    assert await sender.send(replace(said(event="restored"), thread=thread)) == f"3 {CHAT}"


async def test_a_group_with_topics(telegram: FakeTelegram) -> None:
    """The message goes to the topic."""
    async with to(telegram, topic=42) as sender:
        await sender.send(said())
    assert telegram.sent[1]["message_thread_id"] == 42


async def test_a_group_that_became_a_supergroup_is_followed(telegram: FakeTelegram) -> None:
    """Its new id is in the refusal, and is kept; numbers of the old group's messages mean nothing there."""
    async with to(telegram, chat_id=OLD_CHAT) as sender:
        thread = await sender.send(replace(said(), thread=f"1 {OLD_CHAT}"))
        assert thread == f"1 {CHAT}"
        assert "reply_parameters" not in telegram.sent[1]
        await sender.send(replace(said(event="restored"), thread=thread))
        assert telegram.asked == ["sendMessage"] * 3
        with pytest.raises(SendRefused, match=f"the group has become a supergroup; write chat_id: {CHAT}"):
            await sender.check()


async def test_a_link_that_cannot_be_a_button_is_told_in_the_text(sender: Sender, telegram: FakeTelegram) -> None:
    """Telegram takes no button to a host without a dot, such as one of a company's own network."""
    links = (Link(name="runbook", title="Runbook", url="http://wiki/pay"),)
    await sender.send(replace(said(), links=links))
    (body,) = telegram.sent.values()
    assert "reply_markup" not in body
    assert body["text"].endswith("\nRunbook: http://wiki/pay")


async def test_what_telegram_asks_to_wait_is_honoured(sender: Sender, telegram: FakeTelegram) -> None:
    """It stands in the body, at most an hour counts."""
    for busy, wait in ((17, 17), (90_000, 3600)):
        telegram.busy = busy
        with pytest.raises(TrySendAgain, match="Too Many Requests") as caught:
            await sender.send(said())
        assert caught.value.retry_after == wait


async def test_a_chat_that_is_not_there_is_refused(telegram: FakeTelegram) -> None:
    """By a message, and by the quiet check, which sends none."""
    async with to(telegram, chat_id="-9") as sender:
        for asked in (sender.send(said()), sender.check()):
            with pytest.raises(SendRefused, match=r"answered 400: .*chat not found"):
                await asked
    async with to(telegram) as sender:
        assert await sender.check()
    assert telegram.asked[-1] == "getChat"
    assert not telegram.sent


async def test_a_token_that_is_none_is_said_at_once(telegram: FakeTelegram) -> None:
    """When the channel is opened, and without the token."""
    with pytest.raises(ConfigurationError, match=r"^channels\.the-robot\.token is no bot's token"):
        async with to(telegram, token=Secret("AAA/../x")):
            pass


async def test_what_is_about_no_incident_is_sent(sender: Sender, telegram: FakeTelegram) -> None:
    """Without buttons, and without a thread."""
    assert await sender.send(about_none()) == ""
    assert telegram.sent[1]["text"] == "<b>🔔 Test</b>\nThis is a test of the channel."


def test_people_are_called_by_number_or_name() -> None:
    """A member by number, with their name; a user by name; who is neither is named and not called."""
    people = (
        Mention(person="a", title="A <b>", account="5012345678"),
        Mention(person="b", account="@wang_wei"),
        Mention(person="c", title="@everyone", account="no account"),
    )
    shown = text(calling(said(), *people), has_buttons=True)
    assert shown.split("\n")[1] == '<a href="tg://user?id=5012345678">A &lt;b&gt;</a> @wang_wei ＠everyone'
    assert calls(shown) == ["wang_wei", "5012345678"]


@given(NASTY)
def test_text_of_others_is_text(nastiness: str) -> None:
    """It calls nobody, links nowhere, is no mark-up, and reads as it was written."""
    for has_buttons in (True, False):
        shown = text(nasty(nastiness), has_buttons=has_buttons)
        assert parsed(shown) is not None
        assert shown.count("<") == 2
        assert not calls(shown)


def test_a_long_text_is_cut_and_its_links_stay() -> None:
    """At 4,096 units of what is shown, between characters; whatever people and links are called."""
    made = calling(giant(), *[Mention(person="p", title="张" * 100)] * 40)
    many = replace(
        made, links=tuple(Link(name=f"l{n}", title="x" * 99, url="https://x.example/" + "y" * 900) for n in "12")
    )
    for message in (giant(), made, many):
        for has_buttons in (True, False):
            shown = parsed(text(message, has_buttons=has_buttons))
            assert shown is not None
            assert len(shown.encode("utf-16-le")) // 2 <= 4096
    assert (parsed(text(giant(), has_buttons=True)) or "").endswith("…")
    assert (parsed(text(giant(), has_buttons=False)) or "").endswith(giant().links[-1].url)
    assert len(keyboard(many.links, ())[0][0]["text"]) == 64


@pytest.mark.parametrize(("written", "chat"), [("-1001", "-1001"), ("'-1001'", "-1001"), ("'@ops_room'", "@ops_room")])
def test_a_chat_is_a_number_or_a_name(tmp_path: Path, written: str, chat: str) -> None:
    """As people copy it."""
    plan = plan_of(tmp_path, f"channels: {{a: {{type: telegram, token: {{env: T}}, chat_id: {written}}}}}", T="1:a")
    assert plan.channels["a"].settings["chat_id"] == chat


@pytest.mark.parametrize(
    ("settings", "column", "complaint"),
    [
        ("chat_id: ops", 58, "must be the id of a chat, such as -1001234567890"),
        ("chat_id: true", 58, "must be the id of a chat"),
        ("chat_id: 1, topic: 0", 68, "must be the number of a topic"),
    ],
)
def test_settings_that_cannot_work_are_errors(tmp_path: Path, settings: str, column: int, complaint: str) -> None:
    """At their place."""
    (problem,) = problems_of(tmp_path, f"channels: {{a: {{type: telegram, token: {{env: T}}, {settings}}}}}", T="1:a")
    assert (problem.column, complaint in problem.message) == (column, True), problem.message


@pytest.mark.parametrize("host", ["wiki.example", "wiki"])
async def test_what_is_asked_has_a_button(telegram: FakeTelegram, host: str) -> None:
    """Above the links, and also where an address is one that Telegram takes no button for; none without a secret."""
    asking = said("zh")
    links = (Link(name="runbook", title="处置手册", url=f"http://{host}/gateway"),)
    asking = replace(asking, body={**asking.body, "asks": ["restore"]}, links=links)
    async with to(telegram, callback_secret=Secret("s")) as sender:
        await sender.send(asking)
    async with to(telegram) as sender:
        await sender.send(asking)
    given, without = telegram.sent.values()
    first, *rest = given["reply_markup"]["inline_keyboard"]
    assert [each["text"] for each in first] == ["已恢复", "仍未恢复"]
    presses = [press for each in first if (press := read_value(each["callback_data"])) is not None]
    assert [(press.action, press.delivery) for press in presses] == [
        ("restore", asking.id),
        ("still_broken", asking.id),
    ]
    assert without.get("reply_markup", {"inline_keyboard": []})["inline_keyboard"] == rest
    assert len(rest) == (host == "wiki.example")


def test_a_secret_that_telegram_does_not_take_is_an_error(tmp_path: Path) -> None:
    """By the Bot API: letters, digits, dashes and underscores, at most 256."""
    settings = f"type: telegram, token: {{env: T}}, chat_id: '{CHAT}', callback_secret: {{env: S}}"
    text = f"channels: {{a: {{{settings}}}}}"
    assert problems_of(tmp_path, text, T=TOKEN, S="Aa0_-" * 51) == []
    for secret in ("a b", "ü", "x" * 257):
        (problem,) = problems_of(tmp_path, text, T=TOKEN, S=secret)
        assert "must be 1 to 256 letters, digits, dashes and underscores" in problem.message
