"""Opsgenie, by a server that behaves as its Alert API is documented."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.send.contract import Receiver, StandingClock, receiving
from tests.send.fakes.opsgenie import KEY, LIMITS, Alerts
from tests.send.samples import alone, delivery, message, notice, vendor_message

from tocsin._core.errors import SendRefused, TrySendAgain
from tocsin._core.message import Link, Message, Sender
from tocsin._core.plan import Channel
from tocsin._core.secret import Secret
from tocsin.send.body import render
from tocsin.send.kinds.opsgenie import KIND, alert_of, text_of
from tocsin.send.registry import open_session

INCIDENT = "INC-261205-7K2M9P"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Where it listens."""
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
def alerts(receiver: Receiver) -> Alerts:
    """The API."""
    return Alerts(receiver)


@pytest.fixture
async def sender(receiver: Receiver, alerts: Alerts) -> AsyncIterator[Sender]:
    """A channel that calls it."""
    async with open_session() as session:
        yield KIND.open(channel(receiver.address), session=session, clock=StandingClock())


def channel(url: str, key: str = KEY) -> Channel:
    """Its settings."""
    return Channel(name="genie", type="opsgenie", settings={"api_key": Secret(key), "url": url})


async def test_its_alert_follows_the_incident(alerts: Alerts, sender: Sender) -> None:
    """It opens, gets notes, is acknowledged, and is closed; what comes back calls anew."""
    seen = []
    for event, state in [
        ("opened", "open"), ("alerts_added", "open"), ("tier_raised", "open"), ("acknowledged", "acknowledged"),
        ("restored", "restored"), ("noted", "restored"), ("reopened", "open"), ("closed", "closed"),
    ]:  # fmt: skip
        assert await sender.send(message(event=event, incident={"state": state})) == ""
        alert = alerts.alerts.get(INCIDENT)
        seen.append((event, alert and (alert["acknowledged"], len(alert["notes"])), alerts.calls))
    assert seen == [
        ("opened", (False, 0), 1), ("alerts_added", (False, 1), 1), ("tier_raised", (False, 1), 1),
        ("acknowledged", (True, 2), 1), ("restored", None, 1), ("noted", None, 1), ("reopened", (False, 0), 2),
        ("closed", None, 2),
    ]  # fmt: skip


async def test_what_the_alert_says(alerts: Alerts, sender: Sender) -> None:
    """Message, text and links, priority, tags and the incident's facts, all of them text."""
    made = message()
    await sender.send(made)
    ((path, alert),) = alerts.asked
    description = alert.pop("description")
    assert path == "/v2/alerts"
    assert alert == {
        "alias": INCIDENT,
        "message": "[HIGH][Critical function outage] Payment gateway down",
        "priority": "P1",
        "entity": "payments",
        "source": "Tocsin",
        "user": "Tocsin",
        "tags": ["high", "critical_function_outage", "prod"],
        "details": {
            "id": INCIDENT, "tier": "high", "class": "critical_function_outage", "state": "open",
            "environment": "prod", "location": "cn-east-1", "vendor": "acme",
            "started_at": "2026-12-05T01:00:00.000Z", "rule": "payment-gateway-down",
        },
    }  # fmt: skip
    links = [f"{link.title}: {link.url}" for link in made.links]
    assert description == "\n".join([made.plain, "", *links])
    assert links


async def test_a_follow_up_says_what_the_notice_says(alerts: Alerts, sender: Sender) -> None:
    """As a note, under the name of whoever acknowledged it."""
    made = message(event="acknowledged", incident={"state": "acknowledged", "acknowledged_by": "zhang.wei"})
    await sender.send(made)
    ((path, fields),) = alerts.asked
    assert path == f"/v2/alerts/{INCIDENT}/acknowledge?identifierType=alias"
    assert (fields["user"], fields["source"]) == ("zhang.wei", "Tocsin")
    assert fields["note"].startswith(made.plain)


@pytest.mark.parametrize(
    ("made", "priority"),
    [
        (message(), "P1"),
        (message(incident={"tier": "medium"}), "P2"),
        (message(incident={"tier": "low"}), "P3"),
        (alone("channel_down", body={"at": "", "channel": "chat"}), "P3"),
        (alone("digest"), "P5"),
    ],
)
async def test_the_priority_is_the_tiers(alerts: Alerts, sender: Sender, made: Message, priority: str) -> None:
    """And that of news about no one incident."""
    await sender.send(made)
    assert alerts.asked[0][1]["priority"] == priority


async def test_a_drill_is_marked_and_tagged(alerts: Alerts, sender: Sender) -> None:
    """So that a policy there can leave it out."""
    await sender.send(message(drill=True))
    assert alerts.asked[0][1]["message"].startswith("[DRILL]")
    assert alerts.asked[0][1]["tags"][-1] == "drill"


async def test_it_reads_in_the_channels_language(alerts: Alerts, sender: Sender) -> None:
    """Chinese goes as it is."""
    await sender.send(render(notice(), delivery(language="zh"), external_url=""))
    assert alerts.asked[0][1]["message"].startswith("【高】【关键功能中断】")


async def test_a_vendor_reads_its_own_part(alerts: Alerts, sender: Sender) -> None:
    """No key, no rule and no place; its alert is closed once the incident is not its own."""
    await sender.send(vendor_message())
    assert not alerts.asked[0][1]["details"].keys() & {"key", "rule", "location"}
    await sender.send(vendor_message("reclassified"))
    assert alerts.alerts == {}


NASTY = st.text(
    st.sampled_from("<a href='https://evil.example'>&lt;script>\n👩‍👩‍👧‍👦支付\u0301") | st.characters(), max_size=400
)


@given(NASTY, NASTY, st.lists(NASTY, max_size=3))
def test_nothing_is_longer_than_the_tool_takes_and_nothing_is_markup(
    subject: str, text: str, titles: list[str]
) -> None:
    """Whatever an alert says: no tag can begin, and every link has room."""
    links = tuple(Link(name="runbook", title=title, url=f"https://wiki.example/{title[:0]}x") for title in titles)
    made = dataclasses.replace(message(), subject=subject, plain=text * 60, links=links)
    fields = alert_of(made)
    assert fields["message"]
    for name in ("message", "description"):
        assert len(fields[name]) <= LIMITS[name]
        assert "<" not in fields[name] and ">" not in fields[name]
    assert fields["description"].count("https://wiki.example/x") >= len(links)


def test_a_long_text_keeps_its_links() -> None:
    """The text before them is cut."""
    made = dataclasses.replace(message(), plain="支付" * 20_000)
    text = text_of(made, 15_000)
    assert len(text) == 15_000
    assert text.endswith(f"\n{made.links[-1].title}: {made.links[-1].url}")
    assert "支…\n\n" in text or "付…\n\n" in text


@pytest.mark.parametrize("path", ["", "/", "/v2/alerts", "/jsm/ops/integration"])
async def test_the_address_may_be_that_of_any_such_tool(receiver: Receiver, path: str) -> None:
    """Jira Service Management has the same below a path; the whole address is understood too."""
    receiver.answer = receiver.reply(b'{"result":"Request will be processed","requestId":"r","took":0.1}')
    async with open_session() as session:
        sender = KIND.open(channel(f"{receiver.address}{path}"), session=session, clock=StandingClock())
        await sender.send(message(event="closed", incident={"state": "closed"}))
    base = path.removesuffix("/v2/alerts").rstrip("/")
    ((request, _),) = receiver.requests
    assert request.path_qs == f"{base}/v2/alerts/{INCIDENT}/close?identifierType=alias"


async def test_a_wrong_key_is_refused_and_hidden(receiver: Receiver, alerts: Alerts) -> None:
    """With what the tool said."""
    async with open_session() as session:
        sender = KIND.open(channel(receiver.address, "another-key"), session=session, clock=StandingClock())
        with pytest.raises(SendRefused, match=r"answered 401: .*Could not authenticate") as caught:
            await sender.send(message())
    assert "another-key" not in str(caught.value)


async def test_too_many_requests_are_tried_again(alerts: Alerts, sender: Sender) -> None:
    """When the tool says so; it is not asked in between."""
    alerts.busy = True
    with pytest.raises(TrySendAgain, match="429"):
        await sender.send(message())
    assert await sender.check() is False
