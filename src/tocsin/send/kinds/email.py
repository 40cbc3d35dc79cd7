"""Channel kind ``email``: a mail by SMTP for each notice, and a thread for each incident.

Settings: ``url`` (the server: ``smtp://``, with STARTTLS unless ``tls`` is ``none``, or ``smtps://``, with TLS from the
start), ``user`` and ``password`` (which may stand in the address as well), ``from``, ``to``, ``cc``, ``timeout`` and
``ca_file``. Whom a notice mentions is a recipient too. A mail that the server has taken for somebody counts as a yes.
Those to whom it says later get it later, and nobody twice; those whom it does not know are named in the log.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

import aiohttp
from aiosmtplib import SMTPResponse
from yarl import URL

from tocsin._core.clock import Clock
from tocsin._core.errors import ConfigurationError
from tocsin._core.message import Message
from tocsin._core.plan import Channel
from tocsin._core.secret import Secret
from tocsin._core.times import SECOND, Millis
from tocsin.send.endpoint import revealed
from tocsin.send.guard import is_guarded
from tocsin.send.kind import Kind
from tocsin.send.mail import mail, sender_of
from tocsin.send.smtp import PORTS, MailServer

log = logging.getLogger(__name__)

DEFAULT_TIMEOUT: Millis = 30 * SECOND
"""Longer than for HTTP: many servers let strangers wait before they answer."""

MOST_HALF_SENT = 1_000
"""Mails of which is remembered who has them already."""


class Email:
    """An ``email`` channel."""

    def __init__(self, channel: Channel, *, session: aiohttp.ClientSession, clock: Clock) -> None:
        settings = channel.settings
        url = address(f"channels.{channel.name}.url", settings["url"])
        self._name = channel.name
        self._sender = sender_of(settings["from_"])
        self._to: tuple[str, ...] = tuple(settings["to"])
        self._cc: tuple[str, ...] = tuple(settings.get("cc", ()))
        self._clock = clock
        self._have: dict[str, frozenset[str]] = {}
        user = revealed(settings.get("user", "")) or url.user or ""
        password = revealed(settings.get("password", "")) or url.password or ""
        self._server = MailServer(
            url,
            seconds=settings.get("timeout", DEFAULT_TIMEOUT) / SECOND,
            helo=self._sender.domain,
            starttls=url.scheme == "smtp" and settings.get("tls", "starttls") == "starttls",
            login=(user, password) if user else None,
            authorities=settings.get("ca_file", ""),
            guarded=is_guarded(session),
        )

    async def send(self, message: Message) -> str:
        """Hand the mail over for all who have not got it yet. Raises ``TrySendAgain`` or ``SendRefused``."""
        to = tuple(dict.fromkeys((*self._to, *(each.email for each in message.mentions if each.email.isascii()))))
        to = tuple(filter(None, to))
        made = mail(message, sender=self._sender, to=to, cc=self._cc, channel=self._name, now=self._clock.now())
        have = self._have.get(message.id, frozenset())
        wanted = [each for each in dict.fromkeys((*to, *self._cc)) if each not in have]
        refused = await self._server.hand_over(self._sender.addr_spec, wanted, made)
        have |= frozenset(wanted) - refused.keys()
        if later := [each for each, said in refused.items() if said.code < 500]:
            self._remember(message.id, have)
            raise self._server.again(f"did not take it yet for {self._named(later, refused)}")
        self._have.pop(message.id, None)
        if refused and not have:
            raise self._server.refused(f"took it for nobody: {self._named(refused, refused)}")
        if refused:
            told = {"channel": self._name, "delivery": message.id, "refused": self._named(refused, refused)}
            log.warning("a mail was taken for some of its recipients only", extra=told)
        return ""

    async def check(self) -> bool:
        """Log in, and say nothing."""
        await self._server.greet()
        return True

    async def close(self) -> None:
        """Nothing is open while nothing is sent."""

    def _remember(self, delivery: str, have: frozenset[str]) -> None:
        self._have.pop(delivery, None)
        self._have[delivery] = have
        if len(self._have) > MOST_HALF_SENT:
            del self._have[next(iter(self._have))]

    def _named(self, recipients: Iterable[str], said: Mapping[str, SMTPResponse]) -> str:
        return self._server.shown(", ".join(f"{each} ({said[each].code} {said[each].message})" for each in recipients))


def address(place: str, value: str | Secret) -> URL:
    """The server at this place of the plan. Raises ``ConfigurationError`` for what is none."""
    try:
        url = URL(revealed(value).strip())
        known = url.scheme in PORTS and bool(url.host)
    except ValueError:
        known = False
    if not known:
        raise ConfigurationError(f"{place} is no mail server; write one as in smtp://mail.example:587")
    return url


KIND = Kind(open=Email)
