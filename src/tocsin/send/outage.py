"""Tells command that a channel is down, and that it is up again.

Level-triggered: the store knows which channels fail and what command was told of it; whatever of the two does not fit
is put right here, by one process at a time. So a restart forgets nothing, and nobody is told twice of the same. The
message goes past the queues, by command's other channels: what waits behind a dead one must not hide that it is dead.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Literal

from tocsin._core.clock import Clock, sleep_unless
from tocsin._core.errors import SendError, StoreError
from tocsin._core.hours import on_duty
from tocsin._core.message import Message, Sender
from tocsin._core.plan import Plan
from tocsin._core.times import MINUTE, SECOND, Millis
from tocsin._store import health as stored
from tocsin._store.client import Store
from tocsin._store.health import Health
from tocsin.send.specimen import about_channel

log = logging.getLogger(__name__)

LOOK: Millis = 10 * SECOND
"""How often this is looked at."""

DOWN_AFTER: Millis = 5 * MINUTE
"""For so long a channel has failed, and taken nothing, before it is told as down."""

REFUSALS = 3
"""Or so many deliveries that it has given up in a row."""

SEND_WITHIN: Millis = 20 * SECOND
"""For one channel: less than the lease by which one process tells of it."""

News = Literal["channel_down", "channel_up"]


def news_of(health: Health, now: Millis) -> News | None:
    """What command is yet to be told of a channel."""
    if health.since is None:
        return "channel_up" if health.told else None
    is_down = now - health.since >= DOWN_AFTER or health.refused >= REFUSALS
    return "channel_down" if is_down and not health.told else None


def ways(channel: str, plan: Plan, now: Millis) -> tuple[str, ...]:
    """By which channels command is told of this one: its own that are on duty, else its others, else its fallbacks;
    never by the channel itself."""
    command = plan.groups["command"]
    own = tuple(each for each in command.channels if each != channel)
    others = tuple(each for each in command.fallback if each != channel)
    return on_duty(own, plan, now) or own or on_duty(others, plan, now) or others


class Outages:
    """Looks after all channels of the plan. ``senders`` are theirs, by name."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        plan: Callable[[], Plan],
        senders: Callable[[], Mapping[str, Sender]],
    ) -> None:
        self._store = store
        self._clock = clock
        self._plan = plan
        self._senders = senders
        self._awake = asyncio.Event()
        self._draining = False

    def drain(self) -> None:
        """End ``run``."""
        self._draining = True
        self._awake.set()

    async def run(self) -> None:
        """Look until drained."""
        while not self._draining:
            try:
                await self.turn()
            except StoreError as error:
                log.warning("whether channels fail cannot be seen", extra={"error": str(error)})
            await sleep_unless(self._awake, self._clock, LOOK / SECOND)

    async def turn(self) -> None:
        """Tell what is yet to be told. Raises ``StoreError``."""
        now, plan = self._clock.now(), self._plan()
        for channel, health in (await stored.read(self._store)).items():
            if channel not in plan.channels:
                await stored.forget(self._store, channel)
                continue
            news = news_of(health, now)
            if news is None or not await stored.lease(self._store, channel, now):
                continue
            if await self._tell(news, channel, health, plan, now):
                await stored.note(self._store, channel, told=news == "channel_down")

    async def _tell(self, news: News, channel: str, health: Health, plan: Plan, now: Millis) -> bool:
        """Whether anybody could be told."""
        log.warning("a channel is down" if news == "channel_down" else "a channel is up", extra={"channel": channel})
        said = [
            await self._send(name, about_channel(news, channel, name, plan, now, error=health.error))
            for name in ways(channel, plan, now)
        ]
        if not any(said):
            log.error("command could not be told of a channel", extra={"channel": channel, "news": news})
        return any(said)

    async def _send(self, name: str, message: Message) -> bool:
        sender = self._senders().get(name)
        if sender is None:
            return False
        try:
            async with asyncio.timeout(SEND_WITHIN / SECOND):
                await sender.send(message)
        except (SendError, TimeoutError) as error:
            log.warning("a channel could not tell of another", extra={"channel": name, "error": str(error)})
            return False
        return True
