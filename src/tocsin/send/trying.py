"""Whether channels work: tested by a message when a person asks, and asked quietly every few minutes.

Both go through the channel's own sender and past its queues: neither waits for what is owed, nor holds it up, and
neither counts as a delivery. Each process asks for itself, since its own way to a tool is what it sends by; what came
of it is kept in memory alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from random import Random

from tocsin._core.clock import Clock, sleep_unless
from tocsin._core.errors import Conflict, NotFound, SendError
from tocsin._core.message import Answer, Sender
from tocsin._core.plan import Plan
from tocsin._core.times import MINUTE, SECOND, Millis
from tocsin.send.specimen import specimen

log = logging.getLogger(__name__)

TEST_WITHIN: Millis = 20 * SECOND
"""How long a test may take, whatever the channel's own timeout: less than those who ask wait for an answer."""

TEST_EVERY: Millis = 5 * SECOND
"""How often a channel may be tested."""

CHECK_WITHIN: Millis = 15 * SECOND
CHECK_EVERY: Millis = 5 * MINUTE
FIRST_WITHIN: Millis = 10 * SECOND
"""A channel that is new, or has other settings, is asked for the first time within this."""

LOOK: Millis = 2 * SECOND
"""How long it may take until a change of the plan is seen."""

AT_ONCE = 8


@dataclass(slots=True)
class _Asked:
    """What is known of a channel: the sender that is asked, when it is next, and what it answered last."""

    sender: Sender
    due: Millis
    answer: Answer | None = None


class Trials:
    """Tests and quiet checks. ``senders`` are those of the plan's channels, by name. ``checked`` is told of each quiet
    check, the channel and what it answered."""

    def __init__(
        self,
        *,
        senders: Callable[[], Mapping[str, Sender]],
        clock: Clock,
        random: Random,
        checked: Callable[[str, Answer], None],
    ) -> None:
        self._senders = senders
        self._clock = clock
        self._random = random
        self._told = checked
        self._asked: dict[str, _Asked] = {}
        self._tested_at: dict[str, Millis] = {}
        self._tests: dict[str, Answer] = {}
        self._room = asyncio.Semaphore(AT_ONCE)
        self._awake = asyncio.Event()
        self._turn: asyncio.Task[Millis] | None = None
        self._draining = False

    async def test(self, name: str, plan: Plan) -> Answer:
        """Send a message that is marked as a test to a channel of the plan; answers what became of it.

        Raises ``NotFound``, and ``Conflict`` where it was tested just now.
        """
        channel, sender = plan.channels.get(name), self._senders().get(name)
        if channel is None or sender is None:
            raise NotFound(f"the plan has no channel {name}; it has: {', '.join(plan.channels) or 'none'}")
        now = self._clock.now()
        left = self._tested_at.get(name, now - TEST_EVERY) + TEST_EVERY - now
        if left > 0:
            message = f"{name} was tested just now; it may be tested every {TEST_EVERY // SECOND} s"
            raise Conflict(message, {"seconds_left": left / SECOND})
        self._tested_at[name] = now

        async def send() -> bool:
            await sender.send(specimen(channel, plan, now))
            return True

        self._tests[name] = answer = await self._ask(name, send, TEST_WITHIN)
        return answer

    def last_test(self, name: str) -> Answer | None:
        """What became of a channel's last test by this process."""
        return self._tests.get(name)

    def last_check(self, name: str) -> Answer | None:
        """What a channel said when it was last asked, by the settings that it has now."""
        asked = self._asked.get(name)
        return asked.answer if asked else None

    def drain(self) -> None:
        """End ``run`` at once; what is being asked is cut off."""
        self._draining = True
        self._awake.set()
        if self._turn:
            self._turn.cancel()

    async def run(self) -> None:
        """Ask quietly until drained."""
        while not self._draining:
            self._turn = asyncio.create_task(self.turn(), name="channel-checks")
            try:
                await asyncio.wait([self._turn])
            finally:
                self._turn.cancel()
            if not self._draining:
                await sleep_unless(self._awake, self._clock, self._turn.result() / SECOND)

    async def turn(self) -> Millis:
        """Ask those that are due; answers how long there is nothing to do."""
        now, senders = self._clock.now(), self._senders()
        known = {name: asked for name, asked in self._asked.items() if senders.get(name) is asked.sender}
        for name, sender in senders.items():
            if name not in known:  # or it has other settings since
                known[name] = _Asked(sender, due=now + int(self._random.uniform(0, FIRST_WITHIN)))
        self._asked = known
        await asyncio.gather(*(self._check(name, asked) for name, asked in known.items() if asked.due <= now))
        return max(1, min([LOOK, *(asked.due - self._clock.now() for asked in known.values())]))

    async def _check(self, name: str, asked: _Asked) -> None:
        async def check() -> bool | None:
            return await asked.sender.check() or None

        async with self._room:
            answer = await self._ask(name, check, CHECK_WITHIN)
        before, asked.answer = asked.answer, answer
        asked.due = self._clock.now() + int(CHECK_EVERY * self._random.uniform(0.9, 1.1))
        failed = before is not None and before.ok is False
        if answer.ok is False and not failed:
            log.warning("a channel fails its check", extra={"channel": name, "error": answer.error})
        elif failed and answer.ok:
            log.info("a channel passes its check again", extra={"channel": name})
        self._told(name, answer)

    async def _ask(self, name: str, ask: Callable[[], Awaitable[bool | None]], within: Millis) -> Answer:
        """What came of it. Nothing that one channel does keeps the others from being asked."""
        at, begun = self._clock.now(), self._clock.monotonic()
        ok: bool | None = False
        error = ""
        try:
            async with asyncio.timeout(within / SECOND):
                ok = await ask()
        except SendError as no:
            error = str(no)
        except TimeoutError:
            error = f"no answer within {within // SECOND} s"
        except Exception as fault:
            log.exception("a channel failed when it was tried", extra={"channel": name})
            error = f"unexpected {type(fault).__name__}; see the log"
        return Answer(at=at, ok=ok, seconds=self._clock.monotonic() - begun, error=error)
