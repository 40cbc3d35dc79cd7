"""Who may reach us: binding, Host and Origin, bearer tokens and their rights. Pure: values in, verdicts out.

Listening on loopback, a person's own machine is the boundary and no login is asked for until a token exists;
but a web page in that person's browser must not reach through: its requests bear an ``Origin``, or, if it
rebinds a name of its own to 127.0.0.1, a foreign ``Host``. Listening beyond loopback, tokens are the boundary.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from types import MappingProxyType

from tocsin._core.errors import ConfigurationError
from tocsin._core.people import Person
from tocsin._core.plan import Token
from tocsin._core.secret import Secret


class Right(StrEnum):
    """What a route needs. ``NONE`` is for health endpoints: no login, whatever tokens exist. ``LINK`` is for pages
    whose address is a secret of its own: no login either, and forms are their bodies. ``SIGNED`` is for what another
    company's tool posts and signs: no login, and any body, which the route itself proves."""

    INGEST = "ingest"
    READ = "read"
    ACT = "act"
    NONE = "none"
    LINK = "link"
    SIGNED = "signed"


OF_PEOPLE = frozenset({Right.READ.value, Right.ACT.value})
"""What people may do with their tokens."""

NOBODY: Mapping[str, Person] = MappingProxyType({})

_HOST = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(?::\d*)?", re.ASCII)
_BEARER = re.compile(r"bearer +(\S+) *", re.IGNORECASE)


@lru_cache(maxsize=64)
def is_loopback(host: str) -> bool:
    """Whether a host name or address, as given to ``--listen``, is this machine alone."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False


def needs_login(tokens: Mapping[str, Token], people: Mapping[str, Person]) -> bool:
    """Whether there is any token, of a program or a person."""
    return bool(tokens) or any(person.token is not None for person in people.values())


def check_binding(
    host: str, tokens: Mapping[str, Token], people: Mapping[str, Person] = NOBODY, *, insecure: bool
) -> None:
    """Refuse to listen to the network without any token. Raises ``ConfigurationError`` with the way out."""
    if insecure or is_loopback(host) or needs_login(tokens, people):
        return
    raise ConfigurationError(
        f"listening on {host or 'all addresses'} would let anyone who reaches it post alerts and act on incidents; "
        "add a token under `tokens:` or `people:` in the rule files, or listen on 127.0.0.1, "
        "or pass --insecure if the network itself keeps others out"
    )


def is_loopback_host(headers: Sequence[str]) -> bool:
    """Whether a request's Host headers name this machine: 127.0.0.0/8, ``localhost`` or ``[::1]``, any port."""
    if len(headers) != 1:
        return False
    match = _HOST.fullmatch(headers[0].strip())
    if match is None:
        return False
    host = match[1]
    # An address without brackets that has colons does not get here; one in brackets must be IPv6.
    return is_loopback(host) and (":" in host or not host.startswith("["))


def caller_of(
    authorization: str | None, tokens: Mapping[str, Token], people: Mapping[str, Person] = NOBODY
) -> Token | None:
    """The token that an Authorization header bears, a program's or a person's, or ``None``.

    All tokens are compared, as digests and in constant time, so that the time taken says nothing.
    """
    match = _BEARER.fullmatch(authorization or "")
    if match is None:
        return None
    given = _digest(match[1])
    found: Token | Person | None = None
    bearers: tuple[Token | Person, ...] = (*tokens.values(), *people.values())
    for bearer in bearers:
        value = bearer.token.reveal() if bearer.token is not None else ""
        if hmac.compare_digest(given, _digest(value)) and value and found is None:
            found = bearer
    if isinstance(found, Person):
        return Token(name=found.name, may=OF_PEOPLE, token=Secret(match[1]), is_person=True)
    return found


def _digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogateescape")).digest()
