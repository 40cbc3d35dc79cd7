"""Room for so much work at a time."""

from __future__ import annotations

import asyncio
import contextlib
from itertools import pairwise

import pytest

from tocsin._core.room import Room


class Guests:
    """Those who ask for room; ``inside`` are those who got it, in order."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._leave: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.inside: list[str] = []

    async def ask(self, name: str, amount: int) -> None:
        """One more asks."""
        self._leave[name] = asyncio.Event()
        self._tasks[name] = asyncio.create_task(self._stay(name, amount))
        await self._settled()

    async def leave(self, name: str) -> None:
        """One leaves."""
        self._leave[name].set()
        await self._tasks[name]
        await self._settled()

    async def give_up(self, name: str) -> None:
        """One who waits, or is inside, is cancelled."""
        self._tasks[name].cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._tasks[name]
        await self._settled()

    async def failure(self, name: str) -> BaseException | None:
        """How one who asked ended."""
        await asyncio.wait([self._tasks[name]])
        return self._tasks[name].exception()

    async def _stay(self, name: str, amount: int) -> None:
        async with self._room.of(amount):
            self.inside.append(name)
            try:
                await self._leave[name].wait()
            finally:
                self.inside.remove(name)

    async def _settled(self) -> None:
        for _ in range(5):
            done = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_soon(done.set_result, None)
            await done


@pytest.fixture
def guests() -> Guests:
    """A room for ten."""
    return Guests(Room(10))


async def test_who_fits_goes_in(guests: Guests) -> None:
    """As long as there is room nobody waits; then they wait until enough of it is given back."""
    await guests.ask("a", 4)
    await guests.ask("b", 6)
    await guests.ask("c", 5)
    assert guests.inside == ["a", "b"]
    await guests.leave("a")
    assert guests.inside == ["b"]
    await guests.leave("b")
    assert guests.inside == ["c"]


async def test_the_order_is_kept(guests: Guests) -> None:
    """One who would fit does not overtake one of its kind who waits, so that nobody waits for ever."""
    await guests.ask("a", 6)
    await guests.ask("large", 8)
    await guests.ask("less", 2)
    assert guests.inside == ["a"]
    await guests.leave("a")
    assert guests.inside == ["large", "less"]


async def test_small_and_large_ones_go_in_turn(guests: Guests) -> None:
    """A small one waits for one large one, not for all of them; and a large one for one small one."""
    await guests.ask("a", 10)
    for number in range(3):
        await guests.ask(f"large {number}", 10)
    for number in range(3):
        await guests.ask(f"small {number}", 1)
    order = ["small 0", "large 0", "small 1", "large 1", "small 2", "large 2"]
    for before, following in pairwise(["a", *order]):
        await guests.leave(before)
        assert guests.inside == [following]


async def test_a_small_one_that_fits_does_not_wait_for_large_ones(guests: Guests) -> None:
    """It goes in beside what is inside; the next small one then lets the large one go first."""
    await guests.ask("a", 6)
    await guests.ask("large", 8)
    await guests.ask("small", 1)
    await guests.ask("another", 1)
    assert guests.inside == ["a", "small"]
    await guests.leave("a")
    assert guests.inside == ["small", "large", "another"]


async def test_more_than_the_room_goes_in_alone(guests: Guests) -> None:
    """Work larger than the room is done, with nothing beside it."""
    await guests.ask("a", 1)
    await guests.ask("huge", 1_000)
    assert guests.inside == ["a"]
    await guests.leave("a")
    assert guests.inside == ["huge"]
    await guests.ask("b", 1)
    assert guests.inside == ["huge"]
    await guests.leave("huge")
    assert guests.inside == ["b"]


async def test_who_gives_up_holds_up_nobody(guests: Guests) -> None:
    """One who gives up, waiting or inside, leaves its place to the next."""
    await guests.ask("a", 6)
    await guests.ask("large", 8)
    await guests.ask("less", 2)
    await guests.give_up("large")
    assert guests.inside == ["a", "less"]
    await guests.give_up("a")
    await guests.ask("b", 8)
    assert guests.inside == ["less", "b"]


async def test_who_gives_up_as_it_is_let_in() -> None:
    """Let in and cancelled in the same moment, it gives the room back."""
    room = Room(10)
    async with room.of(10):
        waiting = asyncio.create_task(_through(room))
        await _once()
    waiting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await waiting
    async with asyncio.timeout(1), room.of(10):
        pass


async def test_all_who_wait_are_turned_away() -> None:
    """They get the error at once; who is inside stays, and later ones wait as before."""
    room = Room(10)
    own = Guests(room)
    await own.ask("a", 10)
    await own.ask("b", 1)
    await own.ask("c", 1)
    room.turn_away(ConnectionError("gone"))
    assert isinstance(await own.failure("b"), ConnectionError)
    assert isinstance(await own.failure("c"), ConnectionError)
    await own.ask("d", 1)
    assert own.inside == ["a"]
    await own.leave("a")
    assert own.inside == ["d"]


async def _through(room: Room) -> None:
    async with room.of(10):
        pass


async def _once() -> None:
    done = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(done.set_result, None)
    await done
