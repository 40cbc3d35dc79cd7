"""What is remembered of callbacks: which were dealt with, and which of our incidents is meant by a tool's own name.

A callback that is sent again does nothing twice. One that is being dealt with is taken for a short while, so that its
sender may try again if this process dies over it.
"""

from __future__ import annotations

from typing import Literal

from tocsin._core.ids import digest
from tocsin._core.times import DAY, SECOND, Millis
from tocsin._store.client import Store

TAKEN_FOR: Millis = 30 * SECOND
KEPT_FOR: Millis = 8 * DAY
"""Longer than the oldest callback that is still taken."""

TOPICS_KEPT_FOR: Millis = 30 * DAY
"""How long after its last event an incident at a tool is known to be ours."""

_TAKEN, _DONE = b"taken", b"done"

Standing = Literal["new", "taken", "done"]


class Callbacks:
    """What is remembered of the callbacks of all channels. Every method raises ``StoreUnavailable``."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys = store.shards[0]

    async def take(self, channel: str, event: str) -> Standing:
        """Take a callback to deal with it, if it is ``new``; else another deals with it, or did."""
        await self._store.check()
        name = self._keys.callback(digest((channel, event)))
        pipe = self._store.pipeline()
        pipe.set(name, _TAKEN, nx=True, px=TAKEN_FOR)
        pipe.get(name)
        is_new, found = await self._store.call(pipe.execute())
        if is_new:
            return "new"
        return "done" if found == _DONE else "taken"

    async def done(self, channel: str, event: str) -> None:
        """It was dealt with, for good."""
        pipe = self._store.pipeline()
        pipe.set(self._keys.callback(digest((channel, event))), _DONE, px=KEPT_FOR)
        await self._store.call(pipe.execute())

    async def give_back(self, channel: str, event: str) -> None:
        """It was not dealt with; its sender may send it again."""
        pipe = self._store.pipeline()
        pipe.delete(self._keys.callback(digest((channel, event))))
        await self._store.call(pipe.execute())

    async def note_topic(self, tool: str, topic: str, incident: str) -> None:
        """What a tool calls by this name is this incident of ours."""
        pipe = self._store.pipeline()
        pipe.set(self._keys.topic(digest((tool, topic))), incident, px=TOPICS_KEPT_FOR)
        await self._store.call(pipe.execute())

    async def topic(self, tool: str, topic: str) -> str:
        """The incident that a tool calls by this name; ``""`` where it is none of ours that is known."""
        pipe = self._store.pipeline()
        pipe.get(self._keys.topic(digest((tool, topic))))
        (found,) = await self._store.call(pipe.execute())
        return found.decode() if found else ""
