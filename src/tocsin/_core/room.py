"""Room for so much work at a time, given in the order of asking, small and large work in turn.

It keeps short the line in which everybody else's work stands: what waits here does not wait in front of them. A
single alert does not stand behind all the large batches of a storm, but behind one of them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

SMALL = 8
"""Work is small that takes no more than one in so many parts of the room."""

_Line = deque[tuple[int, asyncio.Future[None]]]


class Room:
    """``async with room.of(n)`` waits until ``n`` fits beside what is in it; more than the whole room goes in alone."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._free = size
        self._small: _Line = deque()
        self._large: _Line = deque()
        self._first = self._small

    @asynccontextmanager
    async def of(self, amount: int) -> AsyncIterator[None]:
        """Hold so much of it for the length of a block."""
        amount = min(amount, self._size)
        if self._small or self._large or amount > self._free:
            await self._stand_in_line(amount)
        else:
            self._free -= amount
        try:
            yield
        finally:
            self._give_back(amount)

    def turn_away(self, error: Exception) -> None:
        """Raise an error for all that wait, where it is known that they would fare no better."""
        for line in (self._small, self._large):
            while line:
                _, turn = line.popleft()
                if not turn.done():
                    turn.set_exception(error)

    async def _stand_in_line(self, amount: int) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line = self._small if amount * SMALL <= self._size else self._large
        line.append((amount, turn))
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                # It was let in at the very moment at which it gave up.
                self._give_back(amount)
            self._admit()
            raise

    def _give_back(self, amount: int) -> None:
        self._free += amount
        self._admit()

    def _admit(self) -> None:
        """Let in who fits, from both lines in turn. Whose turn it is and does not fit is waited for."""
        while self._small or self._large:
            other = self._large if self._first is self._small else self._small
            line, following = (self._first, other) if self._first else (other, self._first)
            amount, turn = line[0]
            if not turn.done():
                if amount > self._free:
                    return
                self._free -= amount
                turn.set_result(None)
                self._first = following
            line.popleft()
