"""What Slack is sent, by a bot and by an incoming webhook, and what becomes of it there."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests._plan.written import problems_of
from tests.send.contract import Receiver, StandingClock, receiving
from tests.send.fakes.slack import CHANNEL, TOKEN, WEBHOOK, FakeSlack, faults, shown
from tests.send.samples import message

from tocsin._core.errors import ConfigurationError, SendRefused, TrySendAgain
from tocsin._core.message import Link, Mention, Message
from tocsin._core.plan import Channel
from tocsin._core.press import read_value
from tocsin._core.secret import Secret
from tocsin.send.blocks import card
from tocsin.send.kinds.slack import Slack
from tocsin.send.registry import open_session


@pytest.fixture
def slack() -> FakeSlack:
    """A workspace."""
    return FakeSlack()


@pytest.fixture
async def receiver(slack: FakeSlack) -> AsyncIterator[Receiver]:
    """Where it listens."""
    async with receiving() as receiver:
        receiver.answer = slack.answer
        yield receiver


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """The session that all channels share."""
    async with open_session() as session:
        yield session


def opened(session: aiohttp.ClientSession, **settings: Any) -> Slack:
    """A channel with these settings."""
    return Slack(Channel(name="ops", type="slack", settings=settings), session=session, clock=StandingClock())


@pytest.fixture
def bot(receiver: Receiver, session: aiohttp.ClientSession) -> Slack:
    """The channel by a bot."""
    return opened(session, url=f"{receiver.address}/api", token=Secret(TOKEN), channel=CHANNEL)


@pytest.fixture
def webhook(receiver: Receiver, session: aiohttp.ClientSession) -> Slack:
    """The channel by an incoming webhook."""
    return opened(session, url=Secret(receiver.address + WEBHOOK))


def saying(text: str, **changes: Any) -> Message:
    """A message in which an alert had its way with every text."""
    return replace(
        message(), subject=text, plain=f"{text}\n{text}", mentions=(Mention(person="p", title=text),), **changes
    )


async def test_the_card_has_title_text_buttons_and_state(bot: Slack, slack: FakeSlack) -> None:
    """The subject first, with the tier's icon; then the text, the links, and how the incident stands in its colour."""
    await bot.send(message())
    (posted,) = slack.heads
    header, text, actions = posted["blocks"]
    assert header["text"]["text"] == "🔴 [HIGH][Critical function outage] Payment gateway down"
    assert text["elements"][0]["elements"][0]["text"].startswith("Opened: 3 of 5 alerts firing")
    assert [(each["text"]["text"], each["url"]) for each in actions["elements"]] == [
        (link.title, link.url) for link in message().links
    ]
    (state,) = posted["attachments"]
    assert state["color"] == "#d32f2f"
    assert state["blocks"][0]["text"]["text"].startswith("🔴 INC-261205-7K2M9P v3 | open, firing | RTO by")
    assert posted["text"].startswith("🔴 [HIGH][Critical function outage] Payment gateway down\nOpened: 3 of 5")
    assert (posted["channel"], posted["unfurl_links"], posted["unfurl_media"]) == (CHANNEL, False, False)


async def test_an_incident_is_one_thread_and_its_head_is_kept_up_to_date(bot: Slack, slack: FakeSlack) -> None:
    """Later messages are replies to the first, whose text stays and whose state and colour follow."""
    thread = await bot.send(message())
    (head,) = slack.heads
    blocks = head["blocks"]
    over = message(event="restored", incident={"state": "restored", "signals": "cleared", "revision": 4})
    assert await bot.send(replace(over, thread=thread)) == thread
    assert slack.calls == ["chat.postMessage", "chat.update", "chat.postMessage"]
    (reply,) = slack.replies
    assert (reply["thread_ts"], reply["reply_broadcast"]) == ("1796432520.000001", False)
    assert reply["blocks"][0]["text"]["text"].startswith("🟢 ")
    assert head["blocks"] == blocks
    assert head["attachments"][0]["color"] == "#388e3c"
    assert head["attachments"][0]["blocks"][0]["text"]["text"].startswith("🟢 INC-261205-7K2M9P v4 | restored")


@pytest.mark.parametrize("event", ["tier_raised", "reopened", "rto_missed"])
async def test_what_all_must_see_is_shown_in_the_channel_too(bot: Slack, slack: FakeSlack, event: str) -> None:
    """A reply is otherwise seen only by those who follow the thread."""
    thread = await bot.send(message())
    await bot.send(replace(message(event=event), thread=thread))
    assert slack.replies[0]["reply_broadcast"] is True


async def test_a_reply_that_is_tried_again_is_posted_once(bot: Slack, slack: FakeSlack) -> None:
    """A reply that was not taken changed the head at most, which is the same when it is done twice."""
    thread = await bot.send(message())
    slack.fails["chat.postMessage"] = 429
    with pytest.raises(TrySendAgain) as caught:
        await bot.send(replace(message(event="acknowledged"), thread=thread))
    assert caught.value.retry_after == 30
    slack.fails.clear()
    await bot.send(replace(message(event="acknowledged"), thread=thread))
    assert len(slack.replies) == 1


@pytest.mark.parametrize("fault", ["cant_update_message", "ratelimited", 429, 500])
async def test_a_head_that_cannot_be_changed_holds_up_nothing(bot: Slack, slack: FakeSlack, fault: str | int) -> None:
    """The reply is what counts."""
    thread = await bot.send(message())
    slack.fails["chat.update"] = fault
    await bot.send(replace(message(event="acknowledged"), thread=thread))
    assert len(slack.replies) == 1


@pytest.mark.parametrize("fault", ["thread_not_found", "cannot_reply_to_message", "restricted_action_thread_locked"])
async def test_a_thread_that_is_gone_begins_anew(bot: Slack, slack: FakeSlack, fault: str) -> None:
    """Somebody deleted or locked it: the message becomes the head of another."""
    thread = await bot.send(message())
    gone = thread.replace("000001", "000009") if fault == "thread_not_found" else thread
    slack.locked = "" if fault == "thread_not_found" else fault
    later = await bot.send(replace(message(event="updated"), thread=gone))
    assert later not in (thread, gone)
    assert len(slack.heads) == 2


async def test_a_thread_of_another_channel_is_not_followed(bot: Slack, slack: FakeSlack) -> None:
    """The plan may have sent the group elsewhere while the incident was open."""
    later = await bot.send(replace(message(event="updated"), thread="1.2 C999 C999"))
    assert later == f"1796432520.000001 {CHANNEL} {CHANNEL}"
    assert slack.calls == ["chat.postMessage"]


async def test_a_webhook_posts_the_same_card(webhook: Slack, slack: FakeSlack) -> None:
    """Each message by itself: a webhook is not told where it went."""
    assert await webhook.send(replace(message(), thread=f"1.2 {CHANNEL} {CHANNEL}")) == ""
    assert slack.heads == [card(message())]


@pytest.mark.parametrize(("status", "error"), [(400, SendRefused), (410, SendRefused), (500, TrySendAgain)])
async def test_a_webhook_says_no(webhook: Slack, slack: FakeSlack, status: int, error: type[Exception]) -> None:
    """By its status; what it said stands in the error."""
    slack.fails["webhook"] = status
    with pytest.raises(error, match=f"answered {status}: (channel_is_archived|invalid_payload)"):
        await webhook.send(message())


async def test_a_webhook_that_does_not_say_ok_is_tried_again(webhook: Slack, receiver: Receiver) -> None:
    """A proxy answered, or nobody knows who."""
    receiver.answer = receiver.reply(b"<html>")
    with pytest.raises(TrySendAgain, match="did not take it: <html>"):
        await webhook.send(message())


@pytest.mark.parametrize("event", ["digest", "test", "channel_down", "channel_up"])
async def test_what_is_about_no_incident_is_sent(bot: Slack, slack: FakeSlack, event: str) -> None:
    """By itself, and without a thread."""
    odd = Message(
        id="d-1", event=event, group="command", incident="", subject="A test", text="It works.", body={},
        plain="It works.",
    )  # fmt: skip
    assert await bot.send(odd) == ""
    (posted,) = slack.heads
    assert posted["blocks"][0]["text"]["text"] == "🔔 A test"
    assert "It works." in shown(posted)


async def test_the_check_asks_whose_token_it_is(bot: Slack, webhook: Slack, slack: FakeSlack) -> None:
    """Nothing is posted; a webhook cannot be asked."""
    assert await bot.check()
    assert not await webhook.check()
    assert slack.calls == ["auth.test"]
    slack.fails["auth.test"] = "token_revoked"
    with pytest.raises(SendRefused, match=re.escape("auth.test answered token_revoked")):
        await bot.check()
    assert not slack.posted


def test_people_are_mentioned_by_account() -> None:
    """A member, a user group; who has no account is named."""
    called = (
        Mention(person="a", account="U0123ABCD"),
        Mention(person="b", account="S0123ABCD"),
        Mention(person="c", title="张伟", account="<!channel>"),
    )
    elements = card(replace(message(), mentions=called))["blocks"][1]["elements"][0]["elements"]
    assert elements[:5:2] == [
        {"type": "user", "user_id": "U0123ABCD"},
        {"type": "usergroup", "usergroup_id": "S0123ABCD"},
        {"type": "text", "text": "@张伟"},
    ]


NASTY = ["<!channel>", "<!here|x>", "<@U0123ABCD>", "<http://evil|ok>", "&lt;!channel&gt;", "*b* _i_ `c` ~s~", "@here"]


@given(st.lists(st.sampled_from([*NASTY, "a", " ", "支付", "👩‍🚒", "&", "<", ">"]), max_size=60).map("".join))
def test_text_of_others_mentions_nobody_and_links_nowhere(text: str) -> None:
    """Blocks have only texts in which Slack parses nothing; what notifications show has no bracket."""
    body = card(saying(f"x{text}"))
    assert not faults(body)
    assert not re.search("[<>]", body["text"])
    assert not re.search("&(?!amp;|lt;|gt;)", body["text"])
    kinds = set(re.findall(r"'type': '([a-z_]+)'", str(body)))
    assert kinds <= {"header", "plain_text", "rich_text", "rich_text_section", "text", "actions", "button", "section"}
    if len(text) < 20:
        assert text.strip() in shown(body)


@given(st.integers(0, 4000), st.sampled_from(["a", "<", "&", "支", "😀", "e\u0301"]))
def test_long_text_is_cut_to_what_slack_takes(length: int, char: str) -> None:
    """With an ellipsis, never within an entity or a character, and with all the links kept."""
    body = card(saying(f"x{char * length}", links=(Link(name="respond", title=char * 200, url="https://x.example/r"),)))
    assert not faults(body)
    assert body["blocks"][-1]["elements"][0]["url"] == "https://x.example/r"
    whole = {"<": "&lt;", "&": "&amp;"}.get(char, char)
    for text in re.findall(r"'text': '([^']+)…'", str(body)):
        rest = re.sub(r"🔴 |@|x|\\n", "", text)
        assert rest.replace(whole if whole in rest else char, "") == "", text


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ("{type: slack}", "needs either `url`, an incoming webhook, or `token` and `channel`"),
        ("{type: slack, token: {env: T}}", "needs `token` and `channel` together; write `channel` too"),
        ("{type: slack, url: {env: T}, channel: C1}", "needs `token` and `channel` together; write `token` too"),
    ],
)
def test_settings_that_cannot_work_are_errors_of_the_plan(tmp_path: Path, settings: str, complaint: str) -> None:
    """With the place of the channel."""
    (problem,) = problems_of(tmp_path, f"channels:\n  ops: {settings}\n", T="https://hooks.example/x")
    assert (problem.line, problem.column) == (2, 8)
    assert complaint in problem.message


@pytest.mark.parametrize("token", ["xoxb 1", "xoxb\r\nX-Key: 1", "кси"])
async def test_a_token_that_no_header_can_hold_is_said_at_once(session: aiohttp.ClientSession, token: str) -> None:
    """When the channel is opened, and without the token."""
    with pytest.raises(ConfigurationError, match=r"^channels\.ops\.token is no token: write one word, without spaces$"):
        opened(session, token=Secret(token), channel=CHANNEL)


@pytest.mark.parametrize("is_bot", [True, False])
async def test_what_is_asked_has_a_button(
    receiver: Receiver, session: aiohttp.ClientSession, slack: FakeSlack, is_bot: bool
) -> None:
    """Before the links, by bot and webhook, where a press comes back; it says the delivery that it came with."""
    bot = {"url": f"{receiver.address}/api", "token": Secret(TOKEN), "channel": CHANNEL}
    settings = bot if is_bot else {"url": Secret(receiver.address + WEBHOOK)}
    asking = message()
    asking = replace(asking, body={**asking.body, "asks": ["restore"]})
    await opened(session, **settings).send(asking)
    await opened(session, **settings, signing_secret=Secret("s")).send(asking)
    without, given = (next(b for b in head["blocks"] if b["type"] == "actions")["elements"] for head in slack.heads)
    assert all("url" in button for button in without)
    assert [(each["text"]["text"], each.get("style", "")) for each in given[:2]] == [
        ("It is restored", "primary"),
        ("It is still broken", ""),
    ]
    presses = [press for each in given[:2] if (press := read_value(each["value"])) is not None]
    said = [(press.action, press.delivery) for press in presses]
    assert said == [("restore", asking.id), ("still_broken", asking.id)]
    assert [each.get("style", "") for each in given[2:]] == [""] * len(without)
