"""The kind ``http``: tickets, text messages and calls, by requests of any shape."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, parse_qsl
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.send.contract import StandingClock
from tests.send.receiver import Receiver, receiving
from tests.send.samples import message
from yarl import URL

from tocsin._core.errors import ConfigurationError, SendRefused, TrySendAgain
from tocsin._core.expression import Expression
from tocsin._core.message import Message
from tocsin._core.plan import Channel
from tocsin._core.secret import Secret
from tocsin.send.kinds.http import Http
from tocsin.send.registry import open_session
from tocsin.send.request import Form, Request

NASTY = '"},"priority":"1", x&to=+1\\ </b>\n../?#%41{{ 7 }}{% endif %} ,张\U0001f525\ud800'
"""A subject that would like to be more than a text."""


def nasty(text: str = NASTY) -> Message:
    """A message of which an alert has chosen the words."""
    body = {**message().body, "subject": text, "incident": {**message().body["incident"], "title": text}}
    return replace(message(), subject=text, text=text, plain=text, thread=text, body=body)


def filled(written: Mapping[str, Any], made: Message | None = None, content_type: str = "application/json") -> Request:
    """The request that a channel makes of a message."""
    return Form.of(written, content_type=content_type, secrets=("key",)).fill(made or message(), {"key": "k-1"})


async def exchanged(receiver: Receiver, settings: dict[str, Any], *messages: Message) -> list[str]:
    """Messages sent by a channel, and the threads that it answers."""
    async with open_session() as session:
        channel = Channel(name="gate", type="http", settings={"url": receiver.address, **settings})
        sender = Http(channel, session=session, clock=StandingClock())
        assert not await sender.check()
        return [await sender.send(each) for each in messages]


async def test_an_address_alone_is_sent_the_notice() -> None:
    """As a webhook, without a signature."""
    async with receiving() as receiver:
        await exchanged(receiver, {}, message())
        ((request, body),) = receiver.requests
        assert (request.method, request.headers["Content-Type"]) == ("POST", "application/json")
        assert json.loads(body) == message().body
        assert request.headers["Idempotency-Key"] == message().id


async def test_a_ticket_is_opened_once_and_commented_after() -> None:
    """The ticket's own number, from the tool's answer, leads what follows to it."""
    settings = {
        "path": "/issue/{{ thread }}/comment",
        "body": '{"body": {{ plain | json }}}',
        "on": {
            "opened": {"path": "/issue", "body": '{"fields": {"summary": "{{ subject }}", "tier": "{{ tier }}"}}'},
            "closed": {"method": "PUT", "path": "/issue/{{ thread }}", "body": '{"done": {{ over }}}'},
        },
        "headers": {"Authorization": Secret("Basic abc")},
        "thread": Expression.compile("key || issue.id"),
    }
    async with receiving() as receiver:
        receiver.answer = receiver.reply(b'{"key": "OPS-17", "self": "https://tickets"}')
        (thread,) = await exchanged(receiver, settings, message())
        assert thread == "OPS-17"
        receiver.answer = receiver.reply(b"{}")
        over = {**message().body, "incident": {**message().body["incident"], "state": "closed"}}
        later = replace(message(), event="updated", thread=thread), replace(message(), event="closed", thread=thread)
        assert await exchanged(receiver, settings, later[0], replace(later[1], body=over)) == ["OPS-17", "OPS-17"]
        asked = [(request.method, request.path) for request, _ in receiver.requests]
        assert asked == [("POST", "/issue"), ("POST", "/issue/OPS-17/comment"), ("PUT", "/issue/OPS-17")]
        opened, comment, closed = (json.loads(body) for _, body in receiver.requests)
        assert opened == {"fields": {"summary": message().subject, "tier": "high"}}
        assert comment == {"body": message().plain}
        assert closed == {"done": True}


async def test_a_text_message_by_a_query() -> None:
    """GET with everything in the address, the address's own parameters kept."""
    settings = {
        "method": "GET",
        "query": {"key": "{{ secrets.key }}", "to": "+8613800000000", "text": "{{ subject | truncate(40) }}"},
        "secrets": {"key": Secret("a b&c")},
        "accepted": Expression.compile("contains(@, 'OK')"),
    }
    async with receiving() as receiver:
        receiver.answer = receiver.reply(b"OK 4711")
        url = f"{receiver.address}/sms?from=tocsin"
        await exchanged(receiver, {**settings, "url": url}, nasty())
        ((request, body),) = receiver.requests
        asked = dict(parse_qsl(request.query_string, keep_blank_values=True))
        assert (request.method, request.path, body) == ("GET", "/sms", b"")
        assert asked.keys() == {"from", "key", "to", "text"}
        assert (asked["from"], asked["key"], asked["to"]) == ("tocsin", "a b&c", "+8613800000000")
        receiver.answer = receiver.reply(b"ERR no credit for a+b%26c a%20b%26c")
        with pytest.raises(TrySendAgain, match="`accepted` does not hold for its answer: ERR no credit for") as caught:
            await exchanged(receiver, {**settings, "url": url}, message())
        assert "a+b" not in str(caught.value) and "a%20b" not in str(caught.value)


async def test_a_call_by_a_form() -> None:
    """A voice gateway as most are: a form, with the words to be spoken."""
    body = "To=%2B4930&Say={{ subject }}&Ref={{ id }}"
    async with receiving() as receiver:
        await exchanged(receiver, {"body": body, "content_type": "application/x-www-form-urlencoded"}, nasty())
        ((request, said),) = receiver.requests
        assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
        found = parse_qs(said.decode(), strict_parsing=True)
        assert found.keys() == {"To", "Say", "Ref"}
        assert found["Say"] == [NASTY.replace("\ud800", "?")]


@pytest.mark.parametrize(("status", "error"), [(200, None), (409, None), (202, TrySendAgain), (404, SendRefused)])
async def test_statuses_that_are_a_yes(status: int, error: type[Exception] | None) -> None:
    """Those that the plan names and no others: a ticket that is there already (409) may be one."""
    async with receiving() as receiver:
        receiver.answer = receiver.say(status)
        if error is None:
            await exchanged(receiver, {"success": [200, 409]}, message())
        else:
            with pytest.raises(error, match=f"answered {status}"):
                await exchanged(receiver, {"success": [200, 409]}, message())


@given(st.text(st.characters(), max_size=60))
def test_no_value_leaves_its_place(text: str) -> None:
    """Whatever an alert says, it is one text of JSON, one parameter, one field of a form, one step of a path and the
    text of one element."""
    made, clean = nasty(text), text.encode("utf-8", "replace").decode()
    body = '{"a": "{{ subject }}", "b": {{ subject | json }}, "c": {{ [subject] | json }}, "d": "x{{ subject }}y"}'
    read = json.loads(filled({"body": body}, made).body or b"")
    assert read.keys() == {"a", "b", "c", "d"}
    assert (read["a"], read["b"], read["c"], read["d"]) == (clean, clean, [clean], f"x{clean}y")

    form = "a={{ subject }}&b={{ subject | json }}&c={{ subject | urlencode }}"
    sent = filled({"body": form}, made, "application/x-www-form-urlencoded").body or b""
    pairs = parse_qsl(sent.decode(), keep_blank_values=True, strict_parsing=True)
    assert [name for name, _ in pairs] == ["a", "b", "c"]
    assert dict(pairs)["a"] == dict(pairs)["c"] == clean

    request = filled({"path": "/t/x{{ subject }}/c", "query": {"q": "{{ subject }}"}, "method": "GET"}, made)
    url = URL("https://x/base").with_path(f"/base{request.path}", encoded=True, keep_query=True)
    assert len(url.raw_path.split("/")) == 5 and request.path.startswith("/t/x") and request.path.endswith("/c")
    assert dict(url.extend_query(request.query).query) == {"q": clean}

    page = filled({"body": '<a b="{{ subject }}">{{ subject }}</a>'}, made, "application/xml").body or b""
    element = ElementTree.fromstring(page.decode())
    assert (element.tag, len(element), list(element.attrib)) == ("a", 0, ["b"])


@pytest.mark.parametrize("thread", [".", ".."])
async def test_a_value_of_dots_is_no_step(thread: str) -> None:
    """It would lead out of the place that the template names, so nothing is sent."""
    async with receiving() as receiver:
        with pytest.raises(SendRefused, match="cannot be filled in: `path` has a step of dots alone"):
            await exchanged(receiver, {"path": "/issue/{{ thread }}/x"}, replace(message(), thread=thread))
        assert receiver.requests == []


async def test_what_cannot_be_filled_in_is_not_sent() -> None:
    """The error names the part, and shows no secret."""
    async with receiving() as receiver:
        settings = {"body": "{{ alerts[5].status }} {{ secrets.key }}", "secrets": {"key": Secret("s3cret-s3cret")}}
        with pytest.raises(SendRefused, match="the request of gate cannot be filled in: `body`") as caught:
            await exchanged(receiver, settings, message())
        assert "s3cret" not in str(caught.value)
        assert receiver.requests == []


async def test_a_message_about_no_incident() -> None:
    """A digest or a test has none: what is not there is empty."""
    made = Message(
        id="d-1",
        event="digest",
        group="technical",
        incident="",
        subject="2 incidents",
        text="two",
        body={"text": "two"},
    )
    request = filled(
        {"body": '["{{ incident.id }}", "{{ rto.deadline }}", "{{ links.respond }}", "{{ plain }}"]'}, made
    )
    assert json.loads(request.body or b"") == ["", "", "", "two"]


def test_values_keep_their_kind() -> None:
    """Numbers, flags, lists and nothing, whole or as text; secrets by name; people who are called."""
    body = (
        "[{{ sequence }}, {{ drill }}, {{ incident.services | json }}, {{ incident.acknowledged_by | json }}, "
        '"{{ incident.services }}", "{{ incident.acknowledged_by }}", "{{ secrets.key }}", '
        "{% for alert in alerts %}{{ alert.labels.instance | json }}{% if not loop.last %}, {% endif %}{% endfor %}]"
    )
    made = json.loads(filled({"body": body}).body or b"")
    assert made[:7] == [1, False, ["payments"], None, "payments", "", "k-1"]
    assert made[7:] == [each["labels"]["instance"] for each in message().body["alerts"]]
    assert json.loads(filled({"body": "{{ notice | json }}"}).body or b"") == message().body


async def test_a_template_that_cannot_be_is_said_at_once() -> None:
    """When the channel is opened, for a plan that nobody has checked."""
    async with open_session() as session:
        channel = Channel(name="gate", type="http", settings={"url": "http://127.0.0.1:9", "body": "{{ subjct }}"})
        with pytest.raises(ConfigurationError, match=r"channels\.gate: there is no variable `subjct`; did you mean"):
            Http(channel, session=session, clock=StandingClock())
