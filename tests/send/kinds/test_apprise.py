"""The kind ``apprise``: the real library, sending to loopback."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import threading
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest
from tests.send.contract import StandingClock
from tests.send.receiver import PASSWORD, PATH, QUERY, USER, Receiver, receiving
from tests.send.samples import message

from tocsin._core.errors import ConfigurationError, TrySendAgain
from tocsin._core.message import Message
from tocsin._core.plan import Channel
from tocsin._core.secret import Secret
from tocsin.send.kinds.apprise import THREADS, Apprise
from tocsin.send.registry import open_session

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
"""The library imports what Python is about to drop."""


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """The other side."""
    async with receiving() as found:
        yield found


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """The session of other kinds."""
    async with open_session() as found:
        yield found


def opened(session: aiohttp.ClientSession, url: str, timeout: int = 5_000) -> Apprise:
    """The channel."""
    channel = Channel(name="tail", type="apprise", settings={"url": Secret(url), "timeout": timeout})
    return Apprise(channel, session=session, clock=StandingClock())


def address(receiver: Receiver) -> str:
    """The receiver, as Apprise writes addresses, with a secret wherever there may be one."""
    return receiver.secret_address.replace("http://", "json://").replace("?token=", "?:token=")


def over() -> Message:
    """The last message of an incident."""
    return replace(message(), body={**message().body, "incident": {**message().body["incident"], "state": "closed"}})


@pytest.mark.parametrize(("made", "kind"), [(message(), "failure"), (over(), "success")])
async def test_a_notice_is_handed_over(
    receiver: Receiver, session: aiohttp.ClientSession, made: Message, kind: str
) -> None:
    """The subject as the title, the text below it, and how bad it is."""
    sender = opened(session, address(receiver))
    assert await sender.send(made) == ""
    ((request, body),) = receiver.requests
    said = json.loads(body)
    assert (said["title"], said["type"]) == (made.subject, kind)
    assert f"{made.subject} | {said['message']}" == made.text
    assert request.headers["Authorization"].startswith("Basic ")
    assert not await sender.check()
    await sender.close()


@pytest.mark.parametrize("status", [404, 429, 500])
async def test_a_no_is_tried_again_and_shows_no_secret(
    receiver: Receiver, session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    """The library does not say why. Neither the error nor any log has a part of the address."""
    caplog.set_level(logging.DEBUG)
    receiver.answer = receiver.say(status)
    with pytest.raises(TrySendAgain) as caught:
        await opened(session, address(receiver)).send(message())
    assert str(caught.value) == "Apprise (JSON) did not take it; it does not say why"
    logged = "".join(record.getMessage() for record in caplog.records)
    assert not [secret for secret in (USER, PASSWORD, PATH, QUERY) if secret in logged]


async def test_one_that_hangs_is_given_up_and_its_threads_are_counted(
    receiver: Receiver, session: aiohttp.ClientSession
) -> None:
    """After the timeout it is tried again; however often, there are never more threads than so many."""
    receiver.answer = receiver.stall()
    sender = opened(session, address(receiver), timeout=500)
    sends = [sender.send(message()) for _ in range(3 * THREADS)]
    results = await asyncio.gather(*sends, return_exceptions=True)
    assert {str(each) for each in results} == {"Apprise (JSON) has not answered within 0.5 s"}
    assert sum(thread.name == "apprise-tail" for thread in threading.enumerate()) <= THREADS
    receiver.over.set()


async def test_cancelling_passes_through(receiver: Receiver, session: aiohttp.ClientSession) -> None:
    """At once, though the thread goes on."""
    receiver.answer = receiver.stall()
    sending = asyncio.create_task(opened(session, address(receiver)).send(message()))
    await receiver.came.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    receiver.over.set()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense://s3cret", "is no address that Apprise knows"),
        ("slack://s3cret", "is no address that Apprise knows, or one that lacks a part"),
        ("", "is no address that Apprise knows"),
        ("jsons://s3cret.example/?verify=no", "switches the check of certificates off; take its `verify` out"),
    ],
)
async def test_an_address_that_cannot_work(session: aiohttp.ClientSession, url: str, said: str) -> None:
    """It is said when the channel is opened, without the address."""
    with pytest.raises(ConfigurationError, match=f"channels.tail.url {said}") as caught:
        opened(session, url)
    assert "s3cret" not in str(caught.value)


async def test_without_the_extra(session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to install."""
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(ConfigurationError, match=r"install it by: pip install 'tocsin\[apprise\]'"):
        opened(session, "json://127.0.0.1")


async def test_it_does_not_go_with_the_guard() -> None:
    """Where it connects to is its own, so a service that refuses private addresses refuses it."""
    async with open_session(refuse_private=True) as session:
        with pytest.raises(ConfigurationError, match="it does not go with --refuse-private-channels"):
            opened(session, "json://127.0.0.1")
