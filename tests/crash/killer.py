"""A story told to a service that is killed at a chosen command to the store, and started again at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Literal

import aiohttp
from redis.asyncio import Redis
from tests.crash.sender import acknowledge, alert, all_items, insist
from tests.crash.service import Serve, Service
from tests.crash.sinks import GROUPS, Sinks, opened
from tests.crash.stored import at_rest, counters, deliveries, lapse
from tests.support.proxy import Proxy
from tests.support.wait import wait_for

Where = Literal["before", "after"]

WRITES = {"EVALSHA", "EVAL"}
"""The commands that are counted. The store changes at these only; to be killed at a read is to be killed after the
write before it. Every read is cut too, in ``test_lost_replies.py``."""

OPENED = opened(high=["payments"], medium=["orders"])
RAISED = {(group, "tier_raised", "orders") for group in GROUPS}
CLEARED = {(group, "cleared", "payments") for group in GROUPS}

ACKNOWLEDGED = {(group, "acknowledged", "orders") for group in ("technical", "command")}

COUNTED = {
    "opened|critical_function_outage|high": 1,
    "service|payments|high": 1,
    "opened|hw_sw_fault|medium": 1,
    "service|orders|medium": 1,
    "acknowledge|technical|high|+Inf": 1,
    **Counter(f"notices|{group}|{event}" for group, event, _ in OPENED | RAISED | ACKNOWLEDGED | CLEARED),
}
"""What the store has counted at the end, kills or none."""


class Killer:
    """Counts commands once ``armed``, and kills the service before or after each ``number``-th, ``times`` at most."""

    def __init__(self, where: Where, number: int, times: int) -> None:
        self.armed = False
        self.kills = 0
        self.struck = False
        self.strike: Callable[[], None] = lambda: None
        self._where = where
        self._number = number
        self._times = times
        self._count = 0
        self._marked = 0

    def before(self, number: int, name: str) -> bool:
        """The proxy's hook."""
        if not self.armed or self.struck or name not in WRITES or self.kills >= self._times:
            return False
        self._count += 1
        if self._count % self._number:
            return False
        self._marked = number
        return self._where == "before" and self.kill()

    def after(self, number: int, _: str) -> bool:
        """The proxy's hook."""
        return self._where == "after" and self.armed and number == self._marked and self.kill()

    def kill(self) -> bool:
        """Kill the service now; ``struck`` until it was started again."""
        self.kills += 1
        self.struck = True
        self.strike()
        return True


class Telling:
    """One telling of the story.

    ``_known`` are the deliveries that the store knew to have arrived when the service was killed, and how many
    copies of each had come: what was in flight just then may come again, these may not.
    """

    def __init__(
        self,
        serve: Serve,
        *,
        redis: Redis,
        sinks: Sinks,
        session: aiohttp.ClientSession,
        killer: Killer,
    ) -> None:
        self._serve = serve
        self._redis = redis
        self._sinks = sinks
        self._session = session
        self._killer = killer
        self._service: Service | None = None
        self._proxy: Proxy | None = None
        self._known: dict[str, int] = {}

    async def tell(self, store_url: str) -> None:
        """The whole story, through all kills, to its end; then look whether all is as it should be."""
        try:
            async with Proxy(store_url, before=self._killer.before, after=self._killer.after) as self._proxy:
                self._service = await self._serve("--redis", self._proxy.url)
                self._killer.strike = self._service.kill
                self._killer.armed = True
                await self._story()
                self._killer.armed = False
                await self._check(await self._url())
        finally:
            if self._service:
                await self._service.end()

    async def _story(self) -> None:
        await insist(self._session, self._url, alert("GatewayDown", "payments"))
        await insist(self._session, self._url, alert("DiskSlow", "orders"))
        await self._arrive(OPENED)
        await insist(self._session, self._url, alert("DatabaseDown", "orders"))
        await self._arrive(RAISED)
        await acknowledge(self._session, self._url, "orders")
        await self._arrive(ACKNOWLEDGED)
        await insist(self._session, self._url, alert("GatewayDown", "payments", resolved=True))
        await self._arrive(CLEARED)
        await wait_for(self._at_rest, "the store never came to rest")

    async def _url(self) -> str:
        """Where the service listens; started again, if it was killed."""
        assert self._service is not None
        assert self._proxy is not None
        if self._killer.struck:
            await self._service.end()
            await self._proxy.quiet()
            copies = self._sinks.copies()
            states = await deliveries(self._redis)
            self._known |= {name: copies[name] for name, state in states.items() if state == "accepted"}
            await lapse(self._redis)
            self._service = await self._serve("--redis", self._proxy.url)
            self._killer.strike = self._service.kill
            self._killer.struck = False
        return self._service.url

    async def _arrive(self, expected: set[tuple[str, str, str]]) -> None:
        async def arrived() -> bool:
            await self._url()
            return expected <= self._sinks.told()

        await wait_for(arrived, lambda: f"not told: {expected - self._sinks.told()}")

    async def _at_rest(self) -> bool:
        await self._url()
        return await at_rest(self._redis)

    async def _check(self, url: str) -> None:
        assert self._sinks.told() == OPENED | RAISED | ACKNOWLEDGED | CLEARED
        self._sinks.check()
        copies = self._sinks.copies()
        again = {name for name, count in self._known.items() if copies[name] != count}
        assert not again, f"sent again although the store knew that they had arrived: {again}"
        assert max(copies.values()) <= 1 + self._killer.kills
        orders, payments = sorted(
            await all_items(self._session, url, "/api/v1/incidents"), key=lambda item: item["services"]
        )
        assert (payments["tier"], payments["signals"], payments["alerts"]) == (
            "high",
            "cleared",
            {"firing": 0, "total": 1},
        )
        assert (orders["tier"], orders["signals"], orders["alerts"]) == ("high", "firing", {"firing": 2, "total": 2})
        assert (orders["state"], len(orders["acknowledgements"])) == ("acknowledged", 1)
        items = await all_items(self._session, url, "/api/v1/deliveries")
        assert {(each["id"], each["state"]) for each in items} == {(got.id, "accepted") for got in self._sinks.got}
        assert await counters(self._redis) == COUNTED
