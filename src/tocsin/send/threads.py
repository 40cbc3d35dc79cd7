"""Work that blocks, in threads that are bounded and never waited for at the end.

A disk that hangs, or a library that does, holds up no more than its own channel: who waits gives up in time, and the
thread keeps its place until it is done, so that there are never more of them. They are daemons, so that the process
can end.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Threads(Generic[Result]):
    """At most so many threads at once. ``name`` is theirs; ``fails`` are the errors that work may raise."""

    def __init__(self, most: int, *, name: str, fails: tuple[type[Exception], ...]) -> None:
        self._free = asyncio.Semaphore(most)
        self._name = name
        self._fails = fails

    async def run(self, work: Callable[[], Result], *, within: float) -> Result:
        """What the work answers, or its error. Raises ``TimeoutError`` after so many seconds, while it goes on."""
        async with asyncio.timeout(within):
            await self._free.acquire()
            done: Future[Result] = Future()
            done.set_running_or_notify_cancel()
            loop = asyncio.get_running_loop()
            done.add_done_callback(lambda _: self._freed(loop))
            threading.Thread(target=self._work, args=(work, done), name=self._name, daemon=True).start()
            waited = asyncio.wrap_future(done)
            waited.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # who waited may be gone
            return await asyncio.shield(waited)

    def _work(self, work: Callable[[], Result], done: Future[Result]) -> None:
        try:
            result = work()
        except self._fails as error:
            done.set_exception(error)
        else:
            done.set_result(result)
        finally:
            if not done.done():
                done.set_exception(OSError("the thread has died"))

    def _freed(self, loop: asyncio.AbstractEventLoop) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(self._free.release)
