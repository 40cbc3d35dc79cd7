"""All channels' loops as one: they follow the channels of the plan, while they run.

A channel whose settings have changed gets a new sender in the loop that it has; what is being sent goes on with
the one before. A channel that the plan no longer has refuses what it is still owed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from random import Random
from typing import Any, Protocol, Self

import aiohttp

from tocsin._core.clock import Clock
from tocsin._core.errors import ConfigurationError, SendError
from tocsin._core.incident import Delivery, Notice
from tocsin._core.message import Answer, Message, Sender
from tocsin._core.plan import Channel, Plan
from tocsin._core.times import SECOND, Millis
from tocsin._store.client import Store
from tocsin.send.body import render
from tocsin.send.carry import Meter
from tocsin.send.endpoint import Endpoint, in_json
from tocsin.send.kind import Bounds
from tocsin.send.kinds.console import Console
from tocsin.send.loop import ChannelLoop
from tocsin.send.mentions import mentioned
from tocsin.send.outage import Outages
from tocsin.send.registry import Gone, bounds_of, open_sender, open_session
from tocsin.send.texts import Own, Texts
from tocsin.send.trying import Trials

log = logging.getLogger(__name__)

REPLY_WITHIN: Millis = 5 * SECOND


class InForce(Protocol):
    """What notices are made by."""

    @property
    def plan(self) -> Plan:
        """The plan in force."""
        ...

    @property
    def texts(self) -> Texts:
        """Its own texts."""
        ...


class Post:
    """All channels' loops. Enter it to open the session that they share; leaving it closes every sender.
    ``external_url`` is asked for at each send: where people reach Tocsin; so is ``respond``: where a delivery is
    answered, ``""`` for nowhere; and so is ``edition``: the plan, and its own texts. ``failed`` is told the event and
    the language of each of these that failed, and ``checked`` what a channel answered when it was quietly asked. No
    address may be private if it is to ``refuse_private`` ones."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        console: Console,
        external_url: Callable[[], str],
        respond: Callable[[Delivery], str],
        edition: Callable[[], InForce],
        failed: Callable[[str, str], None],
        checked: Callable[[str, Answer], None],
        meter: Meter,
        process: str,
        refuse_private: bool = False,
    ) -> None:
        self._store = store
        self._clock = clock
        self._console = console
        self._external_url = external_url
        self._respond = respond
        self._edition = edition
        self._failed = failed
        self._meter = meter
        self._process = process
        self._refuse_private = refuse_private
        self._senders: dict[str, Sender] = {}
        self.trials = Trials(senders=lambda: self._senders, clock=clock, random=Random(), checked=checked)
        self._outages = Outages(store=store, clock=clock, plan=lambda: edition().plan, senders=lambda: self._senders)
        self._channels: Mapping[str, Channel] = {}
        self._loops: dict[str, ChannelLoop] = {}
        self._stack = contextlib.AsyncExitStack()
        self._session: aiohttp.ClientSession | None = None
        self._group: asyncio.TaskGroup | None = None
        self._drained = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._session = await self._stack.enter_async_context(open_session(refuse_private=self._refuse_private))
        return self

    async def __aexit__(self, *_: object) -> None:
        for loop in self._loops.values():
            await loop.close()
        await self._stack.aclose()

    @property
    def session(self) -> aiohttp.ClientSession:
        """The session of all calls to addresses of the plan."""
        assert self._session is not None
        return self._session

    def prepare(self, channels: Mapping[str, Channel]) -> dict[str, Sender]:
        """Senders for those of a plan's channels that are new or changed.

        Raises ``ConfigurationError``, a line for each whose settings cannot work.
        """
        senders: dict[str, Sender] = {}
        errors: list[str] = []
        for name, channel in channels.items():
            if self._channels.get(name) == channel:
                continue
            try:
                senders[name] = open_sender(channel, session=self.session, console=self._console, clock=self._clock)
            except ConfigurationError as error:
                errors.append(str(error))
        if errors:
            raise ConfigurationError("\n".join(errors))
        return senders

    def follow(self, channels: Mapping[str, Channel], senders: Mapping[str, Sender]) -> None:
        """Send by a plan's channels from now on; ``senders`` are what ``prepare`` made of them."""
        for name, sender in senders.items():
            self._use(name, sender, bounds_of(channels[name]))
        for name in self._channels.keys() - channels.keys():
            self._use(name, Gone(name), Bounds())
        self._channels = channels
        self._senders = {name: senders.get(name) or self._senders[name] for name in channels}

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

    async def reply(self, channel: Channel, address: str, said: Mapping[str, Any]) -> None:
        """Post to an address that a channel's tool named when somebody did something there. It is for a person who
        waits for it: what does not arrive at once is not tried again."""
        assert self._session is not None
        there = replace(channel, settings={**channel.settings, "url": address, "timeout": REPLY_WITHIN})
        try:
            endpoint = Endpoint.of(there, session=self._session, clock=self._clock)
            await endpoint.post(in_json(said), {"Content-Type": "application/json"})
        except (SendError, ConfigurationError) as error:
            log.info("a reply was not taken", extra={"channel": channel.name, "error": str(error)})

    def drain(self) -> None:
        """End ``run`` once what is being sent has been sent."""
        self._drained.set()
        self.trials.drain()
        self._outages.drain()
        for loop in self._loops.values():
            loop.drain()

    async def run(self, known: Iterable[str]) -> None:
        """Work until drained. ``known`` are the channels that the store knows, whether or not the plan has them."""
        for name in set(known) - self._loops.keys():
            self._use(name, Gone(name), Bounds())
        async with asyncio.TaskGroup() as group:
            self._group = group
            group.create_task(self.trials.run(), name="trials")
            group.create_task(self._outages.run(), name="outages")
            for loop in self._loops.values():
                self._start(loop)
            await self._drained.wait()  # so that the group takes in channels that come later
            self._group = None

    def _use(self, name: str, sender: Sender, bounds: Bounds) -> None:
        """Let a channel send by this; one that was not there before begins to work, if the others do."""
        if name in self._loops:
            self._loops[name].use(sender, bounds)
            return
        self._loops[name] = loop = ChannelLoop(
            name,
            sender,
            bounds,
            store=self._store,
            clock=self._clock,
            render=self._render,
            meter=self._meter,
            random=Random(),
            process=self._process,
        )
        self._start(loop)

    def _render(self, notice: Notice, delivery: Delivery) -> Message:
        edition = self._edition()
        texts, plan = edition.texts, edition.plan

        def failed(own: Own, why: str) -> None:
            self._failed(notice.event, delivery.language)
            if texts.fails_first(own):
                place = {"template": own.place, "part": own.part, "event": notice.event, "error": why}
                log.warning("a template of the plan failed, and the shipped text was told", extra=place)

        return render(
            notice,
            delivery,
            external_url=self._external_url(),
            respond="" if delivery.vendor else self._respond(delivery),
            texts=texts,
            failed=failed,
            mentions=tuple(mentioned(delivery, plan)),
        )

    def _start(self, loop: ChannelLoop) -> None:
        if self._group is not None and not self._drained.is_set():
            self._group.create_task(loop.run(), name=f"channel-{loop.channel}")
