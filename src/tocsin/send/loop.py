"""The loops that send: one per channel and shard, so that a dead channel holds up no other.

At least once: a delivery is under lease while it is sent, and recorded when the channel has said yes. Only a
send in flight when the process is killed can reach the channel twice, under the same id.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from random import Random

from tocsin._core.clock import Clock, sleep_unless
from tocsin._core.errors import StoreError
from tocsin._core.incident import Delivery, Notice
from tocsin._core.message import Message, Sender
from tocsin._core.times import SECOND, Millis
from tocsin._store import deliveries as stored
from tocsin._store.client import Store
from tocsin._store.deliveries import Allowance
from tocsin._store.incidents import lane_of, rank_of
from tocsin._store.keys import Keys
from tocsin.send.carry import Carrier, Meter
from tocsin.send.kind import Bounds

log = logging.getLogger(__name__)

AT_ONCE = 16
"""Lanes of one channel sent from at once."""

POLL: Millis = 1 * SECOND
TURNS_UNLOOKED = 4
"""Turns in a row that go by what this process has just committed, before the queue itself is looked at again."""

_GATHER = 0.005
"""Seconds for which a free place waits for others, so that a claim is for several."""

MOST_FRESH = 1_000
"""Lanes just committed to that are remembered; the queue has the others too."""


class ChannelLoop:
    """Works the queues of one channel. ``wake`` says that there is something to send.

    Lanes to which this process has just committed are claimed without a look at the queue: a claim passes over
    what is not due, so it does no harm if another process was quicker.
    """

    def __init__(
        self,
        channel: str,
        sender: Sender,
        bounds: Bounds,
        *,
        store: Store,
        clock: Clock,
        render: Callable[[Notice, Delivery], Message],
        meter: Meter,
        random: Random,
        process: str,
    ) -> None:
        self.channel = channel
        self._bounds = bounds
        self._carrier = Carrier(channel, sender, store=store, clock=clock, render=render, meter=meter, random=random)
        self._store = store
        self._clock = clock
        self._process = process
        self._turns = 0
        self._unlooked = dict.fromkeys(store.shards, 0)
        self._fresh: dict[Keys, dict[str, int]] = {keys: {} for keys in store.shards}
        self._is_behind = dict.fromkeys(store.shards, False)
        self._sends: set[asyncio.Task[None]] = set()
        self._retiring: set[asyncio.Task[None]] = set()
        self._awake = asyncio.Event()
        self._draining = False

    def wake(self, owed: Iterable[Delivery] = ()) -> None:
        """There may be something to send; ``owed`` are deliveries of this channel that were just committed."""
        for delivery in owed:
            fresh = self._fresh[self._store.shard_of(delivery.key)]
            if len(fresh) < MOST_FRESH and not delivery.digest:
                fresh[lane_of(delivery)] = rank_of(delivery)
        self._awake.set()

    def use(self, sender: Sender, bounds: Bounds) -> None:
        """Send by this from now on. The sender before is closed once what it is sending has been sent."""
        before, self._carrier.sender, self._bounds = self._carrier.sender, sender, bounds
        task = asyncio.create_task(_retire(before, set(self._sends)), name=f"retire-{self.channel}")
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)
        self._awake.set()

    async def close(self) -> None:
        """Close the sender, and wait for those before it to be closed; after ``run`` has ended."""
        if self._retiring:
            await asyncio.wait(self._retiring)
        await self._carrier.sender.close()

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
        allowance = self._bounds.allowance(free)
        lanes, wait = await self._lanes(keys, allowance, now)
        if not lanes:
            return wait
        self._turns += 1
        token = f"{self._process}-{self._turns}"
        claimed = await stored.claim(self._store, keys, self.channel, lanes, allowance, token=token, now=now)
        for parcels in claimed.messages:
            carrying = self._carrier.carry(keys, parcels, merges=self._bounds.most > 1)
            task = asyncio.create_task(carrying, name=f"send-{parcels[0].delivery.id}")
            self._sends.add(task)
            task.add_done_callback(self._sent)
        return wait if claimed.again is None or claimed.messages else max(1, min(POLL, claimed.again - now))

    async def _lanes(self, keys: Keys, allowance: Allowance, now: Millis) -> tuple[list[str], Millis]:
        """Lanes to claim, the most urgent first, and how long there is nothing more to do."""
        fresh = self._fresh[keys]
        if fresh and self._unlooked[keys] < TURNS_UNLOOKED and not self._is_behind[keys] and allowance.number == 0:
            self._unlooked[keys] += 1
            urgent_first = sorted(fresh, key=fresh.__getitem__, reverse=True)
            lanes, wait = urgent_first[: allowance.messages], 1  # what is known goes first, then the queue is looked at
        else:
            self._unlooked[keys] = 0
            lanes, next_at = await stored.due_lanes(
                self._store, keys, self.channel, now, allowance.candidates, digests_limit=allowance.most
            )
            self._is_behind[keys] = len(lanes) > allowance.messages
            wait = 0
            if not lanes:
                wait = POLL if next_at is None else max(1, min(POLL, next_at - now))
        for lane in lanes:
            fresh.pop(lane, None)
        return lanes, wait

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sends.discard(task)
        if len(self._sends) > AT_ONCE // 2 and any(self._is_behind.values()):
            asyncio.get_running_loop().call_later(_GATHER, self._awake.set)  # others end soon: one claim for them all
        else:
            self._awake.set()
        if not task.cancelled() and task.exception() is not None:
            log.error("a send failed to be recorded", exc_info=task.exception(), extra={"channel": self.channel})


async def _retire(sender: Sender, sends: set[asyncio.Task[None]]) -> None:
    if sends:
        await asyncio.wait(sends)
    await sender.close()
