"""One message on its way: sends it, and records how that ended for each notice that it is for."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Protocol

from tocsin._core.clock import Clock
from tocsin._core.errors import SendError, SendRefused, StoreError, TrySendAgain
from tocsin._core.incident import Delivery, Notice
from tocsin._core.message import Message, Sender
from tocsin._core.model import Tier
from tocsin._core.times import SECOND, Millis
from tocsin._store.client import Store
from tocsin._store.deliveries import Parcel, Result, Settler
from tocsin._store.keys import Keys
from tocsin.send.digest import merged
from tocsin.send.tries import GIVE_UP_AFTER, in_time, pause, tried

log = logging.getLogger(__name__)

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


class Carrier:
    """Carries the messages of one channel, by its ``sender``. ``render`` makes a notice's message."""

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
    ) -> None:
        self.sender = sender
        self._channel = channel
        self._settler = Settler(store)
        self._clock = clock
        self._render = render
        self._meter = meter
        self._random = random
        self._fails = False

    async def carry(self, keys: Keys, parcels: Sequence[Parcel], *, merges: bool) -> None:
        """Send one message for all of these, and record how it ended. Where the channel ``merges`` nothing, what waited
        for a digest goes out as what it is."""
        if self._clock.now() > parcels[0].lease_ends - SEND_WITHIN:
            # This process stood still for long; another may have claimed the lanes since.
            return
        said: str | SendError = TrySendAgain("not tried")
        try:
            said = await self._try(parcels, merges)
            await self._record(keys, parcels, said)
        except StoreError as error:
            # The lease runs out, and it is sent again under the same id.
            log.warning("a send could not be recorded", extra={**self._about(parcels), "error": str(error)})
        except asyncio.CancelledError:
            await asyncio.shield(self._cut_off(keys, parcels, said))
            raise

    async def _cut_off(self, keys: Keys, parcels: Sequence[Parcel], said: str | SendError) -> None:
        """Give back the leases of a send that was cut off; one that the channel has taken is recorded as such."""
        now = self._clock.now()
        with contextlib.suppress(StoreError):
            for parcel in parcels:
                if isinstance(said, str):
                    after = tried(parcel.delivery, now, "accepted", together=len(parcels))
                    await self._settler.settle(keys, parcel, "accepted", after, now=now, thread=said, alone=True)
                else:
                    await self._settler.settle(keys, parcel, "released", parcel.delivery, now=now, alone=True)

    async def _try(self, parcels: Sequence[Parcel], merges: bool) -> str | SendError:
        """Send; answers the thread if the channel said yes, else the error."""
        known = [(parcel.notice, parcel) for parcel in parcels if parcel.notice is not None]
        if not known:
            return SendRefused("its notice is no longer in the store")
        try:
            messages = [self._render(notice, parcel.delivery) for notice, parcel in known]
            if len(messages) > 1 or (merges and parcels[0].delivery.digest):
                message = merged(messages)
            else:
                message = replace(messages[0], thread=parcels[0].thread)
            async with asyncio.timeout(SEND_WITHIN / SECOND):
                return await self.sender.send(message)
        except SendError as error:
            return error
        except TimeoutError:
            return TrySendAgain(f"not sent within {SEND_WITHIN // SECOND} s")
        except Exception as error:
            log.exception("a channel failed", extra=self._about(parcels))
            return TrySendAgain(f"unexpected {type(error).__name__}; see the log")

    async def _record(self, keys: Keys, parcels: Sequence[Parcel], said: str | SendError) -> None:
        self._tell_log(said)
        now, together = self._clock.now(), len(parcels)
        wait = pause(parcels[0].delivery, said, self._random) if isinstance(said, TrySendAgain) else None
        if isinstance(said, SendRefused) and together > 1:
            # What is refused may be the form of them all; each may yet be taken.
            wait = pause(parcels[0].delivery, TrySendAgain(str(said)), self._random)
        for parcel in parcels:
            delivery = in_time(parcel.delivery, now)
            result: Result = "accepted"
            if isinstance(said, SendError):
                gives_up = wait is None or now - delivery.since >= GIVE_UP_AFTER or parcel.notice is None
                result = "dead" if gives_up else "retry"
            await self._settle(keys, parcel, tried(delivery, now, result, said, wait or 0, together=together), said)

    async def _settle(self, keys: Keys, parcel: Parcel, after: Delivery, said: str | SendError) -> None:
        now = self._clock.now()
        if isinstance(said, str):
            thread = said
            # The message is out: record it even while the store is briefly out of reach.
            await self._insist(lambda: self._settler.settle(keys, parcel, "accepted", after, now=now, thread=thread))
            self._meter.delivery(self._channel, "accepted")
            if parcel.notice is not None:
                self._meter.delivered(after.tier, max(0, now - parcel.notice.accepted_at) / SECOND)
        elif after.state == "waiting":
            await self._settler.settle(keys, parcel, "retry", after, now=now)
            self._meter.delivery(self._channel, "retried")
        else:
            await self._settler.settle(keys, parcel, "dead", after, now=now)
            self._meter.delivery(self._channel, "dead")
            log.error("a delivery is a dead letter", extra={**self._about([parcel]), "error": str(said)})

    def _about(self, parcels: Sequence[Parcel]) -> dict[str, str]:
        return {"channel": self._channel, "delivery": " ".join(parcel.delivery.id for parcel in parcels[:5])}

    def _tell_log(self, said: str | SendError) -> None:
        """One line when a channel begins to fail, and one when it works again; not one for each try."""
        fails = isinstance(said, SendError)
        if fails and not self._fails:
            log.warning("a channel fails", extra={"channel": self._channel, "error": str(said)})
        elif self._fails and not fails:
            log.info("a channel works again", extra={"channel": self._channel})
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
