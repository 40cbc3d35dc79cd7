"""How long things took: the store's histograms, from one minute to seven days. Drills are not among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prometheus_client.core import HistogramMetricFamily, Metric

from tocsin.telemetry.instruments import PREFIX, Labels
from tocsin.telemetry.known import RECOVERY_BOUNDS, TIERS, Known, every


@dataclass(frozen=True, slots=True)
class Histogram:
    """One of them: the kind of figure that the store keeps, the metric's name, what it says, and its labels."""

    kind: str
    name: str
    text: str
    labels: tuple[str, ...]

    def known(self, known: Known) -> list[Labels]:
        """All that its labels can say."""
        sets = {"class": known.classes, "tier": TIERS, "group": known.groups, "vendor": known.vendors}
        return every(*(sets[label] for label in self.labels))


HISTOGRAMS = (
    Histogram(
        "acknowledge",
        "incident_time_to_acknowledge_seconds",
        "From the telling of an incident to a group's acknowledgement.",
        ("group", "tier"),
    ),
    Histogram(
        "contain",
        "incident_time_to_contain_seconds",
        "From an incident's start to its containment.",
        ("class", "tier"),
    ),
    Histogram(
        "recover",
        "incident_time_to_recover_seconds",
        "From an incident's start to its recovery.",
        ("class", "tier"),
    ),
    Histogram(
        "vendor_acknowledge",
        "vendor_time_to_acknowledge_seconds",
        "From the telling of an incident to the word of its vendor.",
        ("vendor",),
    ),
    Histogram(
        "vendor_recover",
        "vendor_time_to_recover_seconds",
        "From the start of a vendor's incident to its recovery.",
        ("vendor",),
    ),
)


def durations(figures: Mapping[str, Mapping[Labels, float]], known: Known) -> Iterator[Metric]:
    """All histograms. ``figures`` are the store's by kind: cumulative counts by labels and upper bound in seconds, and
    under ``<kind>_sum`` the seconds by labels."""
    for histogram in HISTOGRAMS:
        counts, sums = figures.get(histogram.kind, {}), figures.get(f"{histogram.kind}_sum", {})
        family = HistogramMetricFamily(PREFIX + histogram.name, histogram.text, labels=histogram.labels)
        for labels in histogram.known(known):
            buckets = [(bound, counts.get((*labels, bound), 0.0)) for bound in RECOVERY_BOUNDS]
            family.add_metric(labels, buckets, sum_value=sums.get(labels, 0.0))
        yield family


def kinds() -> Iterator[str]:
    """The kinds of figures in the store that these are made of."""
    for histogram in HISTOGRAMS:
        yield histogram.kind
        yield f"{histogram.kind}_sum"
