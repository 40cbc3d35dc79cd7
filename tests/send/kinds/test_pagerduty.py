"""PagerDuty, by a server that behaves as its Events API v2 is documented."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests._plan.written import plan_of, problems_of, told
from tests.send.contract import Receiver, StandingClock, receiving
from tests.send.fakes.pagerduty import KEY, Events
from tests.send.samples import alert, alone, delivery, message, notice, vendor_message

from tocsin._core.errors import SendRefused, TrySendAgain
from tocsin._core.message import Message, Sender
from tocsin._core.plan import Channel
from tocsin._core.secret import Secret
from tocsin.send.body import render
from tocsin.send.kinds.pagerduty import KIND
from tocsin.send.registry import open_session

INCIDENT = "INC-261205-7K2M9P"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Where it listens."""
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
def events(receiver: Receiver) -> Events:
    """The API."""
    return Events(receiver)


@pytest.fixture
async def sender(receiver: Receiver, events: Events) -> AsyncIterator[Sender]:
    """A channel that calls it."""
    async with open_session() as session:
        yield KIND.open(channel(receiver), session=session, clock=StandingClock())


def channel(receiver: Receiver, key: str = KEY) -> Channel:
    """Its settings."""
    settings = {"routing_key": Secret(key), "url": f"{receiver.address}/v2/enqueue"}
    return Channel(name="pager", type="pagerduty", settings=settings)


async def test_its_alert_follows_the_incident(events: Events, sender: Sender) -> None:
    """It opens, is taken, and is resolved; what only tells makes no call; and what comes back calls anew."""
    seen = []
    for event, state in [
        ("opened", "open"), ("alerts_added", "open"), ("tier_raised", "open"), ("acknowledged", "acknowledged"),
        ("updated", "acknowledged"), ("cleared", "acknowledged"), ("restored", "restored"), ("noted", "restored"),
        ("reopened", "open"), ("false_alarm", "closed"),
    ]:  # fmt: skip
        assert await sender.send(message(event=event, incident={"state": state})) == ""
        seen.append((event, len(events.events), events.alerts.get(INCIDENT), events.calls))
    assert seen == [
        ("opened", 1, "triggered", 1), ("alerts_added", 1, "triggered", 1), ("tier_raised", 2, "triggered", 1),
        ("acknowledged", 3, "acknowledged", 1), ("updated", 3, "acknowledged", 1),
        ("cleared", 3, "acknowledged", 1), ("restored", 4, None, 1), ("noted", 4, None, 1),
        ("reopened", 5, "triggered", 2), ("false_alarm", 6, None, 2),
    ]  # fmt: skip


async def test_what_the_alert_says(events: Events, sender: Sender) -> None:
    """Subject, place, severity, time and class; the text and the incident as details; the links as links."""
    made = message()
    await sender.send(made)
    (event,) = events.events
    details = event["payload"].pop("custom_details")
    assert event == {
        "routing_key": KEY,
        "event_action": "trigger",
        "dedup_key": INCIDENT,
        "client": "Tocsin",
        "payload": {
            "summary": "[HIGH][Critical function outage] Payment gateway down",
            "source": "payments",
            "severity": "critical",
            "timestamp": "2026-12-05T01:02:00.000Z",
            "class": "critical_function_outage",
        },
        "links": [{"href": link.url, "text": link.title} for link in made.links],
    }
    assert [link["text"] for link in event["links"]][-2:] == ["Dashboard", "Runbook"]
    assert details["text"] == made.plain
    assert details["incident"] == made.body["incident"]
    assert details["alerts"][0]["labels"]["instance"] == "pay-gw-2.internal:9100"


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
async def test_a_follow_up_says_only_what_it_is_about(events: Events, sender: Sender, action: str) -> None:
    """Key, action and the incident's id: the API takes no more there."""
    event, state = {"acknowledge": ("acknowledged", "acknowledged"), "resolve": ("closed", "closed")}[action]
    await sender.send(message(event=event, incident={"state": state}))
    assert events.events == [{"routing_key": KEY, "event_action": action, "dedup_key": INCIDENT}]


@pytest.mark.parametrize(
    ("made", "severity"),
    [
        (message(), "critical"),
        (message(incident={"tier": "medium"}), "error"),
        (message(incident={"tier": "low"}), "warning"),
        (alone("digest"), "info"),
        (alone("test"), "info"),
        (alone("channel_down", body={"at": "2026-12-05T01:02:00.000Z", "channel": "chat"}), "error"),
    ],
)
async def test_the_severity_is_the_tiers(events: Events, sender: Sender, made: Message, severity: str) -> None:
    """And that of a channel that is down, or of news about no one incident."""
    await sender.send(made)
    assert events.events[0]["payload"]["severity"] == severity


async def test_a_drill_is_marked(events: Events, sender: Sender) -> None:
    """In the summary, which is what a phone shows and a call reads out."""
    await sender.send(message(drill=True))
    assert events.events[0]["payload"]["summary"].startswith("[DRILL]")


async def test_it_reads_in_the_channels_language(events: Events, sender: Sender) -> None:
    """Chinese goes as it is."""
    await sender.send(render(notice(), delivery(language="zh"), external_url=""))
    assert events.events[0]["payload"]["summary"].startswith("【高】【关键功能中断】")


async def test_a_vendor_reads_its_own_part(events: Events, sender: Sender) -> None:
    """Its services, and neither alerts nor links; it is called no more once the incident is not its own."""
    await sender.send(vendor_message())
    (event,) = events.events
    assert (event["payload"]["source"], event["links"]) == ("payments", [])
    assert "alerts" not in event["payload"]["custom_details"]
    await sender.send(vendor_message("reclassified"))
    assert events.alerts == {}


async def test_a_long_summary_is_cut_between_characters(events: Events, sender: Sender) -> None:
    """At 1,024 of them; a family stays whole or goes."""
    family = "👩‍👩‍👧‍👦"
    await sender.send(dataclasses.replace(message(), subject=family * 200))
    summary = events.events[0]["payload"]["summary"]
    assert summary == family * 146 + "…"


async def test_an_event_is_never_too_large(events: Events, sender: Sender) -> None:
    """Alerts are left out until it fits, the oldest first; what the notice says is kept."""
    large = [alert(number, annotations={"summary": "支付" * 20_000}) for number in range(9)]
    await sender.send(message(alerts=tuple(large)))
    details = events.events[0]["payload"]["custom_details"]
    assert [each["labels"]["instance"] for each in details["alerts"]] == [
        f"pay-gw-{number}.internal:9100" for number in range(4)
    ]
    assert details["text"].startswith("[HIGH]")
    await sender.send(message(alerts=(alert(annotations={"summary": "x" * 600_000}),)))
    details = events.events[1]["payload"]["custom_details"]
    assert "alerts" not in details and details["incident"]["id"] == INCIDENT


async def test_text_that_is_no_unicode_calls_all_the_same(events: Events, sender: Sender) -> None:
    """A lone surrogate of a broken source becomes a question mark."""
    await sender.send(dataclasses.replace(message(), subject="a\ud800b"))
    assert events.events[0]["payload"]["summary"] == "a?b"


async def test_a_refusal_says_why_and_hides_the_key(receiver: Receiver, events: Events) -> None:
    """The tool's own errors, in which it quotes the key, stand in ours without it."""
    async with open_session() as session:
        sender = KIND.open(channel(receiver, "tooshort"), session=session, clock=StandingClock())
        with pytest.raises(SendRefused, match=r"answered 400: .*should be 32 characters") as caught:
            await sender.send(message())
    assert "tooshort" not in str(caught.value)


async def test_too_many_events_are_tried_again(events: Events, sender: Sender) -> None:
    """When the tool says so."""
    events.busy = True
    with pytest.raises(TrySendAgain) as caught:
        await sender.send(message())
    assert caught.value.retry_after == 60
    assert await sender.check() is False


def test_a_key_that_is_none_is_told(tmp_path: Path) -> None:
    """Where it stands, without it; one that is not there yet only warns, and other tools have keys of their own."""
    written = "channels: {pager: {type: pagerduty, routing_key: {env: PAGER}}}"
    place = (1, 50, "`routing_key` is no key of PagerDuty's Events API v2: those have 32 characters, not 3")
    assert told(problems_of(tmp_path, written, PAGER="abc")) == [place]
    assert plan_of(tmp_path, written, PAGER=KEY).channels["pager"].settings["routing_key"] == Secret(KEY)
    other = written.replace("}}}", "}, url: 'https://oncall.example/v2/enqueue'}}")
    assert plan_of(tmp_path, other, PAGER="abc").channels["pager"].type == "pagerduty"
