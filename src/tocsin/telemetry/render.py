"""A scrape's answer: the process's metrics and the store's, as Prometheus text or OpenMetrics."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector

from tocsin.telemetry.figures import StoreFigures, families
from tocsin.telemetry.instruments import PREFIX
from tocsin.telemetry.metrics import Metrics


class Scrape(Collector):
    """Everything, for one scrape. Without figures the store's metrics are left out, not shown as 0."""

    def __init__(self, metrics: Metrics, figures: StoreFigures | None) -> None:
        self._metrics = metrics
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """All families."""
        yield from self._metrics.registry.collect()
        up = self._figures is not None
        yield GaugeMetricFamily(PREFIX + "store_up", "Whether the store answered this scrape.", value=up)
        if self._figures is not None:
            yield from families(self._figures, self._metrics.known)


def render(metrics: Metrics, figures: StoreFigures | None, accept: str) -> tuple[bytes, str]:
    """Body and content type. ``accept`` is the Accept header; ``figures`` is ``None`` if the store is out of reach."""
    scrape = Scrape(metrics, figures)
    # Not the library's own choice: it fails on a version in the header that is no number.
    if "application/openmetrics-text" in accept:
        return openmetrics.generate_latest(scrape), openmetrics.CONTENT_TYPE_LATEST  # type: ignore[no-untyped-call]
    return generate_latest(scrape), CONTENT_TYPE_PLAIN_0_0_4
