"""Identifiers: functions of what they name, never of chance, so that a retried step mints nothing new."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime

from tocsin._core.times import SECOND, Millis

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def digest(parts: Iterable[str], *, size: int = 16) -> str:
    """A hexadecimal digest of ``size`` bytes. Parts are length-prefixed, so no two lists of parts run together."""
    text = "".join([f"{len(part)}:{part}" for part in parts])
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).hexdigest()


def incident_id(key: str, first_at: Millis, counter: int = 0) -> str:
    """``INC-yymmdd-XXXXXX`` of the key and the acceptance of the first alert; ``counter`` where one is taken."""
    day = datetime.fromtimestamp(first_at // SECOND, UTC)
    number = int(digest((key, str(first_at), str(counter)), size=8), 16)
    letters = "".join(_CROCKFORD[(number >> (5 * place)) & 31] for place in range(6))
    return f"INC-{day:%y%m%d}-{letters}"


def normal_incident_id(text: str) -> str:
    """What a person typed, as an id is stored: any case, and O, I and L for the digits they look like."""
    head, dash, letters = text.strip().upper().rpartition("-")
    return f"{head}{dash}{letters.translate(str.maketrans('OIL', '011'))}"


def is_of_before(incident: str, at: Millis) -> bool:
    """Whether an incident of this id opened on an earlier day than that of this time; ``False`` if it is no id."""
    day = incident.partition("-")[2].partition("-")[0]
    return len(day) == 6 and day.isdecimal() and day < f"{datetime.fromtimestamp(at // SECOND, UTC):%y%m%d}"


def notice_id(incident: str, sequence: int) -> str:
    """The notice of an incident with this sequence number."""
    return f"{incident.lower()}-{sequence}"


def delivery_id(notice: str, group: str, channel: str) -> str:
    """The delivery of a notice to a group on a channel; at most 40 characters."""
    return f"{notice}-{digest((group, channel), size=6)}"


def notice_of(delivery: str) -> str:
    """The id of the notice that a delivery is of, by the delivery's own."""
    return delivery.rpartition("-")[0]


def incident_of(delivery: str) -> str:
    """The id of the incident that a delivery is about, by the delivery's own."""
    return notice_of(notice_of(delivery)).upper()
