"""Channels that call people, or reach them by mail, as a rule file describes them."""

from __future__ import annotations

import re
from email.utils import parseaddr
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, PlainValidator, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from tocsin._core.secret import Secret
from tocsin._plan import shapes
from tocsin._plan.channel_entry import ChannelEntry
from tocsin._plan.fields import Plain, Positive, SecretText, Url, maybe_secret, text_of
from tocsin._plan.http_channel import Certificates, HttpChannel

_ROUTING_KEY = 32
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}"
_ADDRESS = re.compile(rf"{_ATOM}(\.{_ATOM}){{0,20}}@[A-Za-z0-9-]{{1,63}}(\.[A-Za-z0-9-]{{1,63}}){{0,20}}")


def _error(said: str, *within: str) -> PydanticCustomError:
    return PydanticCustomError("value", "{said}", {"said": said, "within": within})


def _check_server(text: str) -> None:
    """Never names the address itself, which may hold a password."""
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("smtp", "smtps") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or parts.path not in ("", "/") or parts.query or parts.fragment or any(each <= " " for each in text):
        raise _error("must be a mail server and no more, as in smtp://mail.example:587 or smtps://mail.example")


def _server(value: object, info: ValidationInfo) -> str | Secret:
    return maybe_secret(_check_server, value, info)


def _recipient(value: object, info: ValidationInfo) -> str:
    text = text_of(value, info)
    if text and not _ADDRESS.fullmatch(text):
        raise _error("must be one address in ASCII, as in on-call@example.org")
    return text


def _sender(value: object, info: ValidationInfo) -> str:
    text = text_of(value, info)
    address = parseaddr(text)[1]
    if text and (
        not text.isprintable() or not _ADDRESS.fullmatch(address) or not text.endswith((address, f"<{address}>"))
    ):
        raise _error(
            "must be one address, with or without a name, as in tocsin@example.org or Tocsin <tocsin@example.org>"
        )
    return text


Server = Annotated[str | Secret, PlainValidator(_server), shapes.MAIL_SERVER]
Recipient = Annotated[str, PlainValidator(_recipient), shapes.RECIPIENT]
Sender = Annotated[str, PlainValidator(_sender), shapes.MAIL_SENDER]


class PagerDutyChannel(HttpChannel):
    """Keeps an alert at PagerDuty for each incident."""

    type: Literal["pagerduty"]
    """What kind of channel it is."""
    routing_key: SecretText
    """The key of an integration of the type Events API v2."""
    url: Url | None = None
    """Where events are posted; `https://events.pagerduty.com/v2/enqueue` by default."""

    webhook_secret: SecretText | None = None
    """What PagerDuty signs its webhooks with, by which acknowledging and resolving there is done here too."""

    @model_validator(mode="after")
    def _whole_key(self) -> PagerDutyChannel:
        given = len(self.routing_key.reveal())
        if self.url is None and given not in (0, _ROUTING_KEY):  # none is one that is not there, and told elsewhere
            said = f"is no key of PagerDuty's Events API v2: those have {_ROUTING_KEY} characters, not {given}"
            raise _error(said, "routing_key")
        return self


class OpsgenieChannel(HttpChannel):
    """Keeps an alert for each incident at Opsgenie, or at what has the same Alert API."""

    type: Literal["opsgenie"]
    """What kind of channel it is."""
    api_key: SecretText
    """The key of an API integration."""
    url: Url | None = None
    """Where the Alert API is, without `/v2/alerts`; `https://api.opsgenie.com` by default."""


class EmailChannel(ChannelEntry):
    """Sends mails by a mail server."""

    type: Literal["email"]
    """What kind of channel it is."""
    url: Server
    """The mail server: `smtp://mail.example:587`, or `smtps://` where it speaks TLS from the start."""
    tls: Literal["starttls", "none"] | None = None
    """How a connection by `smtp://` is encrypted: `starttls` by default; `none` sends everything in the clear."""
    user: Plain | None = None
    """The name for logging in to the mail server; left out, it is not logged in to."""
    password: SecretText | None = None
    """The password for logging in to the mail server."""
    from_: Sender = Field(alias="from")
    """The sender's address, with or without a name: `Tocsin <tocsin@example.org>`."""
    to: Annotated[list[Recipient], Field(min_length=1)]
    """The addresses of those who get the mails."""
    cc: list[Recipient] | None = None
    """The addresses of those who get a copy."""
    timeout: Positive | None = None
    """How long handing over one mail may take; 30s by default."""
    ca_file: Certificates | None = None
    """A file of certificates (PEM) that vouch for it, in place of the system's; relative to the plan's directory."""

    @model_validator(mode="after")
    def _fits(self) -> EmailChannel:
        server = urlsplit(self.url.reveal() if isinstance(self.url, Secret) else self.url)
        if server.username and not server.password:
            raise _error("has a user without a password; write `user` and `password` in its place", "url")
        if server.scheme == "smtps" and self.tls is not None:
            raise _error("is for `smtp://`; by `smtps://` everything is encrypted", "tls")
        if self.tls == "none" and (self.password is not None or server.password):
            raise _error("would send the password in the clear; take `tls` out, or `user` and `password`", "tls")
        if (self.user is None) != (self.password is None):
            raise _error(
                "goes with `user`" if self.user is None else "goes with `password`",
                "password" if self.user is None else "user",
            )
        return self
