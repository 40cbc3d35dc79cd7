"""One mail server: hands mails over to it, one after the other.

In: a sender, recipients and a mail. Out: the recipients that the server did not take, with its codes. What goes wrong
on the wire, and any 4xx, is ``TrySendAgain``; a 5xx is ``SendRefused``, and so is a server that cannot do what is set.
A connection is kept only for those who wait for it already, so that a storm does not connect for every mail and a quiet
channel holds no connection. An error names scheme, host and port, and what the server said, without passwords.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence

import aiosmtplib
from aiosmtplib import SMTP, SMTPResponse
from yarl import URL

from tocsin._core.clean import one_line
from tocsin._core.errors import SendError, SendRefused, TrySendAgain
from tocsin.send.guard import PrivateAddress, is_public
from tocsin.send.wire import credentials, what_broke

PORTS = {"smtps": 465, "smtp": 587}
_LEAVE_WITHIN = 1.0
_SAID = 4096
_EXCERPT = 200
_NO_TLS = "offers no STARTTLS; have it offered, or write `smtps://` or `tls: none`"
_NO_LOGIN = "offers no login that we know; leave `user` and `password` out if it needs none"
_WRONG = "does not take `user` and `password`; many providers want a password made for the program"


class MailServer:
    """A mail server. ``helo`` is what we call ourselves; ``guarded`` says to connect to public addresses alone."""

    def __init__(
        self,
        url: URL,
        *,
        seconds: float,
        helo: str,
        starttls: bool,
        login: tuple[str, str] | None = None,
        authorities: str = "",
        guarded: bool = False,
    ) -> None:
        self._host, self._port = str(url.host), url.port or PORTS[url.scheme]
        self._where = f"{url.scheme}://{url.host_subcomponent}:{self._port}"
        self._tls_first = url.scheme == "smtps"
        self._starttls = starttls
        self._seconds = seconds
        self._helo = helo
        self._login = login
        self._guarded = guarded
        self._tls = ssl.create_default_context(cadata=authorities or None)
        self._hidden = credentials((url,), _shapes(*login) if login else ())
        self._turn = asyncio.Lock()
        self._wanted = 0
        self._open: SMTP | None = None

    async def hand_over(self, sender: str, to: Sequence[str], mail: bytes) -> Mapping[str, SMTPResponse]:
        """Hand one mail over: those who were refused, with what the server said to each; all if it took the mail for
        nobody. Raises ``TrySendAgain`` or ``SendRefused``; cancelling it ends the connection."""
        async with self._at_the_server() as server:
            try:
                refused, _ = await server.sendmail(sender, to, mail)
            except aiosmtplib.SMTPRecipientsRefused as error:
                return {each.recipient: SMTPResponse(each.code, each.message) for each in error.recipients}
            return refused

    async def greet(self) -> None:
        """Come up to where a mail could be handed over. Raises as ``hand_over`` does."""
        async with self._at_the_server() as server:
            await server.noop()

    def shown(self, said: str) -> str:
        """What the server said, without credentials, on one line and short."""
        text = one_line(said, _SAID)
        for credential in self._hidden:
            text = text.replace(credential, "<secret>")
        return one_line(text, _EXCERPT)

    def again(self, what: str) -> TrySendAgain:
        """The error for what may pass."""
        return TrySendAgain(f"{self._where} {what}")

    def refused(self, what: str) -> SendRefused:
        """The error for what will never do."""
        return SendRefused(f"{self._where} {what}")

    @contextlib.asynccontextmanager
    async def _at_the_server(self) -> AsyncIterator[SMTP]:
        self._wanted += 1
        try:
            async with self._turn:
                whole = False
                try:
                    async with asyncio.timeout(self._seconds):
                        yield await self._ready()
                    whole = True
                except (aiosmtplib.SMTPException, OSError, ValueError) as error:
                    raise self._sorted(error) from None
                finally:
                    if not whole:  # also where it was cancelled: nobody may go on in the midst of it
                        self._drop()
                if self._wanted == 1:
                    await self._leave()
        finally:
            self._wanted -= 1
            if not self._wanted:
                self._drop()  # it was kept for somebody who did not wait

    async def _ready(self) -> SMTP:
        if self._open is not None and self._open.is_connected:
            try:
                await self._open.rset()
                return self._open
            except (aiosmtplib.SMTPException, OSError):
                self._drop()  # it has had enough of us: the next connection tells
        self._open = server = SMTP(
            hostname=self._host,
            port=None,
            sock=await self._connected(),
            use_tls=self._tls_first,
            start_tls=False,
            tls_context=self._tls,
            local_hostname=self._helo,
            timeout=None,  # ours is over all of it; and Python 3.11 may lose a cancellation in theirs
        )
        await server.connect()
        await server.ehlo()
        if self._starttls:
            if not server.supports_extension("starttls"):
                raise self.refused(_NO_TLS)
            await server.starttls()
            await server.ehlo()
        if self._login is not None:
            if not server.supported_auth_methods:
                raise self.refused(_NO_LOGIN)
            await server.login(*self._login)
        return server

    async def _connected(self) -> socket.socket:
        """A connection to the first of its addresses that takes one."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        error: OSError = OSError()
        for family, kind, protocol, _, where in found:
            if self._guarded and not is_public(str(where[0])):
                raise SendRefused(f"{self._where}: {PrivateAddress(str(where[0]))}")
            with contextlib.ExitStack() as closing:
                connection = closing.enter_context(socket.socket(family, kind, protocol))
                connection.setblocking(False)
                try:
                    async with asyncio.timeout(self._seconds / len(found)):
                        await loop.sock_connect(connection, where)
                except OSError as broken:
                    error = broken
                else:
                    closing.pop_all()
                    return connection
        raise error

    async def _leave(self) -> None:
        server, self._open = self._open, None
        if server is not None:
            try:
                async with asyncio.timeout(_LEAVE_WITHIN):
                    await server.quit()
            except (aiosmtplib.SMTPException, OSError):
                pass  # what was to be handed over has been
            finally:
                server.close()

    def _drop(self) -> None:
        server, self._open = self._open, None
        if server is not None:
            server.close()

    def _sorted(self, error: BaseException) -> SendError:
        if isinstance(error, aiosmtplib.SMTPConnectError) and error.__cause__ is not None:
            error = error.__cause__
        match error:
            case aiosmtplib.SMTPResponseException():
                return self._judged(error)
            case TimeoutError():
                return self.again(f"did not answer within {self._seconds:g} s")
            case aiosmtplib.SMTPServerDisconnected():
                return TrySendAgain(f"{self._where}: the connection was closed without an answer")
            case OSError() | ValueError():
                return TrySendAgain(f"{self._where}: {what_broke(error, None)}")
            case _:
                return self.again(f"did not take it: {self.shown(str(error))}")

    def _judged(self, error: aiosmtplib.SMTPResponseException) -> SendError:
        if not 400 <= error.code < 600:
            return TrySendAgain(f"{self._where}: the answer is no SMTP")
        said = f"answered {error.code}: {self.shown(error.message)}"
        if error.code < 500:
            return self.again(said)
        is_login = isinstance(error, aiosmtplib.SMTPAuthenticationError)
        return self.refused(f"{_WRONG} ({said})" if is_login else said)


def _shapes(user: str, password: str) -> tuple[str, ...]:
    """What a password looks like on its way, in any of which a server might quote it."""
    plain = base64.b64encode(f"\0{user}\0{password}".encode()).decode("ascii")
    return (password, base64.b64encode(password.encode()).decode("ascii"), plain)
