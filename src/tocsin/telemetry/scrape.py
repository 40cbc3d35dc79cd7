"""``GET /metrics``: the process's metrics, and the store's figures as they are now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aiohttp import web

from tocsin._core.clock import Clock
from tocsin._core.errors import StoreError
from tocsin._core.times import Millis
from tocsin._store.client import Store
from tocsin._store.coverage import Coverage, coverage
from tocsin._store.heartbeats import last_heard
from tocsin._store.stats import Figures, read_figures
from tocsin.telemetry.durations import kinds
from tocsin.telemetry.figures import StoreFigures
from tocsin.telemetry.metrics import Metrics
from tocsin.telemetry.render import render


class ScrapeRoutes:
    """The route of a scrape. Where the store is out of reach, its figures are left out."""

    def __init__(self, *, store: Store, metrics: Metrics, clock: Clock) -> None:
        self._store = store
        self._metrics = metrics
        self._clock = clock

    def routes(self) -> Sequence[tuple[web.RouteDef, str]]:
        """The route, with the right it needs."""
        return ((web.get("/metrics", self.scrape), "read"),)

    async def scrape(self, request: web.Request) -> web.Response:
        """All metrics, as Prometheus text or OpenMetrics."""
        try:
            read, counted = await read_figures(self._store), await coverage(self._store)
            heard = await last_heard(self._store)
            figures: StoreFigures | None = of_store(read, counted, heard, self._clock.now())
        except StoreError:
            figures = None
        body, content_type = render(self._metrics, figures, request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})


def of_store(read: Figures, counted: Coverage, heard: Mapping[str, Millis], now: Millis) -> StoreFigures:
    """The store's raw figures, as the metrics take them."""
    return StoreFigures(
        now=now,
        notices=read.of("notices"),
        escalations=read.of("escalations"),
        queued=read.of("waiting"),
        dead=read.of("dead"),
        last_success=read.of("success"),
        opened=read.of("opened"),
        closed=read.of("closed"),
        service_opened=read.of("service"),
        rto=read.of("rto"),
        vendor_rto=read.of("vendor_rto"),
        durations={kind: read.of(kind) for kind in kinds()},
        heard=heard,
        archived=read.of("archived").get((), 0.0),
        dropped=read.of("dropped").get((), 0.0),
        coverage=counted,
        incidents=read.incidents,
        keys_set_aside=read.aside,
    )
