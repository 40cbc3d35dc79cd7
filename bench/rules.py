"""What classifying costs with many rules: ``python -m bench.rules``.

Rules are written to files and loaded as the service does. Timed are the load, the search for the matching rules by
the index and by trying one rule after the other, which must find the same, and the whole classification of an alert
whose labels were never seen and of one that was.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from bench.figures import machine, say
from bench.plans import GROUPS

from tocsin import plan as plans
from tocsin._core.model import Alert
from tocsin._core.plan import Plan, Rule
from tocsin._plan.patterns import compile_pattern, encode
from tocsin.classify.classifier import Classifier
from tocsin.classify.index import MatcherIndex

COUNTS = (10, 100, 1_000, 10_000)
ALERTS = 2_000
BUDGET = 1.0
"""Seconds for each figure; what takes longer is done less often."""

ROUNDS = 3


def write(directory: Path, count: int) -> Path:
    """So many rules: a third each by name, by pattern and severity, and by pattern and what they are not."""
    shapes = (
        """'alertname="Alert{n}"', 'severity=~"critical|page"'""",
        """'alertname=~"Team{n}.*(Down|Failed)"', 'namespace=~"team-{n}(-.*)?"'""",
        """'alertname=~"Slow{n}[A-Z].*"', 'environment!~"dev|test"', 'service!="cms"'""",
    )
    head = [f"  {name}: {{title: {name}, channels: [console]}}" for name in GROUPS]
    rules = [
        f"  - {{name: rule-{n}, match: [{shapes[n % 3].format(n=n)}], class: hw_sw_fault, impact: partial}}"
        for n in range(count)
    ]
    directory.mkdir()
    text = "\n".join(["channels: {console: {type: console}}", "groups:", *head, "rules:", *rules, ""])
    (directory / "plan.yaml").write_text(text, encoding="utf-8")
    return directory


def alerts(count: int, rules: int, *, start: int = 0) -> list[Alert]:
    """Alerts with labels never seen before; each matches one of the rules, over all of them evenly."""
    found = []
    for number in range(start, start + count):
        n = number * 7919 % rules
        name = (f"Alert{n}", f"Team{n}QueueDown", f"Slow{n}Query")[n % 3]
        labels = {"alertname": name, "namespace": f"team-{n}-x", "severity": "critical", "service": f"s{number}"}
        labels |= {"instance": f"10.0.{number >> 8 & 255}.{number & 255}:9100", "pod": f"pod-{number}", "job": "node"}
        found.append(Alert(source="prometheus", labels=labels, firing=True, received_at=0))
    return found


class InTurn:
    """The plain way: every rule's matchers tried on an alert, one rule after the other, until one holds."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = [[self._test(matcher) for matcher in rule.match] for rule in rules]

    def first(self, labels: dict[str, str]) -> int:
        """The number of the first rule that holds, -1 if none."""
        for number, tests in enumerate(self._rules):
            if all(holds(labels.get(name, "")) for name, holds in tests):
                return number
        return -1

    @staticmethod
    def _test(matcher: Any) -> tuple[str, Callable[[str], bool]]:
        wanted = matcher.operator in ("=", "=~")
        if matcher.operator in ("=", "!="):
            return matcher.name, lambda value: (value == matcher.value) is wanted
        pattern = compile_pattern(matcher.value)
        return matcher.name, lambda value: (pattern.fullmatch(encode(value)) is not None) is wanted


def each(work: Callable[[Alert], object], batches: Sequence[Sequence[Alert]]) -> float:
    """Microseconds for an alert: the best of the batches, each cut short at the budget."""
    best = float("inf")
    for batch in batches:
        began, done = time.perf_counter(), 0
        for alert in batch:
            work(alert)
            done += 1
            if time.perf_counter() - began > BUDGET:
                break
        best = min(best, (time.perf_counter() - began) / done)
    return 1e6 * best


def once(work: Callable[[], Any]) -> tuple[float, Any]:
    """Milliseconds, and what came of it."""
    began = time.perf_counter()
    result = work()
    return 1e3 * (time.perf_counter() - began), result


def agree(plan: Plan, index: MatcherIndex, in_turn: InTurn, sample: Sequence[Alert]) -> None:
    """Both ways find the same rule. Raises ``SystemExit`` if not."""
    for alert in sample:
        found = next(index.hits(lambda name, labels=alert.labels: labels.get(name, "")), -1)  # type: ignore[misc]
        if found != in_turn.first(alert.labels) or found < 0:
            raise SystemExit(f"the index finds rule {found} of {len(plan.rules)} for {alert.labels}")


def line(count: int, directory: Path) -> str:
    """All figures for one number of rules."""
    load_ms, plan = once(lambda: plans.load(write(directory, count), environment={}))
    compile_ms, classifier = once(lambda: Classifier(plan))
    index = MatcherIndex([(rule.match,) for rule in plan.rules])
    in_turn = InTurn(plan.rules)
    fresh = [alerts(ALERTS, count, start=ALERTS * place) for place in range(ROUNDS)]
    agree(plan, index, in_turn, fresh[0][:50])
    turn_us = each(lambda alert: in_turn.first(alert.labels), fresh)
    index_us = each(lambda alert: next(index.hits(lambda name: alert.labels.get(name, "")), -1), fresh)
    first_us = each(lambda alert: classifier.classify(alert, 0), fresh)
    again_us = each(lambda alert: classifier.classify(alert, 0), [fresh[-1]] * ROUNDS)
    figures = f"{load_ms:>10,.0f}{compile_ms:>12,.1f}{turn_us:>12,.1f}{index_us:>12,.1f}{turn_us / index_us:>9,.0f}x"
    return f"{count:>7,}{figures}{first_us:>14,.1f}{again_us:>12,.2f}"


@click.command(help=__doc__)
@click.option("--rules", "counts", multiple=True, type=int, help="How many rules; may be given several times.")
def main(counts: tuple[int, ...]) -> None:
    """Measure and print."""
    say(machine())
    say(f"method    best of {ROUNDS} rounds of up to {ALERTS} alerts of 7 labels, each alert different; one process\n")
    say(f"{'':>7}{'load':>10}{'compile':>12}{'in turn':>12}{'index':>12}{'':>10}{'classify new':>14}{'known':>12}")
    say(f"{'rules':>7}{'ms':>10}{'ms':>12}{'µs/alert':>12}{'µs/alert':>12}{'gain':>10}{'µs/alert':>14}{'µs/alert':>12}")
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as directory:
        for count in counts or COUNTS:
            say(line(count, Path(directory) / str(count)))


if __name__ == "__main__":
    main()
