"""``POST /api/v1/explain``: an alert in, the decision out. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from aiohttp import web

from tocsin._core.clock import Clock
from tocsin._core.errors import InvalidRequest, Unreadable
from tocsin._core.times import Millis, parse_time
from tocsin.accept.intake import API_SOURCE
from tocsin.adapt.payload import plain
from tocsin.adapt.posted import Refused, careful, to_alert
from tocsin.explain.explanation import item_of
from tocsin.explain.why import explain
from tocsin.plan import Current


@dataclass(frozen=True, kw_only=True)
class ExplainRoute:
    """The route, and the right it needs."""

    current: Current
    clock: Clock

    def routes(self) -> Sequence[tuple[web.RouteDef, str]]:
        """One."""
        return ((web.post("/api/v1/explain", self.explain), "read"),)

    async def explain(self, request: web.Request) -> web.Response:
        """An alert as Prometheus posts it, with ``source`` and ``at`` beside its fields if they matter."""
        body = plain(await request.read())
        if not isinstance(body, dict):
            raise Unreadable("expected an alert, an object with labels", path="$")
        edition = self.current.edition
        source = body.get("source", API_SOURCE)
        if not isinstance(source, str) or source not in edition.plan.sources:
            raise InvalidRequest("source", f"must be one of {', '.join(sorted(edition.plan.sources))}")
        now = self._at(body.get("at"))
        try:
            alert = to_alert(careful(body), source=source, received_at=now, firing=True)
        except Refused as refused:
            raise InvalidRequest(refused.path.removeprefix("."), str(refused)) from None
        item = item_of(explain(alert, edition.plan, edition.classifier, now))
        return web.Response(body=msgspec.json.encode(item) + b"\n", content_type="application/json")

    def _at(self, given: object) -> Millis:
        if given is None:
            return self.clock.now()
        try:
            return parse_time(str(given))
        except (ValueError, OverflowError):
            raise InvalidRequest("at", "must be a time such as 2026-12-05T01:00:00Z") from None
