"""All channels' loops as one: who is to be woken, and their end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from tocsin._core.incident import Delivery
from tocsin.send.loop import ChannelLoop


class Post:
    """All channels' loops. ``owed`` wakes those that have something new to send."""

    def __init__(self) -> None:
        self._loops: dict[str, ChannelLoop] = {}

    def add(self, loop: ChannelLoop) -> None:
        """One more channel; before ``run``."""
        self._loops[loop.channel] = loop

    def owed(self, deliveries: Iterable[Delivery]) -> None:
        """Deliveries that were just committed."""
        by_channel: dict[str, list[Delivery]] = {}
        for delivery in deliveries:
            by_channel.setdefault(delivery.channel, []).append(delivery)
        for channel, owed in by_channel.items():
            if channel in self._loops:
                self._loops[channel].wake(owed)

    def wake(self, channel: str) -> None:
        """A channel may have something to send."""
        if channel in self._loops:
            self._loops[channel].wake()

    def drain(self) -> None:
        """End ``run`` once what is being sent has been sent."""
        for loop in self._loops.values():
            loop.drain()

    async def run(self) -> None:
        """Work until drained."""
        async with asyncio.TaskGroup() as group:
            for loop in self._loops.values():
                group.create_task(loop.run(), name=f"channel-{loop.channel}")
