"""The shipped rules against what public collections publish: most of it in a sensible class, hardly any left over."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.library.judging import Judged, classifier, judge, samples

SENSIBLE = 0.90
"""The share of alerts that must come to a class that fits."""

LEFT_OVER = 0.10
"""The share of alerts that may come to no rule at all."""

HELD_OUT = ("held-out.yaml", "held-out-more.yaml")
FILES = ("tuning.yaml", *HELD_OUT)


def told(found: Sequence[Judged]) -> str:
    """The misses, one a line, for whoever mends the rules."""
    return "\n".join(map(str, found))


@pytest.mark.parametrize("file", FILES)
def test_published_alerts_come_to_a_sensible_class(file: str) -> None:
    """At least nine of ten in a class that fits, and at most one of ten in none; the misses are printed."""
    rules = classifier()
    judged = [judge(rules, sample) for sample in samples(file)]

    misses = [each for each in judged if each.class_ not in each.sample.classes]
    left_over = [each for each in judged if each.class_ == "other"]
    print(f"{file}: {len(judged)} alerts, {len(misses)} misses, {len(left_over)} left over\n{told(misses)}")

    assert len(judged) > 150
    assert len(misses) <= (1 - SENSIBLE) * len(judged), told(misses)
    assert len(left_over) <= LEFT_OVER * len(judged), told(left_over)


@pytest.mark.parametrize("file", FILES)
def test_what_everybody_has_is_always_recognised(file: str) -> None:
    """No alert of a database, node, container, network or certificate is left over."""
    rules = classifier()

    left_over = [each for sample in samples(file) if sample.must and (each := judge(rules, sample)).class_ == "other"]

    assert not left_over, told(left_over)


def test_look_alikes_wake_nobody() -> None:
    """What only sounds bad comes to a class that fits, and is never high, though its service is not known."""
    rules = classifier()
    judged = [judge(rules, sample) for sample in samples("look-alikes.yaml")]

    wrong = [each for each in judged if each.class_ not in each.sample.classes]
    woken = [each for each in judged if each.tier == "high"]

    assert not wrong, told(wrong)
    assert not woken, told(woken)


def test_no_alert_is_in_both_parts() -> None:
    """The held-out part stays held out."""
    tuning = {tuple(sorted(sample.labels.items())) for sample in samples("tuning.yaml")}
    held_out = {tuple(sorted(sample.labels.items())) for file in HELD_OUT for sample in samples(file)}

    assert not tuning & held_out
