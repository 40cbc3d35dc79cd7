"""What a rule file says of the way to every channel that speaks HTTP: time, proxy and certificates."""

from __future__ import annotations

import ssl
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import PlainValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from tocsin._core.secret import Secret
from tocsin._plan import shapes
from tocsin._plan.channel_entry import ChannelEntry
from tocsin._plan.fields import UNSET, Positive, Reading, maybe_secret
from tocsin._plan.files import digest, read_secret

DIRECT = "direct"
"""In the place of a proxy: none, whatever the plan's is."""


def _error(message: str, kind: str = "value") -> PydanticCustomError:
    return PydanticCustomError(kind, "{said}", {"said": message})


def _check_proxy(text: str) -> None:
    """Never names the address itself, which may hold a password."""
    try:
        parts = urlsplit(text)
        sound = parts.scheme == "http" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or parts.path not in ("", "/") or parts.query or parts.fragment or any(each <= " " for each in text):
        raise _error("must be the address of an HTTP proxy and no more, as in http://proxy.example:3128")


def _proxy(value: object, info: ValidationInfo) -> str | Secret:
    return maybe_secret(_check_proxy, value, info)


def _proxy_or_direct(value: object, info: ValidationInfo) -> str | Secret:
    return DIRECT if value == DIRECT else _proxy(value, info)


def _certificates(value: object, info: ValidationInfo) -> str:
    """The certificates themselves, so that others in the same file are another setting."""
    if not isinstance(value, str) or not value.strip() or not isinstance(info.context, Reading):
        raise _error("must be the name of a file of certificates, as in ca/company.pem")
    path = info.context.directory / value
    info.context.secrets[path] = ""
    try:
        data = read_secret(path)
    except ValueError as error:
        if info.context.fill:
            return ""
        raise _error(str(error), UNSET) from None
    info.context.secrets[path] = digest(data)
    try:
        text = data.decode("ascii", "ignore")
        ssl.create_default_context(cadata=text)
    except (ssl.SSLError, ValueError):
        raise _error(
            f"names the file {path}, which holds no certificates in PEM (-----BEGIN CERTIFICATE-----)"
        ) from None
    return text


Proxy = Annotated[str | Secret, PlainValidator(_proxy), shapes.PROXY]
ProxyOrDirect = Annotated[str | Secret, PlainValidator(_proxy_or_direct), shapes.PROXY_OR_DIRECT]
Certificates = Annotated[str, PlainValidator(_certificates), shapes.FILE]


class HttpChannel(ChannelEntry):
    """What every channel that speaks HTTP may have beside."""

    timeout: Positive | None = None
    """How long one request may take; 10s by default."""
    proxy: ProxyOrDirect | None = None
    """The HTTP proxy by which it is reached, in place of the plan's `proxy`; `direct` for none."""
    ca_file: Certificates | None = None
    """A file of certificates (PEM) that vouch for it, in place of the system's; relative to the plan's directory."""


def settings_of(entry: ChannelEntry, proxy: str | Secret | None) -> dict[str, Any]:
    """The settings of a channel's type that were given; where it has none, ``proxy`` is the plan's."""
    settings = entry.settings()
    if isinstance(entry, HttpChannel):
        chosen = proxy if entry.proxy is None else entry.proxy
        settings.pop("proxy", None)
        if chosen is not None and chosen != DIRECT:
            settings["proxy"] = chosen
    return settings
