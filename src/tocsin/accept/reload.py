"""``POST /-/reload``: read the rule files again, and say what is wrong with them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from aiohttp import web

from tocsin._core.errors import PlanError
from tocsin.accept.access import Right
from tocsin.accept.problem import HttpProblem


@dataclass(frozen=True, kw_only=True)
class ReloadRoutes:
    """``reload`` answers the hash of the plan that is then in force, or raises ``PlanError``; the plan before stays."""

    reload: Callable[[], Awaitable[str]]

    def routes(self) -> Sequence[tuple[web.RouteDef, str]]:
        """The route; it needs the right to act."""
        return ((web.post("/-/reload", self.post), Right.ACT),)

    async def post(self, _: web.Request) -> web.Response:
        """200 with the hash, or 422 with every problem."""
        try:
            plan = await self.reload()
        except PlanError as error:
            problems = [(problem.path, problem.head) for problem in error.problems]
            detail = f"the plan before stays in force: {len(problems)} problem{'s' if len(problems) > 1 else ''}"
            raise HttpProblem(422, detail, problems=problems) from None
        return web.json_response({"plan": plan})
