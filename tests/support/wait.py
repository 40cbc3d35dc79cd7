"""Waiting for what another process does: the one place where tests wait in real time, no longer than needed."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable

LOOK_EVERY = 0.01


async def wait_for(
    condition: Callable[[], bool | Awaitable[bool]],
    what: str | Callable[[], str],
    *,
    within: float = 20.0,
    every: float = LOOK_EVERY,
) -> None:
    """Look at ``condition`` again and again until it holds; ``what`` tells, if it does not, what was waited for."""
    loop = asyncio.get_running_loop()
    never = asyncio.Event()
    deadline = loop.time() + within
    while True:
        holds = condition()
        if inspect.isawaitable(holds):
            holds = await holds
        if holds:
            return
        assert loop.time() < deadline, f"not within {within} s: {what if isinstance(what, str) else what()}"
        await asyncio.wait([waiter := asyncio.ensure_future(never.wait())], timeout=every)
        waiter.cancel()
