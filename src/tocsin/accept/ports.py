"""What this step needs from the others, as protocols: it knows none of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tocsin._core.model import Batch, Receipt
from tocsin._core.people import Person
from tocsin._core.plan import Token
from tocsin._core.source import Source
from tocsin._core.times import Millis


class Intake(Protocol):
    """What takes the alerts in."""

    async def take(self, batch: Batch) -> Receipt:
        """Return once every alert of the batch is stored or known to be stored.

        ``received`` and ``rejected`` of the receipt are the batch's. Raises ``StoreUnavailable`` if nothing
        was acknowledged; the sender may post the same batch again.
        """
        ...


class Decoder(Protocol):
    """What reads the payload of one kind of source."""

    def __call__(self, body: bytes, *, source: Source, received_at: Millis) -> Batch:
        """Read one payload. Raises ``Unreadable``."""
        ...


class Ring(Protocol):
    """Where payloads that cannot be read are kept for a while."""

    async def keep(self, source: str, content: bytes, errors: Sequence[str], at: Millis) -> None:
        """Keep a payload of this source. Raises ``StoreUnavailable``."""
        ...


class Measures(Protocol):
    """What is counted here; all once a request, never once an alert."""

    def received(self, source: str, batch: Batch) -> None:
        """A payload of this source was read."""
        ...

    def unreadable(self, source: str) -> None:
        """A payload of this source could not be read as a whole."""
        ...

    def ingested(self, seconds: float) -> None:
        """A payload was read, decided, stored and is about to be answered, in so many seconds."""
        ...

    def refused(self, status: int) -> None:
        """A request was answered with an error."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The plan's words on who may post, asked for at each request: a reload changes them."""

    sources: Callable[[], Mapping[str, Source]]
    tokens: Callable[[], Mapping[str, Token]]
    people: Callable[[], Mapping[str, Person]] = dict
