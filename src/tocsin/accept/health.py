"""Alive, and able to take alerts: what a supervisor and a load balancer ask. No login."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from aiohttp import web

from tocsin.accept.access import Right
from tocsin.accept.problem import HttpProblem


@dataclass(frozen=True, kw_only=True)
class HealthRoutes:
    """``not_ready`` gives the reasons why no alerts can be taken now; none means ready."""

    not_ready: Callable[[], Awaitable[Sequence[str]]]

    def routes(self) -> Sequence[tuple[web.RouteDef, str]]:
        """The routes; they need no right."""
        return ((web.get("/-/healthy", self.healthy), Right.NONE), (web.get("/-/ready", self.ready), Right.NONE))

    async def healthy(self, _: web.Request) -> web.Response:
        """The process answers."""
        return web.json_response({"status": "healthy"})

    async def ready(self, _: web.Request) -> web.Response:
        """Alerts can be taken; 503 says why not."""
        reasons = await self.not_ready()
        if reasons:
            problems = [("", reason) for reason in reasons]
            raise HttpProblem(503, f"not ready: {'; '.join(reasons)}", problems=problems)
        return web.json_response({"status": "ready"})
