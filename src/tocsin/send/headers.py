"""Headers that a plan adds to the requests of a channel."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tocsin._core.errors import ConfigurationError
from tocsin._core.secret import Secret
from tocsin.send.endpoint import revealed

_NOT_SETTABLE = frozenset(
    {
        "accept-encoding", "connection", "content-length", "content-type", "idempotency-key", "transfer-encoding",
        "webhook-id", "webhook-signature", "webhook-timestamp",
    }
)  # fmt: skip
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)


def own_headers(channel: str, given: Mapping[str, str | Secret]) -> dict[str, str]:
    """The headers as they are sent. Raises ``ConfigurationError`` for one that cannot be."""
    headers = {}
    for name, value in given.items():
        if name.lower() in _NOT_SETTABLE or not _HEADER_NAME.fullmatch(name):
            raise ConfigurationError(
                f"channels.{channel}.headers: {name!r} cannot be set: it is Tocsin's own, or no name of a header"
            )
        text = revealed(value)
        if not text.isprintable():
            raise ConfigurationError(f"channels.{channel}.headers.{name}: a value is one line of printable text")
        headers["User-Agent" if name.lower() == "user-agent" else name] = text
    return headers
