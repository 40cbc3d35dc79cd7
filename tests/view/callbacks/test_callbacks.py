"""What people do at a channel's tool becomes an act upon our incident: whose, for whom, and never twice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.view.callbacks.conftest import CHANNELS, ZHANG, Calling
from tests.view.callbacks.tools import SLACK, Callback, feishu, pagerduty, slack, telegram

from tocsin._core.action import FalseAlarm, Lower
from tocsin._core.errors import Busy, Forbidden, StoreUnavailable
from tocsin._core.model import Tier
from tocsin._core.plan import Channel
from tocsin._core.press import read_value, value_of
from tocsin._core.secret import Secret
from tocsin._core.times import DAY, MINUTE


async def test_slack_button(calling: Calling) -> None:
    """The person whose account the plan knows acts under their own name, as proved; Slack is answered nothing, and
    shows the person what is posted to where it says."""
    value = await calling.button("acknowledge", "technical")
    assert await calling.post("technical-hook", slack(value, at=calling.seconds)) == (200, None)
    assert await calling.entries() == [("acknowledged", "zhang.wei", "slack", True, "technical")]
    incident = await calling.world.incident()
    assert (incident.state, incident.acknowledged_by) == ("acknowledged", "zhang.wei")
    assert calling.counted == {("technical-hook", "done"): 1}
    said = {"response_type": "ephemeral", "replace_original": False, "text": "Done: recorded that you have it."}
    assert calling.replies == [("https://hooks.slack.com/actions/T9TK3CUKW/1/2", said)]


@pytest.mark.parametrize(
    ("address", "is_taken"),
    [
        ("https://hooks.slack.com/actions/1", True),
        ("https://hooks.slack-gov.com/actions/1", True),
        ("http://127.0.0.1:9900/actions/1", True),
        ("http://hooks.slack.com/actions/1", False),
        ("https://hooks.slack.com:8443/actions/1", False),
        ("https://hooks.slack.com.example/1", False),
        ("https://hooks.slack.com@127.0.0.1/1", False),
        ("http://169.254.169.254/latest", False),
        ("https://[/", False),
        ("", False),
    ],
)
async def test_where_slack_is_told_more(calling: Calling, address: str, is_taken: bool) -> None:
    """Only at Slack's own hosts, or where the channel's `url` says that Slack is."""
    settings = {"signing_secret": Secret(SLACK), "url": "http://127.0.0.1:9900/services"}
    channel = Channel(name="technical-hook", type="slack", settings=settings)
    calling.world.plan = replace(calling.world.plan, channels={**CHANNELS, "technical-hook": channel})
    value = await calling.button("acknowledge", "technical")
    await calling.post("technical-hook", slack(value, at=calling.seconds, reply_to=address))
    assert [each for each, _ in calling.replies] == ([address] if is_taken else [])


async def test_telegram_button(calling: Calling) -> None:
    """The answer is the method call that shows the person what became of it, in the language of the message."""
    value = await calling.button("acknowledge", "business")
    assert len(value.encode()) <= 64, "what Telegram lets a button say"
    status, answer = await calling.post("business-hook", telegram(value))
    assert status == 200
    assert answer == {
        "method": "answerCallbackQuery",
        "callback_query_id": "4382bfdwdsb323b2d9",
        "text": "已记录：您已确认收到。",
    }
    assert [entry[:4] for entry in await calling.entries()] == [("acknowledged", "zhang.wei", "telegram", True)]


@pytest.mark.parametrize("is_object", [True, False])
async def test_feishu_button(calling: Calling, is_object: bool) -> None:
    """An encrypted and signed callback is read, whichever shape the value has; a toast says what became of it."""
    value = await calling.button("acknowledge", "legal")
    callback = feishu({"press": value} if is_object else value, at=calling.seconds)
    status, answer = await calling.post("legal-hook", callback)
    assert (status, answer) == (200, {"toast": {"type": "info", "content": "Done: recorded that you have it."}})
    assert [entry[:4] for entry in await calling.entries()] == [("acknowledged", "zhang.wei", "feishu", True)]


async def test_pagerduty_acknowledgement(calling: Calling) -> None:
    """Who acknowledges there has acknowledged here; the incident is found by the key that our page bore."""
    incident = await calling.world.incident()
    callback = pagerduty("incident.acknowledged", at=calling.now, key=incident.id)
    assert await calling.post("command-hook", callback) == (200, None)
    assert await calling.entries() == [("acknowledged", "zhang.wei", "pagerduty", True, "command")]


async def test_pagerduty_resolve(calling: Calling) -> None:
    """A page that is resolved while alerts fire is put on record and restores nothing; once they are quiet it does."""
    incident = await calling.world.incident()
    await calling.post("command-hook", pagerduty("incident.resolved", at=calling.now, key=incident.id, event="1"))
    assert [entry[0] for entry in await calling.entries()] == ["noted"]
    assert (await calling.world.incident()).state == "open"
    await calling.world.resolve()
    await calling.world.settle()
    await calling.post("command-hook", pagerduty("incident.resolved", at=calling.now, key=incident.id, event="2"))
    assert [entry[0] for entry in await calling.entries()] == ["noted", "restored"]
    await calling.post("command-hook", pagerduty("incident.resolved", at=calling.now, key=incident.id, event="3"))
    assert len(await calling.entries()) == 2, "it is over here already"
    await calling.post("command-hook", pagerduty("incident.reopened", at=calling.now, key=incident.id, event="4"))
    assert (await calling.entries())[-1][0] == "still_broken"


async def test_pagerduty_note(calling: Calling) -> None:
    """A note bears PagerDuty's own name of the incident alone; it is ours by any event before, whoever caused that."""
    incident = await calling.world.incident()
    note = pagerduty("incident.annotated", at=calling.now, note="disk is full", event="n1")
    assert (await calling.post("command-hook", note))[0] == 200
    assert calling.counted["command-hook", "unknown"] == 1
    await calling.post("command-hook", pagerduty("incident.triggered", at=calling.now, key=incident.id, agent=None))
    again = pagerduty("incident.annotated", at=calling.now, note="disk is full", event="n2")
    await calling.post("command-hook", again)
    assert [entry[:3] for entry in await calling.entries()] == [("noted", "zhang.wei", "pagerduty")]
    assert calling.world.told("command")[-1] == "noted"


@pytest.mark.parametrize("agent", [None, {"id": "PXX", "type": "inbound_integration_reference"}])
async def test_no_loop(calling: Calling, agent: dict[str, str] | None) -> None:
    """What our own messages, programs and time do there is not done again; a foreign page is no alert."""
    incident = await calling.world.incident()
    callback = pagerduty("incident.acknowledged", at=calling.now, key=incident.id, agent=agent)
    assert await calling.post("command-hook", callback) == (200, None)
    foreign = pagerduty("incident.triggered", at=calling.now, key="somebody else's", event="other")
    assert await calling.post("command-hook", foreign) == (200, None)
    missing = pagerduty("incident.acknowledged", at=calling.now, key="INC-260101-AAAAAA", event="missing")
    assert await calling.post("command-hook", missing) == (200, None)
    assert await calling.entries() == []
    assert calling.counted == {("command-hook", "ignored"): 1, ("command-hook", "unknown"): 2}
    assert len(await calling.world.incidents()) == 1


async def test_only_incidents_that_were_told_there(calling: Calling) -> None:
    """A tool has no say about an incident of which it carried no message."""
    incident = await calling.world.incident()
    calling.world.plan = replace(calling.world.plan, channels={
        **CHANNELS, "elsewhere": Channel(name="elsewhere", type="pagerduty", settings={"webhook_secret": Secret("x")})
    })  # fmt: skip
    callback = pagerduty("incident.acknowledged", at=calling.now, key=incident.id, secrets=("x",))
    assert await calling.post("elsewhere", callback) == (200, None)
    value = await calling.button("acknowledge", "business")
    assert await calling.post("technical-hook", slack(value, at=calling.seconds)) == (200, None)
    assert await calling.entries() == []
    assert calling.counted == {("elsewhere", "unknown"): 1, ("technical-hook", "unknown"): 1}


async def test_one_app_for_several_channels(calling: Calling) -> None:
    """A tool has one address for callbacks: what is pressed on another channel of the same app comes there too."""
    unset = await calling.button("acknowledge", "data")
    assert await calling.post("technical-hook", slack(unset, at=calling.seconds)) == (200, None)
    assert await calling.entries() == [], "without a secret it has no buttons, so nobody pressed one"
    data = replace(CHANNELS["technical-hook"], name="data-hook")
    calling.world.plan = replace(calling.world.plan, channels={**CHANNELS, "data-hook": data})
    value = await calling.button("acknowledge", "data")
    assert await calling.post("technical-hook", slack(value, at=calling.seconds, user="U0OTHER")) == (200, None)
    assert await calling.entries() == [("acknowledged", "slack:U0OTHER", "slack", False, "data")]


async def test_what_a_client_made_up(calling: Calling) -> None:
    """A client that somebody wrote may say that a button was pressed which it was not given: each is sealed."""
    value = await calling.button("acknowledge", "business")
    for number, made_up in enumerate((value.replace("acknowledge", "still_broken"), value[:-8] + "0" * 8)):
        status, answer = await calling.post("business-hook", telegram(made_up, update=number))
        assert status == 200
        assert answer["text"] == "Not done: this button is not known here any more."
    assert await calling.entries() == []


async def test_who_is_not_known_there(calling: Calling) -> None:
    """They act under the tool's name for them, for the group that was asked, unverified."""
    value = await calling.button("acknowledge", "technical")
    await calling.post("technical-hook", slack(value, at=calling.seconds, user="U0STRANGER"))
    assert await calling.entries() == [("acknowledged", "slack:U0STRANGER", "slack", False, "technical")]
    nasty = slack(value, at=calling.seconds, user="<!channel> \u202e")
    await calling.post("technical-hook", nasty)
    assert (await calling.entries())[-1][1] == "slack"


@pytest.mark.parametrize("act", [Lower(tier=Tier.LOW, reason="x"), FalseAlarm(reason="x")])
async def test_a_stranger_may_what_a_link_may(calling: Calling, act: Lower | FalseAlarm) -> None:
    """Whoever the plan does not know lowers nothing and ends no high incident, for whatever group they act."""
    with pytest.raises(Forbidden, match="does not know at the tool"):
        await calling.world.act(act, by="slack:U0", group="command", via="slack", stand_in=True)


async def test_a_known_person_acts_for_their_own_group(calling: Calling) -> None:
    """Where the message asked another group, the press counts for the person's own, the lead before others."""
    value = await calling.button("acknowledge", "business")
    await calling.post("business-hook", telegram(value))
    assert (await calling.entries())[-1][4] == "technical"
    world = calling.world
    world.plan = replace(world.plan, people={"zhang.wei": replace(ZHANG, groups=("legal", "business"))})
    await calling.post("business-hook", telegram(value, update=2))
    assert (await calling.entries())[-1][4] == "business"


async def test_the_same_again_does_nothing(calling: Calling) -> None:
    """Sent again, a callback is answered and does nothing; one that was not dealt with may come again."""
    incident = await calling.world.incident()
    await calling.post("command-hook", pagerduty("incident.triggered", at=calling.now, key=incident.id, event="t"))
    note = pagerduty("incident.annotated", at=calling.now, note="disk is full", event="n")
    for error in (Busy("later"), StoreUnavailable("away")):
        calling.fail = error
        assert (await calling.post("command-hook", note))[0] == 503
    calling.fail = None
    for _ in range(3):
        assert (await calling.post("command-hook", note))[0] == 200
    assert [entry[0] for entry in await calling.entries()] == ["noted"]
    assert calling.counted["command-hook", "repeated"] == 2


async def test_old_events_are_replays(calling: Calling) -> None:
    """PagerDuty's signature knows no time, so an event of long ago does nothing, nor does one of no time."""
    incident = await calling.world.incident()
    at = calling.now
    calling.world.clock.advance(7 * DAY + MINUTE)
    for when in (at, "yesterday"):
        callback = pagerduty("incident.acknowledged", at=when, key=incident.id, event=when)
        assert await calling.post("command-hook", callback) == (200, None)
    assert calling.counted["command-hook", "ignored"] == 2


async def test_what_the_incident_does_not_take(calling: Calling) -> None:
    """A press that comes too late changes nothing, and the person is told."""
    await calling.world.resolve()
    await calling.world.settle()
    value = await calling.button("restore", "business")
    status, answer = await calling.post("business-hook", telegram(value))
    assert (status, answer["text"]) == (200, "已记录：已恢复。")
    acknowledge = await calling.button("acknowledge", "business")
    status, answer = await calling.post("business-hook", telegram(acknowledge, update=2))
    assert status == 200
    assert answer["text"].startswith("尚未生效：事件目前不接受这一操作")
    assert calling.counted["business-hook", "refused"] == 1
    gone = value_of("acknowledge", "inc-260101-aaaaaa-1-0123456789ab", CHANNELS["business-hook"])
    status, answer = await calling.post("business-hook", telegram(gone, update=3))
    assert (status, answer["text"]) == (200, "Not done: this button is not known here any more.")


@pytest.mark.parametrize(
    "value",
    [
        *("", "lower|inc-260101-aaaaaa-1-0123456789ab|01234567", "acknowledge", "acknowledge|INC 1|01234567", None, 7),
        *("acknowledge|" + "a" * 41 + "|01234567", "acknowledge|inc-1-0123456789ab", "acknowledge|a|0123456g"),
    ],
)
def test_what_is_no_button(value: object) -> None:
    """A button says an action that needs no words, and a delivery; nothing else is read as one."""
    assert read_value(value) is None


@pytest.mark.parametrize(
    "callback",
    [
        Callback(b"{}", {"X-Telegram-Bot-Api-Secret-Token": "telegram-callback-secret"}),
        Callback(b"[" * 9999, {"X-Telegram-Bot-Api-Secret-Token": "telegram-callback-secret"}),
        Callback(b'{"callback_query": {"id": []}}', {"X-Telegram-Bot-Api-Secret-Token": "telegram-callback-secret"}),
        telegram("somebody else's button"),
    ],
)
async def test_what_asks_for_nothing(calling: Calling, callback: Callback) -> None:
    """What is proved, and is no press of ours, is answered and ignored."""
    assert (await calling.post("business-hook", callback))[0] == 200
    assert calling.counted == {("business-hook", "ignored"): 1}
