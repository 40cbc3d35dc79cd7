"""What every kind of channel that speaks HTTP must do, against a real server on loopback.

``test_contract.py`` runs it over all kinds in ``src/tocsin/send/kinds/`` that have a ``Case`` in ``cases/``, which says
how it is pointed at an address and what its tool's yes looks like.
"""

from __future__ import annotations

import asyncio
import importlib
import traceback
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

import aiohttp
import pytest
from tests.send.receiver import CREDENTIALS as CREDENTIALS
from tests.send.receiver import HEADER as HEADER
from tests.send.receiver import PASSWORD as PASSWORD
from tests.send.receiver import PATH as PATH
from tests.send.receiver import QUERY as QUERY
from tests.send.receiver import SIGNING as SIGNING
from tests.send.receiver import USER as USER
from tests.send.receiver import Receiver as Receiver
from tests.send.receiver import free_port
from tests.send.receiver import receiving as receiving
from tests.send.samples import message, vendor_message
from tests.support.certificates import certificate, server_context
from tests.support.plans import plan as make_plan

from tocsin._core.errors import ConfigurationError, SendError, SendRefused, TrySendAgain
from tocsin._core.events import VENDOR_HEARS
from tocsin._core.message import Sender
from tocsin._core.plan import Channel
from tocsin._core.times import Millis, parse_time
from tocsin.send.registry import KINDS, open_sender, open_session
from tocsin.send.specimen import specimen

NOW = parse_time("2026-12-05T01:02:00Z")

TIMEOUT: Millis = 1_000
"""What a case's settings give as ``timeout``."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A kind in the contract. ``settings`` make of an address those of a channel that sends there, gives up after
    ``TIMEOUT`` and holds secrets. ``yes`` is the body of an answer by which its tool takes a message; ``None`` where
    the status alone counts, and then any body may come with it. ``noes`` are bodies that say with status 200 that it
    was not taken, and whether it is tried again."""

    settings: Callable[[str], dict[str, Any]]
    yes: bytes | None = None
    noes: tuple[tuple[bytes, bool], ...] = ()


def case_of(kind: str) -> Case:
    """The case of a kind."""
    case = importlib.import_module(f"tests.send.cases.{kind}").CASE
    assert isinstance(case, Case)
    return case


class SenderTo(Protocol):
    """Opens a channel of the kind to an address."""

    def __call__(self, address: str, **more: Any) -> Sender:
        """The sender; ``more`` are further settings."""
        ...


class StandingClock:
    """A clock that stands still."""

    def now(self) -> Millis:
        """Always the same moment."""
        return NOW

    def monotonic(self) -> float:
        """Always zero."""
        return 0.0

    async def sleep(self, seconds: float) -> None:
        """Not used by senders."""


class Contract:
    """The tests; ``kind`` is a fixture of those who run it."""

    @pytest.fixture
    async def receiver(self, kind: str) -> AsyncIterator[Receiver]:
        """The other side, with the kind's own yes."""
        async with receiving() as receiver:
            receiver.yes = case_of(kind).yes
            yield receiver

    @pytest.fixture
    async def session(self) -> AsyncIterator[aiohttp.ClientSession]:
        """The session that all channels share."""
        async with open_session() as session:
            yield session

    @pytest.fixture
    def sender_to(self, kind: str, session: aiohttp.ClientSession) -> SenderTo:
        """Opens a channel of the kind to an address."""

        def opened(address: str, **more: Any) -> Sender:
            settings = case_of(kind).settings(address) | more
            channel = Channel(name="the-hook", type=kind, settings=settings)
            return KINDS[kind].open(channel, session=session, clock=StandingClock())

        return opened

    async def fails(self, sender: Sender) -> SendError:
        """The error of one send; it shows none of the credentials, is one line, and short."""
        with pytest.raises((TrySendAgain, SendRefused)) as caught:
            await sender.send(message())
        error = caught.value
        shown = repr(error) + "".join(traceback.format_exception(error))
        assert [secret for secret in CREDENTIALS if secret in shown] == []
        assert str(error).isprintable()
        assert len(str(error)) < 400
        return error

    @pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
    async def test_2xx_is_a_yes(self, receiver: Receiver, sender_to: SenderTo, status: int) -> None:
        """Any 2xx accepts, with the tool's own yes where it has one, else whatever the body says; a 204 has no body."""
        receiver.answer = receiver.say(status)
        if status == 204 and receiver.yes is not None:
            assert isinstance(await self.fails(sender_to(receiver.secret_address)), TrySendAgain)
        else:
            await sender_to(receiver.secret_address).send(message())
        assert len(receiver.requests) == 1

    async def test_the_message_of_a_test_is_taken(self, receiver: Receiver, sender_to: SenderTo) -> None:
        """By which people try a channel: it is about no incident, and sent as any other message is."""
        plan = make_plan()
        await sender_to(receiver.secret_address).send(specimen(plan.channels["technical-hook"], plan, NOW))
        assert receiver.requests

    async def test_a_quiet_check_tells_nothing(self, receiver: Receiver, sender_to: SenderTo) -> None:
        """Who cannot be asked is not; who can, and does not know us, is a failure like that of a send, and shows no
        more of what is secret."""
        receiver.answer = receiver.say(401)
        try:
            was_asked = await sender_to(receiver.secret_address).check()
        except (TrySendAgain, SendRefused) as error:
            shown = repr(error) + "".join(traceback.format_exception(error))
            assert [secret for secret in CREDENTIALS if secret in shown] == []
            assert receiver.requests
        else:
            assert (was_asked, receiver.requests) == (False, [])

    async def test_a_no_with_status_200_is_no_yes(self, kind: str, receiver: Receiver, sender_to: SenderTo) -> None:
        """What the tool's codes say in the body counts, and is sorted into what may pass and what never will. Where it
        has a yes of its own, a body that says nothing is no yes, since nobody knows who has answered."""
        noes = case_of(kind).noes
        if receiver.yes is not None:
            noes += ((b"", True), (b"<html>Welcome</html>", True), (b"[" * 3000, True))
        for body, again in noes:
            receiver.answer = receiver.reply(body)
            error = await self.fails(sender_to(receiver.secret_address))
            assert isinstance(error, TrySendAgain if again else SendRefused), (body, error)

    async def test_what_a_vendor_gets_is_its_own_part(self, receiver: Receiver, sender_to: SenderTo) -> None:
        """Its messages lack most of what others have, go out all the same, and show nothing that is not its own."""
        sender = sender_to(receiver.address)
        for event in sorted(VENDOR_HEARS):
            await sender.send(vendor_message(event))
        everything = str([(request.path_qs, dict(request.headers), body) for request, body in receiver.requests])
        foreign = (
            "pay-gw-",
            "tocsin.example",
            "wiki.example",
            "checkout",
            "merchants",
            "orders",
            "cn-east-1",
            "target_seconds",
        )
        assert [each for each in foreign if each in everything] == []
        assert "INC-261205-7K2M9P" in everything

    @pytest.mark.parametrize("status", [429, 500, 501, 502, 503, 504, 599])
    async def test_5xx_and_429_are_tried_again(self, receiver: Receiver, sender_to: SenderTo, status: int) -> None:
        """These may pass; the error carries the status and where it came from."""
        receiver.answer = receiver.say(status)
        error = await self.fails(sender_to(receiver.secret_address))
        assert isinstance(error, TrySendAgain)
        assert error.retry_after is None
        assert str(error).startswith(f"{receiver.address} answered {status}: no[31m way:")

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 408, 409, 410, 413, 415, 422])
    async def test_other_4xx_are_refusals(self, receiver: Receiver, sender_to: SenderTo, status: int) -> None:
        """Sending the same once more would change nothing."""
        receiver.answer = receiver.say(status, Retry_After="5")
        error = await self.fails(sender_to(receiver.secret_address))
        assert isinstance(error, SendRefused)
        assert f"answered {status}" in str(error)

    async def test_every_status_is_sorted(self, receiver: Receiver, sender_to: SenderTo) -> None:
        """All that have a name, and some that have none: 429 and 5xx may pass, and no other will."""
        sender = sender_to(receiver.secret_address)
        for status in sorted({*map(int, HTTPStatus), 399, 419, 430, 499, 520, 599} - set(range(300))):
            receiver.answer = receiver.say(status)
            error = await self.fails(sender)
            assert isinstance(error, TrySendAgain if status == 429 or status >= 500 else SendRefused), status
            assert f"answered {status}" in str(error)

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    async def test_redirects_are_not_followed(self, receiver: Receiver, sender_to: SenderTo, status: int) -> None:
        """A redirect is a refusal that says what to do, and no second request is made."""
        receiver.answer = receiver.say(status, Location=f"{receiver.address}/elsewhere")
        error = await self.fails(sender_to(receiver.secret_address))
        assert isinstance(error, SendRefused)
        assert "redirects are not followed" in str(error)
        assert len(receiver.requests) == 1

    @pytest.mark.parametrize(
        ("header", "seconds"),
        [
            ("0", 0), ("17", 17), ("2.5", 2.5), ("999999", 3600),
            ("Sat, 05 Dec 2026 01:02:30 GMT", 30), ("Sat, 05 Dec 2026 01:00:00 GMT", 0),
            ("Sun, 06 Dec 2026 01:02:00 GMT", 3600),
            ("-5", None), ("soon", None), ("", None), ("1e9", None), ("Sat, 99 Dec 2026 01:02:30 GMT", None),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("status", [429, 503])
    async def test_retry_after_is_honoured(
        self, receiver: Receiver, sender_to: SenderTo, status: int, header: str, seconds: float | None
    ) -> None:
        """In seconds or as a date against the clock, an hour at most; what is neither counts as absent."""
        receiver.answer = receiver.say(status, Retry_After=header)
        error = await self.fails(sender_to(receiver.secret_address))
        assert isinstance(error, TrySendAgain)
        assert error.retry_after == seconds

    async def test_a_refused_connection_is_tried_again(self, sender_to: SenderTo) -> None:
        """Nobody listens: the error says where."""
        port = free_port()
        error = await self.fails(sender_to(f"http://{USER}:{PASSWORD}@127.0.0.1:{port}/{PATH}?t={QUERY}"))
        assert isinstance(error, TrySendAgain)
        assert str(error) == f"http://127.0.0.1:{port}: connection refused"

    async def test_an_unknown_name_is_tried_again(self, sender_to: SenderTo) -> None:
        """A name that cannot be resolved may be one later."""
        error = await self.fails(sender_to(f"http://{USER}:{PASSWORD}@nowhere.invalid/{PATH}"))
        assert isinstance(error, TrySendAgain)
        assert "http://nowhere.invalid:80" in str(error)

    async def test_a_server_without_tls_is_tried_again(self, receiver: Receiver, sender_to: SenderTo) -> None:
        """A failed handshake is a fault of the wire."""
        error = await self.fails(sender_to(receiver.secret_address.replace("http://", "https://")))
        assert isinstance(error, TrySendAgain)
        assert "TLS failed" in str(error)

    async def test_certificates_are_checked(self, kind: str, sender_to: SenderTo) -> None:
        """A certificate of nobody known, or of another host, is no yes and nothing is sent; ``ca_file`` makes an
        authority known, and no setting leaves the check out."""
        async with receiving(tls=server_context()) as receiver:
            receiver.yes = case_of(kind).yes
            error = await self.fails(sender_to(receiver.secret_address))
            assert isinstance(error, TrySendAgain)
            assert "TLS failed: " in str(error) and "certificate" in str(error)
            assert receiver.requests == []
            await sender_to(receiver.secret_address, ca_file=certificate()).send(message())
            assert receiver.requests
        async with receiving(tls=server_context("hooks.example")) as receiver:
            error = await self.fails(sender_to(receiver.secret_address, ca_file=certificate()))
            assert "TLS failed: " in str(error) and "127.0.0.1" in str(error)
            assert receiver.requests == []

    async def test_it_goes_by_its_proxy(self, receiver: Receiver, sender_to: SenderTo) -> None:
        """The proxy is called in place of the address, which is for the proxy to find; its password is its own."""
        proxy = receiver.address.replace("//", f"//{USER}:{PASSWORD}@")
        sender = sender_to(f"http://nowhere.invalid/hooks/{PATH}?token={QUERY}", proxy=proxy)
        await sender.send(message())
        for request, _ in receiver.requests:
            assert str(request.url).startswith("http://nowhere.invalid/")
            assert "Proxy-Authorization" in request.headers
        receiver.answer = receiver.say(407)
        error = await self.fails(sender)
        assert isinstance(error, TrySendAgain)
        assert str(error).startswith("http://nowhere.invalid:80 answered 407")

    async def test_a_proxy_that_is_away_is_tried_again(self, sender_to: SenderTo) -> None:
        """The error is the proxy's, without its password."""
        port = free_port()
        proxy = f"http://{USER}:{PASSWORD}@127.0.0.1:{port}"
        error = await self.fails(sender_to(f"http://nowhere.invalid/{PATH}", proxy=proxy))
        assert isinstance(error, TrySendAgain)
        assert str(error) == f"http://nowhere.invalid:80: the proxy http://127.0.0.1:{port}: connection refused"

    async def test_a_hang_up_is_tried_again(self, receiver: Receiver, sender_to: SenderTo) -> None:
        """A connection closed without an answer is no answer. It is not sent a second time within one try."""
        receiver.answer = receiver.hang_up()
        error = await self.fails(sender_to(receiver.secret_address))
        assert isinstance(error, TrySendAgain)
        assert len(receiver.requests) == 1

    async def test_silence_is_tried_again(self, receiver: Receiver, sender_to: SenderTo) -> None:
        """Who does not answer within the timeout is asked again later."""
        receiver.answer = receiver.stall()
        error = await self.fails(sender_to(receiver.secret_address))
        assert isinstance(error, TrySendAgain)
        assert str(error) == f"{receiver.address} did not answer within {TIMEOUT / 1_000:g} s"

    async def test_cancelling_passes_through(self, receiver: Receiver, sender_to: SenderTo) -> None:
        """A cancelled send ends at once, as a cancellation."""
        receiver.answer = receiver.stall()
        sending = asyncio.create_task(sender_to(receiver.secret_address).send(message()))
        await receiver.came.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending

    @pytest.mark.parametrize("body", ["drip", "flood"])
    async def test_a_body_without_end_holds_up_nothing(
        self, receiver: Receiver, sender_to: SenderTo, body: str
    ) -> None:
        """The status counts; of a slow or giant body only the beginning is read, for a yes and for a no."""
        endless: Callable[[int], Any] = getattr(receiver, body)
        async with asyncio.timeout(5):
            receiver.answer = endless(200)
            if receiver.yes is None:
                await sender_to(receiver.secret_address).send(message())
            else:
                assert isinstance(await self.fails(sender_to(receiver.secret_address)), TrySendAgain)
            receiver.answer = endless(503)
            assert isinstance(await self.fails(sender_to(receiver.secret_address)), TrySendAgain)
            receiver.answer = endless(404)
            assert isinstance(await self.fails(sender_to(receiver.secret_address)), SendRefused)

    async def test_no_cookie_is_kept(self, receiver: Receiver, sender_to: SenderTo) -> None:
        """One channel's receiver cannot mark the requests of another."""
        receiver.answer = receiver.say(200, Set_Cookie="track=1; Path=/")
        sender = sender_to(receiver.secret_address.replace("127.0.0.1", "localhost"))
        await sender.send(message())
        await sender.send(message())
        assert "Cookie" not in receiver.requests[1][0].headers

    async def test_closing_leaves_the_session_open(
        self, receiver: Receiver, sender_to: SenderTo, session: aiohttp.ClientSession
    ) -> None:
        """The session is shared, so one channel's end is not that of the others."""
        await sender_to(receiver.address).close()
        assert not session.closed

    @pytest.mark.parametrize("address", ["ftp://x/", "hooks.example/a", "http://", "http://[", ""])
    async def test_an_address_that_cannot_work_is_said_at_once(self, sender_to: SenderTo, address: str) -> None:
        """When the channel is opened, not at the first notice."""
        with pytest.raises(ConfigurationError, match="the-hook"):
            sender_to(address)

    async def test_the_kind_is_opened_by_its_name(self, kind: str, session: aiohttp.ClientSession) -> None:
        """``open_sender`` finds it by the channel's type."""
        channel = Channel(name="the-hook", type=kind, settings=case_of(kind).settings("http://127.0.0.1:9"))
        sender = open_sender(channel, session=session, console=_NOWHERE, clock=StandingClock())
        assert type(sender).__module__ == KINDS[kind].open.__module__


_NOWHERE: Any = None
