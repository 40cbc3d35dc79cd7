"""All that is watched by the clock beside incidents, as one: others' heartbeats and our own sign of life."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import aiohttp

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
        """End ``run`` after the look at hand."""
        self._heartbeats.drain()

    async def run(self, session: aiohttp.ClientSession) -> None:
        """Work until drained; a call of the switch, by this session, that is under way then is not waited for."""
        async with asyncio.TaskGroup() as group:
            sign = group.create_task(self._sign.run(session), name="sign-of-life")
            await self._heartbeats.run()
            sign.cancel()
