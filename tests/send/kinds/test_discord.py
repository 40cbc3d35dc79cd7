"""What a channel at Discord is sent, and what becomes of it there."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from tests.send.fakes.discord import CHANNEL, WEBHOOK, FakeDiscord, calls, faults
from tests.send.talking import NASTY, about_none, calling, channel, giant, nasty, said

from tocsin._core.errors import SendRefused, TrySendAgain
from tocsin._core.message import Link, Mention
from tocsin.send.kinds.discord import body


def to(discord: FakeDiscord, **settings: Any) -> Any:
    """A channel there with these settings."""
    return channel("discord", discord.answer, WEBHOOK, **settings)


async def test_the_subject_is_text_and_the_rest_an_embed() -> None:
    """A lock screen shows text; the embed has the tier's colour, and the links below."""
    discord = FakeDiscord()
    async with to(discord) as sender:
        assert await sender.send(replace(said(), thread="1")) == ""
    ((place, posted),) = discord.posted
    assert place == CHANNEL
    assert posted["content"] == "🔴 [HIGH][Critical function outage] Payment gateway down"
    (embed,) = posted["embeds"]
    assert embed["color"] == 0xD32F2F
    assert embed["description"].startswith("INC-261205-7K2M9P v3 | open, firing | RTO by")
    assert embed["description"].endswith(" · ".join(f"[{link.title}]({link.url})" for link in said().links))
    assert posted["allowed_mentions"] == {"parse": [], "users": [], "roles": []}
    over = body(said(event="restored", state="restored"))
    assert (over["content"][0], over["embeds"][0]["color"]) == ("🟢", 0x388E3C)


async def test_in_a_forum_an_incident_is_a_post() -> None:
    """The first message begins it, later ones are in it; when it is gone, the next begins another."""
    discord = FakeDiscord(is_forum=True)
    async with to(discord, forum=True) as sender:
        thread = await sender.send(said())
        assert await sender.send(replace(said(event="acknowledged"), thread=thread)) == thread
        assert [place for place, _ in discord.posted] == [thread, thread]
        assert discord.posted[0][1]["thread_name"] == said().subject
        assert "thread_name" not in discord.posted[1][1]
        discord.threads.clear()
        await sender.send(replace(said(event="restored"), thread=thread))
        assert discord.posted[2][1]["thread_name"] == said(event="restored").subject
        assert await sender.send(about_none()) == ""


async def test_a_forum_that_is_not_called_one_is_refused() -> None:
    """Discord says what is missing."""
    async with to(FakeDiscord(is_forum=True)) as sender:
        with pytest.raises(SendRefused, match="forum channels must have a thread_name"):
            await sender.send(said())


@pytest.mark.parametrize(("busy", "wait"), [(1.5, 1.5), (90_000.0, 3600)])
async def test_what_discord_asks_to_wait_is_honoured(busy: float, wait: float) -> None:
    """In the body too, at most an hour counts."""
    async with to(FakeDiscord(busy=busy)) as sender:
        with pytest.raises(TrySendAgain, match="answered 429") as caught:
            await sender.send(said())
    assert caught.value.retry_after == wait


async def test_the_check_asks_for_the_webhook() -> None:
    """Nothing is posted; one that was deleted is told."""
    discord = FakeDiscord()
    async with to(discord) as sender:
        assert await sender.check()
    async with channel("discord", discord.answer, "/api/webhooks/1/gone-and-forgotten") as sender:
        with pytest.raises(SendRefused, match="Unknown Webhook"):
            await sender.check()
    assert not discord.posted


async def test_what_is_about_no_incident_is_sent() -> None:
    """With the text alone."""
    discord = FakeDiscord()
    async with to(discord) as sender:
        await sender.send(about_none())
    ((_, posted),) = discord.posted
    assert posted["content"] == "🔔 Test"
    assert posted["embeds"][0]["description"] == "This is a test of the channel."


def test_people_are_called_by_number() -> None:
    """A member, a role; who has no number is named. Nobody else is allowed to be called."""
    people = (
        Mention(person="a", account="80351110224678912"),
        Mention(person="b", account="&165511591545143296"),
        Mention(person="c", title="@everyone", account="@everyone"),
    )
    made = body(calling(said(), *people))
    assert made["content"].endswith("\n<@80351110224678912> <@&165511591545143296> ＠everyone")
    assert calls(made) == {"80351110224678912", "165511591545143296"}
    assert made["allowed_mentions"]["parse"] == []


@given(NASTY)
def test_text_of_others_is_text(nastiness: str) -> None:
    """It calls nobody, is no mark-up, and links nowhere but to addresses that it shows."""
    made = body(nasty(nastiness))
    assert not faults(made)
    assert not calls(made)
    shown = made["content"] + "\n" + made["embeds"][0]["description"]
    assert not re.search(r"[<`*~\\]|\|\||(?<![A-Za-z0-9])@\w|(?m:^ ?[#>])", shown)
    assert re.findall(r"\]\(([^)]*)\)", shown) == [
        "https://tocsin.example/r/inc-261205-7k2m9p-1-nmhmq5",
        "https://a.example/%28b%29",
    ]


def test_a_long_text_is_cut_and_its_links_stay() -> None:
    """Between characters, at what Discord takes, whatever people and links are called."""
    made = body(giant())
    assert not faults(made)
    text, _, links = made["embeds"][0]["description"].rpartition("\n\n")
    assert text.endswith("…")
    assert links.endswith(f"({giant().links[-1].url})")
    long = tuple(Link(name=each, title="x" * 99, url="https://x.example/" + "y" * 900) for each in "12")
    crowd = calling(replace(giant(), subject="支" * 3000, links=long), *[Mention(person="p", title="张" * 100)] * 40)
    assert not faults(body(crowd))
