"""``GET /api/v1/incidents/{id}/report``: an incident's report, in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from tocsin._core.clock import Clock
from tocsin._core.errors import InvalidRequest
from tocsin._core.ids import normal_incident_id
from tocsin._core.plan import Language
from tocsin._store.client import Store
from tocsin._store.listing import show_incident
from tocsin.plan import Current
from tocsin.report.write import report


@dataclass(frozen=True, kw_only=True)
class ReportRoute:
    """The route, and the right it needs."""

    store: Store
    current: Current
    clock: Clock

    def routes(self) -> Sequence[tuple[web.RouteDef, str]]:
        """One."""
        return ((web.get("/api/v1/incidents/{id}/report", self.report), "read"),)

    async def report(self, request: web.Request) -> web.Response:
        """The report as of now, in ``language``, by default the plan's. Raises ``StoreUnavailable``."""
        plan = self.current.plan()
        language = _language(request.query.get("language", plan.language))
        whole = await show_incident(self.store, normal_incident_id(request.match_info["id"]))
        text = report(whole, plan, language, self.clock.now())
        return web.Response(text=text, content_type="text/markdown", charset="utf-8")


def _language(given: str) -> Language:
    if given == "en":
        return "en"
    if given == "zh":
        return "zh"
    raise InvalidRequest("language", "must be en or zh")
