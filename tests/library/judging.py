"""The corpus of published alert names: what is in it, and what the shipped rules make of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tocsin._core.model import Alert, Dropped
from tocsin._core.times import HOUR
from tocsin.classify import Classifier
from tocsin.plan import load

CORPUS = Path(__file__).parent / "corpus"
RULES = Path(__file__).parents[2] / "rules"
NOW = 500_000 * HOUR


@dataclass(frozen=True, slots=True)
class Sample:
    """A published alert: its labels, the classes that fit it, and the kind that must be recognised at all."""

    labels: dict[str, str]
    classes: frozenset[str]
    must: str


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules made of a sample: its class (``dropped`` if a rule drops it), tier and rule."""

    sample: Sample
    class_: str
    tier: str
    rule: str

    def __str__(self) -> str:
        name, wanted = self.sample.labels["alertname"], "|".join(sorted(self.sample.classes))
        return f"{name}: {self.class_} by {self.rule or 'no rule'}, not {wanted}"


def samples(file: str) -> Iterator[Sample]:
    """The alerts of one file of the corpus; each name stands for one alert with the labels of its group."""
    groups: list[dict[str, Any]] = yaml.safe_load((CORPUS / file).read_text(encoding="utf-8"))
    for group in groups:
        for name in group["names"]:
            labels = {"alertname": name, **group["labels"]}
            yield Sample(labels, frozenset(group["classes"]), group.get("must", ""))


def classifier() -> Classifier:
    """The classifier of the shipped plan."""
    return Classifier(load(RULES, environment={}))


def judge(rules: Classifier, sample: Sample) -> Judged:
    """Classify a sample as if a Prometheus had posted it."""
    alert = Alert(source="prometheus", labels=sample.labels, firing=True, received_at=NOW)
    found = rules.classify(alert, NOW)
    if isinstance(found, Dropped):
        return Judged(sample, "dropped", "", found.by)
    return Judged(sample, found.class_, found.tier.value, found.rule)
