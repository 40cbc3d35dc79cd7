"""The token of a notice's answer link: whom it lets answer for which groups, on which delivery, and until when. Pure.

``inc-261205-7k2m9p-1-0123456789ab-`` and 34 letters and digits: the delivery's id, then the seal, which is the end of
the link's life, its groups, and an HMAC-SHA256 of all of that, cut to 128 bits, in base 32. Lower-case letters, digits
and dashes only: no chat takes a part of it for markup or for the end of the sentence.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import struct
from collections.abc import Iterable

import msgspec

from tocsin._core.ids import notice_of
from tocsin._core.incident import Delivery
from tocsin._core.plan import GROUPS
from tocsin._core.times import DAY, SECOND, Millis

LIVES: Millis = 7 * DAY
"""How long after its notice a link may be followed."""

KEY_BYTES = 32

_PURPOSE = b"tocsin answer link 1\0"
_HEAD = struct.Struct(">IB")
_MAC_BYTES = 16
_TOKEN = re.compile(r"([a-z0-9-]{1,40})-([a-z2-7]{34})", re.ASCII)


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says. ``expires`` is when it ends, in whole seconds; ``groups`` are in the plan's order."""

    delivery: str
    groups: tuple[str, ...]
    expires: Millis

    @property
    def incident(self) -> str:
        """The id of the incident that the delivery's notice is of."""
        return notice_of(notice_of(self.delivery)).upper()


class BadLink(ValueError):
    """It was not made with this key, or was changed on its way."""


def link_of(delivery: Delivery) -> Link:
    """The link that a delivery carries: the same on every try."""
    groups = delivery.groups or (delivery.group,)
    return Link(
        delivery=delivery.id,
        groups=tuple(group for group in GROUPS if group in groups),
        expires=(delivery.created_at + LIVES) // SECOND * SECOND,
    )


def token_of(link: Link, key: bytes) -> str:
    """The token that says it."""
    head = _HEAD.pack(link.expires // SECOND, _mask(link.groups))
    return f"{link.delivery}-{_sealed(link.delivery, head, key)}"


def read_token(token: str, key: bytes) -> Link:
    """What a token says, whether or not it has ended. Raises ``BadLink``."""
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise BadLink("it has not the form of a token")
    delivery, seal = match.groups()
    try:
        head = base64.b32decode(seal.upper() + "=" * (-len(seal) % 8))[: _HEAD.size]
    except binascii.Error:
        raise BadLink("its seal cannot be read") from None
    if not hmac.compare_digest(_sealed(delivery, head, key), seal):
        raise BadLink("its seal is not ours")
    seconds, mask = _HEAD.unpack(head)
    groups = tuple(group for place, group in enumerate(GROUPS) if mask >> place & 1)
    return Link(delivery=delivery, groups=groups, expires=seconds * SECOND)


def _mask(groups: Iterable[str]) -> int:
    return sum(1 << GROUPS.index(group) for group in groups)


def _sealed(delivery: str, head: bytes, key: bytes) -> str:
    mac = hmac.digest(key, _PURPOSE + delivery.encode() + b"\0" + head, hashlib.sha256)[:_MAC_BYTES]
    return base64.b32encode(head + mac).decode().rstrip("=").lower()
