"""What every kind of channel must do, for the one that speaks SMTP: nothing hangs, nothing is lost or shown."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import socket
import traceback
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests._plan.written import plan_of, problems_of, told
from tests.send.contract import StandingClock
from tests.send.samples import message
from tests.support.certificates import certificate, server_context
from tests.support.mail import PASSWORD, USER, Script, listening, mail_server

from tocsin._core.errors import ConfigurationError, SendError, SendRefused, TrySendAgain
from tocsin._core.message import Sender
from tocsin._core.plan import Channel
from tocsin._core.secret import Secret
from tocsin.send.kinds.email import KIND
from tocsin.send.registry import open_session

PLAIN = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()
SECRETS = (PASSWORD, PLAIN, base64.b64encode(PASSWORD.encode()).decode())


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """The session that all channels share."""
    async with open_session() as session:
        yield session


def sender_to(url: str, session: aiohttp.ClientSession, **more: Any) -> Sender:
    """A channel that sends there, with a login."""
    settings = {
        "url": url, "from_": USER, "to": ["on-call@example.org"], "user": USER, "password": Secret(PASSWORD),
        "timeout": 300, "ca_file": certificate(), **more,
    }  # fmt: skip
    return KIND.open(Channel(name="post", type="email", settings=settings), session=session, clock=StandingClock())


async def fails(sender: Sender) -> SendError:
    """The error of one send: one line, short, and without secrets."""
    with pytest.raises((TrySendAgain, SendRefused)) as caught:
        await sender.send(message())
    shown = repr(caught.value) + "".join(traceback.format_exception(caught.value))
    assert [secret for secret in SECRETS if secret in shown] == []
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400
    return caught.value


def script(*answers: str, then: Callable[[asyncio.StreamWriter], Any] | None = None) -> Script:
    """A server that gives these answers, one to each line that comes; the first is its greeting."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            writer.write(answer.encode() + b"\r\n")
            await writer.drain()
            await reader.readline()
        if then is not None:
            await then(writer)
        elif then is None:
            await reader.read()

    return serve


async def drip(writer: asyncio.StreamWriter) -> None:
    """A byte now and then, for ever."""
    while True:
        writer.write(b"2")
        await writer.drain()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 0.02)


async def flood(writer: asyncio.StreamWriter) -> None:
    """A line that does not end."""
    while True:
        writer.write(b"2" * 65536)
        await writer.drain()


async def lines(writer: asyncio.StreamWriter) -> None:
    """An answer that does not end."""
    while True:
        writer.write(b"250-more\r\n" * 1000)
        await writer.drain()


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Not a word."""
    writer.close()


async def test_a_refused_connection_is_tried_again(session: aiohttp.ClientSession) -> None:
    """Nobody listens: the error says where."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        error = await fails(sender_to(f"smtp://{PASSWORD}:{PASSWORD}@127.0.0.1:{port}", session))
    assert isinstance(error, TrySendAgain)
    assert str(error) == f"smtp://127.0.0.1:{port}: connection refused"


async def test_an_unknown_name_is_tried_again(session: aiohttp.ClientSession) -> None:
    """A name that nobody has, with the port that is usual."""
    error = await fails(sender_to("smtp://mail.invalid", session, timeout=5000))
    assert isinstance(error, TrySendAgain)
    assert str(error) == "smtp://mail.invalid:587: the name cannot be resolved"


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_a_certificate_that_nobody_vouches_for_is_tried_again(session: aiohttp.ClientSession, tls: str) -> None:
    """Neither password nor mail goes to who does not prove to be the server; nor to one of another name."""
    scheme = "smtps" if tls == "tls" else "smtp"
    async with mail_server(tls=tls) as box:
        error = await fails(sender_to(f"{scheme}://127.0.0.1:{box.port}", session, ca_file="", timeout=5000))
        assert isinstance(error, TrySendAgain)
        assert f"{scheme}://127.0.0.1:{box.port}: TLS failed: unable to get local issuer certificate" in str(error)
        assert box.envelopes == []
    async with mail_server(tls=tls, context=server_context("another.example")) as box:
        error = await fails(sender_to(f"{scheme}://127.0.0.1:{box.port}", session, timeout=5000))
        assert "TLS failed: IP address mismatch" in str(error)


async def test_no_tls_where_it_was_to_be_is_tried_again(session: aiohttp.ClientSession) -> None:
    """A server that speaks in the clear on a port for TLS."""
    async with mail_server(tls="none") as box:
        error = await fails(sender_to(f"smtps://127.0.0.1:{box.port}", session, timeout=5000))
    assert isinstance(error, TrySendAgain)
    assert "TLS failed" in str(error)


@pytest.mark.parametrize("answers", [(), ("220 mail.example",), ("220 mail.example", "250 mail.example")])
async def test_an_answer_that_does_not_come_is_tried_again(
    session: aiohttp.ClientSession, answers: tuple[str, ...]
) -> None:
    """Wherever the server falls silent."""

    async def silent(writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with listening(script(*answers, then=silent)) as port:
        error = await fails(sender_to(f"smtp://127.0.0.1:{port}", session, tls="none", user="", password=""))
        assert isinstance(error, TrySendAgain)
        assert str(error) == f"smtp://127.0.0.1:{port} did not answer within 0.3 s"


@pytest.mark.parametrize(
    ("then", "text"),
    [
        (drip, "did not answer within 0.3 s"),
        (flood, "the answer is no SMTP"),
        (lines, "the answer is no SMTP"),
        (hang_up, "the connection was closed without an answer"),
    ],
)
@pytest.mark.parametrize("answers", [(), ("220 mail.example", "250 mail.example")])
async def test_whatever_comes_in_place_of_an_answer_is_tried_again(
    session: aiohttp.ClientSession, answers: tuple[str, ...], then: Any, text: str
) -> None:
    """At once where it is seen at once, else when the time is over."""
    async with listening(script(*answers, then=then)) as port:
        error = await fails(sender_to(f"smtp://127.0.0.1:{port}", session, tls="none", user="", password=""))
    assert isinstance(error, TrySendAgain)
    assert text in str(error)


@pytest.mark.parametrize("greeting", ["HTTP/1.1 400 Bad Request", "hello", "\x1b[31m\x00", "999 what"])
async def test_what_is_no_mail_server_is_tried_again(session: aiohttp.ClientSession, greeting: str) -> None:
    """Somebody else may stand there for a while."""
    async with listening(script(greeting)) as port:
        error = await fails(sender_to(f"smtp://127.0.0.1:{port}", session))
    assert isinstance(error, TrySendAgain)
    assert "the answer is no SMTP" in str(error)


@pytest.mark.parametrize(
    ("greeting", "error"), [("421 4.3.2 shutting down", TrySendAgain), ("554 5.7.1 no service", SendRefused)]
)
async def test_a_server_may_say_no_at_once(
    session: aiohttp.ClientSession, greeting: str, error: type[SendError]
) -> None:
    """Its code says for how long."""
    async with listening(script(greeting)) as port:
        assert isinstance(found := await fails(sender_to(f"smtp://127.0.0.1:{port}", session)), error)
    assert f"answered {greeting[:3]}: {greeting[4:]}" in str(found)


async def test_an_answer_that_quotes_secrets_shows_none(session: aiohttp.ClientSession) -> None:
    """In any of the shapes in which it got them; control characters go too."""
    said = f"550 5.7.1 \x1b[31m{USER} {' '.join(SECRETS)} is not allowed" + "x" * 400
    async with listening(script("220 mail.example", "250 mail.example", said)) as port:
        more = {"tls": "none", "user": "", "password": ""}
        url = f"smtp://tocsin:{PASSWORD}@127.0.0.1:{port}"
        error = await fails(sender_to(url, session, **more | {"user": "", "password": Secret(PASSWORD)}))
    assert isinstance(error, SendRefused)


async def test_cancelling_passes_through_and_leaves_nothing(session: aiohttp.ClientSession) -> None:
    """A cancelled send ends at once, and so does its connection; the next one begins anew."""
    came, gone = asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.set()
        await reader.read()
        gone.set()

    async with listening(serve) as port:
        sender = sender_to(f"smtp://127.0.0.1:{port}", session, timeout=60_000)
        sending = asyncio.create_task(sender.send(message()))
        waiting = asyncio.create_task(sender.send(message()))
        async with asyncio.timeout(5):
            await came.wait()
            waiting.cancel()
            sending.cancel()
            await asyncio.wait([sending, waiting])
            await gone.wait()
        assert sending.cancelled() and waiting.cancelled()


async def test_a_connection_that_the_server_gave_up_is_made_anew(session: aiohttp.ClientSession) -> None:
    """One that was kept for a mail that waits, and has ended meanwhile, costs no mail."""
    async with mail_server(tls="none") as box:
        box.hang_up = True
        sender = sender_to(f"smtp://127.0.0.1:{box.port}", session, tls="none", user="", password="", timeout=5000)
        await asyncio.gather(sender.send(message()), sender.send(message()), sender.send(message()))
    assert len(box.mails) == 3


async def test_no_private_address_is_called_where_none_may_be() -> None:
    """By the same option as for all channels, and for good."""
    async with open_session(refuse_private=True) as session, mail_server(tls="none") as box:
        for host in ("127.0.0.1", "localhost"):
            error = await fails(sender_to(f"smtp://{host}:{box.port}", session, tls="none", timeout=5000))
            assert isinstance(error, SendRefused)
            assert "is no public address" in str(error)
    assert box.envelopes == []


@pytest.mark.parametrize("url", ["http://mail.example", "mail.example", "smtp://", "smtp://[", ""])
async def test_an_address_that_cannot_work_is_said_at_once(session: aiohttp.ClientSession, url: str) -> None:
    """When the channel is opened, not at the first notice."""
    with pytest.raises(ConfigurationError, match=r"channels.post.url is no mail server"):
        sender_to(url, session)


MAIL = "channels: {post: {type: email, url: 'smtp://mail.example', from: t@example.org, to: [a@example.org]MORE}}"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (", url: 'smtps://mail.example', tls: none", "`tls` is for `smtp://`; by `smtps://` everything is encrypted"),
        (", tls: none, user: a, password: {env: P}", "`tls` would send the password in the clear"),
        (", url: 'smtp://a:b@mail.example', tls: none", "`tls` would send the password in the clear"),
        (", url: 'smtp://a@mail.example'", "`url` has a user without a password"),
        (", user: a", "`user` goes with `password`"),
        (", password: {env: P}", "`password` goes with `user`"),
        (", url: 'http://mail.example'", "must be a mail server and no more"),
        (", url: 'smtp://mail.example/inbox'", "must be a mail server and no more"),
        (", to: []", "`to` must name at least one"),
        (", to: ['a@example.org, b@example.org']", "must be one address in ASCII"),
        (', to: ["a@example.org\\r\\nBcc: x@example.org"]', "must be one address in ASCII"),
        (", cc: ['Bob <b@example.org>']", "must be one address in ASCII"),
        (", from: nobody", "must be one address, with or without a name"),
        (', from: "Bell\\n <t@example.org>"', "must be one address, with or without a name"),
        (", from: 'a@example.org, b@example.org'", "must be one address, with or without a name"),
    ],
)
def test_settings_that_cannot_work_are_told(tmp_path: Path, more: str, said: str) -> None:
    """With their place, before anything is sent."""
    text = MAIL.replace("MORE", more)
    for key in ("url", "to", "from"):
        if f", {key}:" in more:
            text = text.replace(
                {"url": " url: 'smtp://mail.example',", "to": ", to: [a@example.org]", "from": " from: t@example.org,"}[
                    key
                ],
                "",
                1,
            )
    (problem,) = problems_of(tmp_path, text, P="secret")
    assert said in problem.message
    assert problem.path.startswith("channels.post.")


def test_the_settings_of_a_mail_channel(tmp_path: Path) -> None:
    """As they are written in a plan."""
    more = ", cc: [b@example.org], user: {env: U}, password: {env: P}, timeout: 5s"
    channel = plan_of(tmp_path, MAIL.replace("MORE", more), U="tocsin", P="secret").channels["post"]
    assert channel.settings == {
        "url": "smtp://mail.example", "from_": "t@example.org", "to": ["a@example.org"], "cc": ["b@example.org"],
        "user": "tocsin", "password": Secret("secret"), "timeout": 5000,
    }  # fmt: skip
    assert told(problems_of(tmp_path, MAIL.replace("MORE", ""))) == []
