"""One script for many callers in one round trip: what is asked while one is under way goes together in the next."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from tocsin._core.errors import StoreError
from tocsin._store.client import Arg, Store

MOST = 64
"""Calls in one round trip: others of the store wait for no more."""


class Together:
    """Runs ``script``. Nobody waits longer than one round trip for others to join."""

    def __init__(self, store: Store, script: str) -> None:
        self._store = store
        self._script = script
        self._waiting: list[tuple[Sequence[str], Sequence[Arg], asyncio.Future[Any]]] = []
        self._task: asyncio.Task[None] | None = None

    async def run(self, keys: Sequence[str], args: Sequence[Arg]) -> Any:
        """As ``Store.run``: answers what the script does. Raises ``StoreError``."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((keys, args, future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work(), name=f"together-{self._script}")
        return await future

    async def _work(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            answers: Sequence[Any]
            try:
                answers = await self._store.run_all(self._script, [(keys, args) for keys, args, _ in batch])
            except StoreError as error:
                answers = [error] * len(batch)
            for (_, _, future), answer in zip(batch, answers, strict=True):
                if future.done():  # whoever asked was cancelled
                    continue
                if isinstance(answer, StoreError):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)
