"""All that is watched by the clock beside incidents, as one: others' heartbeats and our own sign of life."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tocsin._core.clock import Clock
from tocsin._core.plan import Plan
from tocsin._store.client import Store
from tocsin.heartbeat.loop import HeartbeatLoop, Post
from tocsin.heartbeat.sign import Meter, SignOfLife


class Watch:
    """Both loops."""

    def __init__(self, *, store: Store, clock: Clock, plan: Callable[[], Plan], post: Post, meter: Meter) -> None:
        self._heartbeats = HeartbeatLoop(store=store, clock=clock, plan=plan, post=post)
        self._sign = SignOfLife(store=store, clock=clock, plan=plan, meter=meter)

    def drain(self) -> None:
        """End ``run`` after what is at hand."""
        self._heartbeats.drain()
        self._sign.drain()

    async def run(self) -> None:
        """Work until drained."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._heartbeats.run(), name="heartbeats")
            group.create_task(self._sign.run(), name="sign-of-life")
