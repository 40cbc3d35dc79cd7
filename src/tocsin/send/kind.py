"""What a kind of channel is: how it is opened, and what its tool bears."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import aiohttp

from tocsin._core.clock import Clock
from tocsin._core.message import Sender
from tocsin._core.plan import Channel, Rate
from tocsin._store.deliveries import Allowance

__all__ = ["Bounds", "Kind", "Opener", "Rate"]


class Opener(Protocol):
    """Opens a channel. Raises ``ConfigurationError`` where its settings cannot work."""

    def __call__(self, channel: Channel, *, session: aiohttp.ClientSession, clock: Clock) -> Sender: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a channel bears: its ``rate``, ``None`` for any, and of how many notices one message may be, 1 for one."""

    rate: Rate | None = None
    most: int = 1

    def allowance(self, messages: int) -> Allowance:
        """What may be claimed of its queues now, where the process may begin so many messages."""
        if self.rate is None:
            return Allowance(messages=messages, most=self.most)
        # A quarter is kept for the highest tier. Times at the tool differ a little from ours.
        kept, per = self.rate.number // 4, self.rate.per + self.rate.per // 50
        return Allowance(messages=messages, number=self.rate.number, per=per, kept=kept, most=self.most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of channel. ``rate`` is ``None`` where its documents name no limit. ``merges`` says that several notices
    may go out as one message where more is owed than the rate lets through, at most ``most``; it is ``False`` where
    each incident is a thing of its own at the tool, which only its own message opens and closes."""

    open: Opener
    rate: Rate | None = None
    merges: bool = True
    most: int = 20

    def bounds(self, rate: Rate | None) -> Bounds:
        """What a channel of this kind bears; ``rate`` is its own, which goes before the kind's."""
        return Bounds(rate=rate or self.rate, most=self.most if self.merges else 1)
