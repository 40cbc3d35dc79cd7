"""The API of channels: who has each, what it is owed, how it was when it was last tried; and the test of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec
from aiohttp import web

from tocsin._core.message import Answer
from tocsin._core.plan import Channel, Plan
from tocsin._core.times import format_time
from tocsin._core.uses import spoken_on, uses_of
from tocsin._store import health
from tocsin._store.client import Store
from tocsin._store.stats import ChannelFigures, channel_figures


class Trials(Protocol):
    """Tries channels: by a test, and quietly."""

    async def test(self, name: str, plan: Plan) -> Answer:
        """Send a message that is marked as a test; answers what became of it."""
        ...

    def last_test(self, name: str) -> Answer | None:
        """What became of the last one."""
        ...

    def last_check(self, name: str) -> Answer | None:
        """What the channel said when it was last asked quietly."""
        ...


class ChannelRoutes:
    """The routes."""

    def __init__(self, *, store: Store, plan: Callable[[], Plan], trials: Trials) -> None:
        self._store = store
        self._plan = plan
        self._trials = trials

    def routes(self) -> Sequence[tuple[web.RouteDef, str]]:
        """The routes, with the right they need."""
        return (
            (web.get("/api/v1/channels", self.channels), "read"),
            (web.post("/api/v1/channels/{name}/test", self.test), "act"),
        )

    async def channels(self, _: web.Request) -> web.Response:
        """All channels of the plan, in its order."""
        plan = self._plan()
        figures = await channel_figures(self._store, tuple(plan.channels))
        known = await health.read(self._store)
        items = [
            {**self._item(channel, plan, figures[name]), **_failing(known.get(name, health.Health()))}
            for name, channel in plan.channels.items()
        ]
        return _json({"items": items, "next": None})

    async def test(self, request: web.Request) -> web.Response:
        """Test a channel; answers whether it took the message, and if not, why."""
        name = request.match_info["name"]
        answer = await self._trials.test(name, self._plan())
        if answer.ok:
            await health.works(self._store, name)
        return _json({"channel": name, **_answered(answer)})

    def _item(self, channel: Channel, plan: Plan, figures: ChannelFigures) -> dict[str, Any]:
        uses = uses_of(channel.name, plan)
        users = {
            "groups": [group.name for group in uses.groups],
            "fallback_of": [group.name for group in uses.fallback_of],
            "teams": [team.name for team in uses.teams],
            "vendors": [vendor.name for vendor in uses.vendors],
        }
        tried = {"check": self._trials.last_check(channel.name), "test": self._trials.last_test(channel.name)}
        return {
            "name": channel.name,
            "type": channel.type,
            "language": spoken_on(channel, plan)[0],
            **{name: found for name, found in users.items() if found},
            "waiting": figures.waiting,
            "dead": figures.dead,
            **({"last_success_at": format_time(figures.last_success)} if figures.last_success else {}),
            **{name: _answered(answer) for name, answer in tried.items() if answer},
        }


def _answered(answer: Answer) -> Mapping[str, Any]:
    return {
        "ok": answer.ok,
        "at": format_time(answer.at),
        "seconds": round(answer.seconds, 3),
        **({"error": answer.error} if answer.error else {}),
    }


def _json(value: object) -> web.Response:
    return web.Response(body=msgspec.json.encode(value) + b"\n", content_type="application/json")


def _failing(known: health.Health) -> dict[str, Any]:
    """Since when it has taken nothing, and why; nothing of one that works."""
    if known.since is None:
        return {}
    return {"failing": {"since": format_time(known.since), "error": known.error, "told": known.told}}
