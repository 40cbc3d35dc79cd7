"""Dead letters over HTTP: sent again or dropped, one by its id, or all of a channel in batches.

Dropping is a person's: it is kept with the letter, and in the timeline of its incident, who did it and why. Whatever is
asked for twice is done once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import msgspec
from aiohttp import web

from tocsin._core.action import Line, Words
from tocsin._core.clock import Clock
from tocsin._core.errors import Conflict, NotFound, Unprocessable
from tocsin._core.fields import read
from tocsin._core.incident import Delivery
from tocsin._core.letter import Dropping
from tocsin._core.plan import Plan, Token
from tocsin._store import letters as stored
from tocsin._store.client import Store
from tocsin._store.deliveries import channels, find, retry
from tocsin._store.keys import Keys
from tocsin._store.letters import Batch
from tocsin.view.given import object_of, way_of
from tocsin.view.shapes import delivery_item
from tocsin.view.who import actor_of

_Struct = TypeVar("_Struct", bound=msgspec.Struct)


class Several(msgspec.Struct, frozen=True, kw_only=True, rename={"everything": "all"}):
    """Which dead letters are meant: those of a channel, or all; from ``cursor`` on."""

    channel: Line | None = None
    everything: bool = False
    cursor: Line | None = None


class Drop(msgspec.Struct, frozen=True, kw_only=True):
    """Why a letter is dropped."""

    reason: Words


class DropSeveral(Several, frozen=True, kw_only=True):
    """Which are dropped, and why."""

    reason: Words


_Asked = TypeVar("_Asked", Drop, DropSeveral)


class Meter(Protocol):
    """What is counted here."""

    def delivery(self, channel: str, result: str) -> None:
        """A dead letter was dropped: it is ``superseded``."""
        ...


class LetterRoutes:
    """The routes. ``token`` is the one that a request bears, if any; ``wake`` is told of a channel that has
    something to send again."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        plan: Callable[[], Plan],
        token: Callable[[web.Request], Token | None],
        wake: Callable[[str], None],
        meter: Meter,
    ) -> None:
        self._store = store
        self._clock = clock
        self._plan = plan
        self._token = token
        self._wake = wake
        self._meter = meter

    def routes(self) -> Sequence[tuple[web.RouteDef, str]]:
        """The routes, with the right they need."""
        return (
            (web.post("/api/v1/deliveries/{id}/retry", self.retry), "act"),
            (web.post("/api/v1/deliveries/{id}/drop", self.drop), "act"),
            (web.post("/api/v1/deliveries/retry", self.retry_several), "act"),
            (web.post("/api/v1/deliveries/drop", self.drop_several), "act"),
        )

    async def retry(self, request: web.Request) -> web.Response:
        """Take up a dead letter again; answers the delivery as it then is."""
        delivery = await retry(self._store, request.match_info["id"], self._clock.now())
        if delivery.state == "waiting":
            self._wake(delivery.channel)
        return _json(delivery_item(delivery))

    async def drop(self, request: web.Request) -> web.Response:
        """Drop a dead letter; answers the delivery as it then is."""
        given = object_of(await request.read(), '{"by": "zhang.wei", "reason": "…"}')
        _, dropping = self._dropping(Drop, given, request)
        keys, delivery = await find(self._store, request.match_info["id"])
        await self._drop(keys, (delivery,), dropping)
        _, delivery = await find(self._store, delivery.id)
        if delivery.dropped is None:
            message = f"{delivery.id} is {delivery.state}; only a dead letter can be dropped"
            raise Conflict(message, {"state": delivery.state})
        return _json(delivery_item(delivery))

    async def retry_several(self, request: web.Request) -> web.Response:
        """Take up a batch of dead letters again; answers how many, and the cursor of the next batch."""
        given = object_of(await request.read(), '{"channel": "technical-hook"}')
        batch = await self._batch(_read(Several, given, []))
        again = await stored.retry_all(self._store, batch, self._clock.now())
        for channel in {each.channel for each in again}:
            self._wake(channel)
        return _json({"retried": len(again), "next": batch.cursor or None})

    async def drop_several(self, request: web.Request) -> web.Response:
        """Drop a batch of dead letters; answers how many, and the cursor of the next batch."""
        given = object_of(await request.read(), '{"channel": "technical-hook", "by": "zhang.wei", "reason": "…"}')
        asked, dropping = self._dropping(DropSeveral, given, request)
        batch = await self._batch(asked)
        dropped = await self._drop(batch.keys, batch.letters, dropping)
        return _json({"dropped": dropped, "next": batch.cursor or None})

    async def _drop(self, keys: Keys, letters: Sequence[Delivery], dropping: Dropping) -> int:
        count = 0
        async for each in stored.drop(self._store, keys, letters, dropping):
            self._meter.delivery(each.channel, "superseded")
            count += 1
        return count

    async def _batch(self, asked: Several) -> Batch:
        channel = asked.channel or ""
        if channel and not asked.cursor:
            known = {*self._plan().channels}.union(*[await channels(self._store, keys) for keys in self._store.shards])
            if channel not in known:
                raise NotFound(f"no channel is called {channel}; there are: {', '.join(sorted(known)) or 'none'}")
        return await stored.find_dead(self._store, channel, now=self._clock.now(), cursor=asked.cursor or "")

    def _dropping(self, kind: type[_Asked], given: Mapping[str, Any], request: web.Request) -> tuple[_Asked, Dropping]:
        """What is asked for, and who drops it why. Raises ``Unprocessable`` with every fault."""
        people = self._plan().people
        who = actor_of(given.get("by"), self._token(request), people)
        problems = [("by", who.fault)] if who.fault else []
        if people and who.by and who.by not in people:
            unknown = f"the plan knows nobody called {who.by}; the people who may act are listed in it under people"
            problems.append(("by", unknown))
        asked = _read(kind, {name: value for name, value in given.items() if name != "by"}, problems)
        via = way_of(request, who.via)
        dropping = Dropping(at=self._clock.now(), by=who.by, reason=asked.reason, via=via, verified=who.verified)
        return asked, dropping


def _read(kind: type[_Struct], given: Mapping[str, Any], problems: list[tuple[str, str]]) -> _Struct:
    """What is asked for. Raises ``Unprocessable`` with every fault, ``problems`` among them."""
    asked, found = read(kind, given)
    problems += found
    if isinstance(asked, Several) and bool(asked.channel) == asked.everything:
        problems.append(("channel", "name a channel, or say all: true, and not both"))
    if problems or asked is None:
        raise Unprocessable("nothing was done", problems)
    return asked


def _json(value: object) -> web.Response:
    return web.Response(body=msgspec.json.encode(value) + b"\n", content_type="application/json")
