"""Waiting for the store at the start, and following its time from then on."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Awaitable, Callable

from tocsin._core.clock import StoreClock
from tocsin._core.errors import StoreError, StoreUnavailable
from tocsin._store.client import Store
from tocsin._store.deliveries import channels

log = logging.getLogger(__name__)

FOLLOW_EVERY = 10.0
"""Seconds between readings of the store's time."""

LOOK_AGAIN = 0.5
"""Seconds between looks for a store that is out of reach."""


async def first_contact(store: Store, clock: StoreClock, *, fetch: Callable[[], Awaitable[object]]) -> set[str]:
    """The channels that the store knows, once it answers. ``fetch`` is what else is needed of it before the loops run.

    Raises ``StoreMismatch`` if it is none of ours.
    """
    warned = False
    while True:
        try:
            await store.check()
            clock.follow(await store.time())
            await fetch()
            return {name for keys in store.shards for name in await channels(store, keys)}
        except StoreUnavailable as error:
            if not warned:
                log.warning("waiting for the store", extra={"error": str(error)})
            warned = True
            await clock.sleep(LOOK_AGAIN)


async def follow_time(store: Store, clock: StoreClock) -> None:
    """Let the clock follow the store's, until cancelled."""
    while True:
        await clock.sleep(FOLLOW_EVERY)
        with contextlib.suppress(StoreError):
            clock.follow(await store.time())
