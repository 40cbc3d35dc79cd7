"""What a kind of channel is: how it is opened, and what its tool bears."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import aiohttp

from tocsin._core.clock import Clock
from tocsin._core.message import Sender
from tocsin._core.plan import Channel
from tocsin._core.times import Millis


class Opener(Protocol):
    """Opens a channel. Raises ``ConfigurationError`` where its settings cannot work."""

    def __call__(self, channel: Channel, *, session: aiohttp.ClientSession, clock: Clock) -> Sender: ...


@dataclass(frozen=True, slots=True)
class Rate:
    """How much a tool takes: ``number`` messages within ``per``, by its documents."""

    number: int
    per: Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of channel. ``rate`` is ``None`` where its documents name no limit. ``merges`` says that several notices
    may go out as one message where more is owed than the rate lets through; it is ``False`` where each incident is a
    thing of its own at the tool, which only its own message opens and closes."""

    open: Opener
    rate: Rate | None = None
    merges: bool = True
