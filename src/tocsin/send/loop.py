"""The loops that send: one per channel and shard, so that a dead channel holds up no other.

At least once: a delivery is under lease while it is sent, and recorded when the channel has said yes. Only a
send in flight when the process is killed can reach the channel twice, under the same id.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from itertools import islice
from random import Random
from typing import Protocol

from tocsin._core.clock import Clock, sleep_unless
from tocsin._core.errors import SendError, SendRefused, StoreError, TrySendAgain
from tocsin._core.incident import Attempt, Delivery, Notice
from tocsin._core.message import Message, Sender
from tocsin._core.model import Tier
from tocsin._core.times import SECOND, Millis
from tocsin._store import deliveries as stored
from tocsin._store.client import Store
from tocsin._store.deliveries import Parcel
from tocsin._store.incidents import lane_of
from tocsin._store.keys import Keys
from tocsin.send.tries import GIVE_UP_AFTER, accepted, in_time, pause

log = logging.getLogger(__name__)

AT_ONCE = 16
"""Lanes of one channel sent from at once."""

POLL: Millis = 1 * SECOND
TURNS_UNLOOKED = 4
"""Turns in a row that go by what this process has just committed, before the queue itself is looked at again."""

MOST_FRESH = 1_000
"""Lanes just committed to that are remembered; the queue has the others too."""

SEND_WITHIN: Millis = 45 * SECOND
"""How long a send may take in all, whatever the channel's own timeout: less than the lease."""


class Meter(Protocol):
    """What is counted here."""

    def delivery(self, channel: str, result: str) -> None:
        """A try to send: ``accepted``, ``retried`` or ``dead``."""
        ...

    def delivered(self, tier: Tier, seconds: float) -> None:
        """How long after the alert was accepted the channel said yes."""
        ...


class ChannelLoop:
    """Works the queues of one channel. ``wake`` says that there is something to send.

    Lanes to which this process has just committed are claimed without a look at the queue: a claim passes over
    what is not due, so it does no harm if another process was quicker.
    """

    def __init__(
        self,
        channel: str,
        sender: Sender,
        *,
        store: Store,
        clock: Clock,
        render: Callable[[Notice, Delivery], Message],
        meter: Meter,
        random: Random,
        process: str,
    ) -> None:
        self.channel = channel
        self._sender = sender
        self._store = store
        self._clock = clock
        self._render = render
        self._meter = meter
        self._random = random
        self._process = process
        self._turns = 0
        self._unlooked = dict.fromkeys(store.shards, 0)
        self._fresh: dict[Keys, dict[str, None]] = {keys: {} for keys in store.shards}
        self._sends: set[asyncio.Task[None]] = set()
        self._retiring: set[asyncio.Task[None]] = set()
        self._awake = asyncio.Event()
        self._draining = False
        self._fails = False

    def wake(self, owed: Iterable[Delivery] = ()) -> None:
        """There may be something to send; ``owed`` are deliveries of this channel that were just committed."""
        for delivery in owed:
            fresh = self._fresh[self._store.shard_of(delivery.key)]
            if len(fresh) < MOST_FRESH:
                fresh[lane_of(delivery)] = None
        self._awake.set()

    def use(self, sender: Sender) -> None:
        """Send by this from now on. The sender before is closed once what it is sending has been sent."""
        before, self._sender = self._sender, sender
        task = asyncio.create_task(_retire(before, set(self._sends)), name=f"retire-{self.channel}")
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)
        self._awake.set()

    async def close(self) -> None:
        """Close the sender, and wait for those before it to be closed; after ``run`` has ended."""
        if self._retiring:
            await asyncio.wait(self._retiring)
        await self._sender.close()

    def drain(self) -> None:
        """End ``run`` once what is being sent has been sent."""
        self._draining = True
        self._awake.set()

    async def run(self) -> None:
        """Work until drained, all shards in turn. Cancelled, it gives back the leases of sends under way."""
        try:
            await self._run()
        finally:
            for task in self._sends:
                task.cancel()
            await self.sent()

    async def _run(self) -> None:
        failures = 0
        while not self._draining:
            try:
                wait = min([await self.turn(keys) for keys in self._store.shards])
                failures = 0
            except StoreError as error:
                failures += 1
                wait = min(100 * 2**failures, 5 * SECOND)
                log.warning("a channel waits for the store", extra={"channel": self.channel, "error": str(error)})
            if wait > 0 and not self._draining:
                await sleep_unless(self._awake, self._clock, wait / SECOND)
        await self.sent()

    async def sent(self) -> None:
        """Wait for the sends at hand."""
        while self._sends:
            await asyncio.wait(self._sends)

    async def turn(self, keys: Keys) -> Millis:
        """Start sending what is due; answers how long there is nothing to start. Raises ``StoreError``."""
        free = AT_ONCE - len(self._sends)
        if free <= 0:
            return POLL
        now = self._clock.now()
        fresh = self._fresh[keys]
        if fresh and self._unlooked[keys] < TURNS_UNLOOKED:
            self._unlooked[keys] += 1
            lanes, wait = list(islice(fresh, free)), 1  # what is known goes out first, then the queue is looked at
        else:
            self._unlooked[keys] = 0
            lanes, next_at = await stored.due_lanes(self._store, keys, self.channel, now, free)
            wait = 0
            if not lanes:
                return POLL if next_at is None else max(1, min(POLL, next_at - now))
        for lane in lanes:
            fresh.pop(lane, None)
        self._turns += 1
        token = f"{self._process}-{self._turns}"
        for parcel in await stored.claim(self._store, keys, self.channel, lanes, token=token, now=now):
            task = asyncio.create_task(self._deliver(keys, parcel), name=f"send-{parcel.delivery.id}")
            self._sends.add(task)
            task.add_done_callback(self._sent)
        return wait

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sends.discard(task)
        self._awake.set()
        if not task.cancelled() and task.exception() is not None:
            log.error("a send failed to be recorded", exc_info=task.exception(), extra={"channel": self.channel})

    async def _deliver(self, keys: Keys, parcel: Parcel) -> None:
        """Send one delivery and record how it ended."""
        if self._clock.now() > parcel.lease_ends - SEND_WITHIN:
            # This process stood still for long; another may have claimed the lane since.
            return
        said: str | SendError = TrySendAgain("not tried")
        try:
            said = await self._try(parcel)
            await self._record(keys, parcel, said)
        except StoreError as error:
            # The lease runs out, and the delivery is sent again under the same id.
            log.warning("a send could not be recorded", extra={"delivery": parcel.delivery.id, "error": str(error)})
        except asyncio.CancelledError:
            await asyncio.shield(self._cut_off(keys, parcel, said))
            raise

    async def _cut_off(self, keys: Keys, parcel: Parcel, said: str | SendError) -> None:
        """Give back the lease of a send that was cut off; one that the channel has taken is recorded as such."""
        now = self._clock.now()
        with contextlib.suppress(StoreError):
            if isinstance(said, str):
                after = accepted(parcel.delivery, now)
                await stored.settle(self._store, keys, parcel, "accepted", after, now=now, thread=said)
            else:
                await stored.settle(self._store, keys, parcel, "released", parcel.delivery, now=now)

    async def _try(self, parcel: Parcel) -> str | SendError:
        """Send; answers the thread if the channel said yes, else the error."""
        if parcel.notice is None:
            return SendRefused("its notice is no longer in the store")
        try:
            message = replace(self._render(parcel.notice, parcel.delivery), thread=parcel.thread)
            async with asyncio.timeout(SEND_WITHIN / SECOND):
                return await self._sender.send(message)
        except SendError as error:
            return error
        except TimeoutError:
            return TrySendAgain(f"not sent within {SEND_WITHIN // SECOND} s")
        except Exception as error:
            log.exception("a channel failed", extra={"channel": self.channel, "delivery": parcel.delivery.id})
            return TrySendAgain(f"unexpected {type(error).__name__}; see the log")

    async def _record(self, keys: Keys, parcel: Parcel, said: str | SendError) -> None:
        now = self._clock.now()
        delivery, notice = in_time(parcel.delivery, now), parcel.notice
        self._tell_log(said)
        if isinstance(said, str):
            thread, after = said, accepted(delivery, now)
            # The message is out: record it even while the store is briefly out of reach.
            await self._insist(
                lambda: stored.settle(self._store, keys, parcel, "accepted", after, now=now, thread=thread)
            )
            self._meter.delivery(self.channel, "accepted")
            if notice is not None:
                self._meter.delivered(delivery.tier, max(0, now - notice.accepted_at) / SECOND)
        elif isinstance(said, TrySendAgain) and now - delivery.since < GIVE_UP_AFTER:
            attempt = Attempt(at=now, result="retried", error=str(said))
            after = stored.attempted(delivery, attempt, state="waiting", due=now + pause(delivery, said, self._random))
            await stored.settle(self._store, keys, parcel, "retry", after, now=now)
            self._meter.delivery(self.channel, "retried")
        else:
            after = stored.attempted(delivery, Attempt(at=now, result="dead", error=str(said)), state="dead", due=now)
            await stored.settle(self._store, keys, parcel, "dead", after, now=now)
            self._meter.delivery(self.channel, "dead")
            log.error(
                "a delivery is a dead letter",
                extra={"delivery": delivery.id, "channel": self.channel, "error": str(said)},
            )

    def _tell_log(self, said: str | SendError) -> None:
        """One line when a channel begins to fail, and one when it works again; not one for each try."""
        fails = isinstance(said, SendError)
        if fails and not self._fails:
            log.warning("a channel fails", extra={"channel": self.channel, "error": str(said)})
        elif self._fails and not fails:
            log.info("a channel works again", extra={"channel": self.channel})
        self._fails = fails

    async def _insist(self, record: Callable[[], Awaitable[object]]) -> None:
        for seconds in (0.1, 0.5, 2.0):
            try:
                await record()
            except StoreError:
                await self._clock.sleep(seconds)
            else:
                return
        await record()


async def _retire(sender: Sender, sends: set[asyncio.Task[None]]) -> None:
    if sends:
        await asyncio.wait(sends)
    await sender.close()
