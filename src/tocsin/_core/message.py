"""What a channel is given to send, and what every kind of channel is: the contract of step 7."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One delivery, rendered. ``id`` is the delivery's, the same on every try; ``body`` is what A6 of the
    contract calls a notice's body, JSON-ready, with ``subject`` and ``text`` in it too.
    """

    id: str
    event: str
    group: str
    incident: str
    subject: str
    text: str
    body: Mapping[str, Any]


class Sender(Protocol):
    """One channel, ready to send."""

    async def send(self, message: Message) -> None:
        """Return once the channel has said yes. Raises ``TrySendAgain`` or ``SendRefused``, nothing else."""
        ...

    async def close(self) -> None:
        """Give back connections and files."""
        ...
