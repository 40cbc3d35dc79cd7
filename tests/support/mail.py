"""A real mail server on loopback: it keeps what it is given, and refuses what it is told to."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from tests.support.certificates import server_context

USER, PASSWORD = "tocsin@example.org", "Passw0rd"


class Mailbox:
    """What the server has got. ``refuse`` are its answers to recipients, ``says`` is its answer to a mail, ``login`` to
    a login that is right. It may take one mail and ``hang_up``."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.sessions: list[Session] = []
        self.servers: list[SMTP] = []
        self.refuse: dict[str, str] = {}
        self.says = "250 2.0.0 Ok: queued as 4XyZ"
        self.login = "235 2.7.0 Authentication successful"
        self.port = 0
        self.hang_up = False

    @property
    def mails(self) -> list[EmailMessage]:
        """The mails, as the standard library reads them."""
        return [parsed(envelope.content) for envelope in self.envelopes]

    def connected(self) -> int:
        """How many connections are open."""
        return sum(1 for server in self.servers if server.transport is not None)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """A recipient."""
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """A mail."""
        if self.says.startswith("250"):
            self.envelopes.append(envelope)
            self.sessions.append(session)
        return self.says

    async def handle_RSET(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Another mail is to come."""
        return "421 4.4.2 that was enough" if self.hang_up else "250 2.0.0 Ok"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        """A login."""
        right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        if right and self.login.startswith("235"):
            return AuthResult(success=True)
        said = f"535 5.7.8 {data.login.decode()} {data.password.decode()} is not known" if not right else self.login
        return AuthResult(success=False, handled=False, message=said)


def parsed(content: bytes | str | None) -> EmailMessage:
    """A mail as it came."""
    assert isinstance(content, bytes)
    found = message_from_bytes(content, policy=default)
    assert isinstance(found, EmailMessage)
    return found


@contextlib.asynccontextmanager
async def mail_server(
    *, tls: str = "starttls", login: bool = False, context: ssl.SSLContext | None = None
) -> AsyncIterator[Mailbox]:
    """A server that listens: with STARTTLS, with ``tls`` from the start, or with ``none``."""
    mailbox = Mailbox()
    context = context or server_context()

    def protocol() -> SMTP:
        made = SMTP(
            mailbox,
            hostname="mail.example",
            tls_context=context if tls == "starttls" else None,
            require_starttls=tls == "starttls",
            auth_required=login,
            auth_require_tls=tls == "starttls" or not login,
            authenticator=mailbox.authenticate,
        )
        mailbox.servers.append(made)
        return made

    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=context if tls == "tls" else None)
    mailbox.port = server.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        server.close()
        await server.wait_closed()


Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@contextlib.asynccontextmanager
async def listening(script: Script) -> AsyncIterator[int]:
    """The port of a server that does as the script says, once for each connection."""
    running: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await script(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await server.wait_closed()
