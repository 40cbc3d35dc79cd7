"""What a channel at Mattermost is sent, and what becomes of it there."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from tests._plan.written import problems_of
from tests.send.fakes.mattermost import CHANNEL, TOKEN, WEBHOOK, FakeMattermost, calls
from tests.send.talking import NASTY, about_none, calling, channel, giant, nasty, said

from tocsin._core.errors import SendRefused, TrySendAgain
from tocsin._core.message import Mention
from tocsin._core.secret import Secret
from tocsin.send.kinds.mattermost import post


def by_bot(server: FakeMattermost, **settings: Any) -> Any:
    """A channel there by a bot."""
    return channel("mattermost", server.answer, **{"token": Secret(TOKEN), "channel_id": CHANNEL, **settings})


async def test_the_subject_is_text_and_the_rest_an_attachment() -> None:
    """A lock screen shows text; the attachment has the tier's colour, and the links below."""
    server = FakeMattermost()
    async with by_bot(server) as sender:
        await sender.send(said())
    (posted,) = server.posts.values()
    assert posted["message"] == "🔴 **[HIGH][Critical function outage] Payment gateway down**"
    (attachment,) = posted["props"]["attachments"]
    assert attachment["color"] == "#d32f2f"
    assert attachment["fallback"] == "[HIGH][Critical function outage] Payment gateway down"
    assert attachment["text"].startswith("INC-261205-7K2M9P v3 | open, firing | RTO by")
    assert attachment["text"].endswith(" · ".join(f"[{link.title}]({link.url})" for link in said().links))
    assert post(said(event="restored", state="restored"))[1]["color"] == "#388e3c"


async def test_an_incident_is_one_thread() -> None:
    """Later posts answer the first; when that is gone, or the plan names another channel, the next begins another."""
    server = FakeMattermost()
    async with by_bot(server) as sender:
        thread = await sender.send(said())
        root = thread.split(" ")[0]
        later = replace(said(event="acknowledged"), id="d-2", thread=thread)
        assert await sender.send(later) == thread
        assert [each.get("root_id") for each in server.posts.values()] == [None, root]
        server.is_deleted = True
        other = await sender.send(replace(said(event="restored"), id="d-3", thread=thread))
        assert other not in ("", thread)
        await sender.send(replace(said(event="closed"), id="d-4", thread=f"{root} {'x' * 26}"))
        assert "root_id" not in list(server.posts.values())[-1]


async def test_a_post_whose_answer_was_lost_is_there_once() -> None:
    """The next try has the same pending id, by which the server knows it."""
    server = FakeMattermost(deaf=True)
    async with by_bot(server) as sender:
        with pytest.raises(TrySendAgain, match="answered 502"):
            await sender.send(said())
        assert (await sender.send(said())).startswith(next(iter(server.posts)))
    assert len(server.posts) == 1


async def test_a_webhook_posts_the_same() -> None:
    """Each post by itself: a webhook is not told where it went. What is not its yes is tried again."""
    server = FakeMattermost()
    async with channel("mattermost", server.answer, WEBHOOK) as sender:
        assert await sender.send(replace(said(), thread="1 2")) == ""
        assert not await sender.check()
    text, attachment = post(said())
    assert list(server.posts.values()) == [{"text": text, "attachments": [attachment]}]


async def test_a_no_is_told() -> None:
    """With what the server said; a token that it does not know is told by the check too."""
    async with by_bot(FakeMattermost(), channel_id="y" * 26) as sender:
        assert await sender.check()
        with pytest.raises(SendRefused, match=r"answered 403: .*appropriate permissions"):
            await sender.send(said())
    async with by_bot(FakeMattermost(), token=Secret("another")) as sender:
        for asked in (sender.send(said()), sender.check()):
            with pytest.raises(SendRefused, match="answered 401"):
                await asked


async def test_what_is_about_no_incident_is_sent() -> None:
    """Without a thread."""
    server = FakeMattermost()
    async with by_bot(server) as sender:
        assert await sender.send(about_none()) == ""
    (posted,) = server.posts.values()
    assert posted["message"] == "🔔 **Test**"
    assert posted["props"]["attachments"][0]["text"] == "This is a test of the channel."


def test_people_are_called_by_name() -> None:
    """By their user name, with or without the sign; words that call everybody are no names."""
    people = (
        Mention(person="a", account="zhang.wei"),
        Mention(person="b", account="@li.na"),
        Mention(person="c", title="Everybody", account="channel"),
        Mention(person="d", title="王强"),
    )
    text, _ = post(calling(said(), *people))
    assert text.split("\n")[1] == "@zhang.wei @li.na Everybody 王强"
    assert list(calls(text)) == ["zhang.wei", "li.na"]


@given(NASTY)
def test_text_of_others_is_text(nastiness: str) -> None:
    """It calls nobody, is no mark-up, and links nowhere but to addresses that it shows."""
    text, attachment = post(nasty(nastiness))
    shown = text.replace("**", "") + "\n" + attachment["text"]
    assert not list(calls(shown))
    assert not re.search(r"[<`*~\\]|(?m:^ ?[#>])", shown)
    assert re.findall(r"\]\(([^)]*)\)", shown) == [
        "https://tocsin.example/r/inc-261205-7k2m9p-1-nmhmq5",
        "https://a.example/%28b%29",
    ]


def test_a_long_text_is_cut_and_its_links_stay() -> None:
    """Between characters, below what a post may have."""
    crowd = [Mention(person="p", title="张" * 100)] * 90
    text, attachment = post(calling(replace(giant(), subject="支" * 3000), *crowd))
    assert len(text) < 16383
    assert len(attachment["text"]) < 16383
    told, _, links = attachment["text"].rpartition("\n\n")
    assert told.endswith("…")
    assert links.endswith(f"({giant().links[-1].url})")


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        (
            "url: 'https://m.example', token: {env: T}",
            "`token` and `channel_id` together; write `channel_id` too",
        ),
        (f"url: 'https://m.example', channel_id: {CHANNEL}", "together; write `token` too, or take `channel_id` out"),
        ("url: 'https://m.example', token: {env: T}, channel_id: ops", "must be the id of a channel, 26 small letters"),
        ("token: {env: T}", "`url` is missing"),
    ],
)
def test_settings_that_cannot_work_are_errors(tmp_path: Path, settings: str, complaint: str) -> None:
    """As mistakes of the plan."""
    (problem,) = problems_of(tmp_path, f"channels: {{a: {{type: mattermost, {settings}}}}}", T="t")
    assert complaint in problem.message
