"""What classifying costs with many rules: ``python -m bench.rules``.

Rules are written to files and loaded as the service does. Timed are the load, the search for the matching rules by
the index and by trying one rule after the other, which must find the same, and the whole classification of an alert
never seen before and of one that was. Never seen before means that no value of any of its labels was: each batch has
a classifier of its own, and no two of its alerts share a value.

Then patterns that stop a backtracking engine for ever, on labels of 16, 32 and 64 KiB.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from bench.figures import machine, say
from bench.plans import GROUPS

from tocsin import plan as plans
from tocsin._core.model import Alert
from tocsin._core.plan import Plan, Rule
from tocsin._core.regex import compile_pattern, encode
from tocsin.classify.classifier import Classifier
from tocsin.classify.index import MatcherIndex

COUNTS = (10, 100, 1_000, 10_000)
ALERTS = 2_000
BUDGET = 1.0
"""Seconds for each figure; what takes longer is done less often."""

ROUNDS = 3
SHAPES = (
    """'alertname="Alert{n}"', 'cluster=~"(eu|us)-.*"'""",
    """'alertname="Alert{n}"', 'service=~"(.*-)?svc-{n}-(api|worker|db).*"'""",
    """'alertname="Alert{n}"', 'environment!~"dev.*|test.*"', 'service!="cms"'""",
    """'alertname=~"Team{n}.*(Down|Failed)"', 'namespace!~"kube-.*|team-{n}-sandbox"'""",
)
"""A quarter each: by name and a common pattern, by name and a pattern of the service's own, by name and what it is
not, and by a pattern of the name and what it is not."""

HOSTILE = ("(a+)+$", "(a|aa)+$", "(a|a?)+c", "([a-zA-Z]+)*$", "(.*a){12}c", "(a*)*(a*)*c")
SIZES = (16, 32, 64)
"""Of a label, in KiB; more is not taken in."""


def write(directory: Path, rules: Sequence[str]) -> Path:
    """A plan of so many rules, each given by its matchers."""
    head = [f"  {name}: {{title: {name}, channels: [console]}}" for name in GROUPS]
    lines = [
        f"  - {{name: rule-{number}, match: [{match}], class: hw_sw_fault, impact: partial}}"
        for number, match in enumerate(rules)
    ]
    directory.mkdir()
    text = "\n".join(["channels: {console: {type: console}}", "groups:", *head, "rules:", *lines, ""])
    (directory / "plan.yaml").write_text(text, encoding="utf-8")
    return directory


def mixed(count: int) -> list[str]:
    """The matchers of so many rules, of all shapes."""
    return [SHAPES[number % len(SHAPES)].format(n=number) for number in range(count)]


def alerts(rules: int, *, start: int) -> list[Alert]:
    """Alerts that each match another one of the rules, over all of them evenly, and share no label's value."""
    found = []
    for number in range(start, start + min(rules, ALERTS)):
        n = number * 7919 % rules
        labels = {
            "alertname": f"Team{n}QueueDown" if n % len(SHAPES) == 3 else f"Alert{n}",
            "cluster": f"eu-{number}",
            "environment": f"prod-{number}",
            "namespace": f"team-{n}-{number}",
            "service": f"pay-svc-{n}-api-{number}",
            "instance": f"10.0.{number >> 8 & 255}.{number & 255}:9100",
            "pod": f"pod-{number}",
        }
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


Work = Callable[[Alert], object]


def each(batches: Iterable[tuple[Work, Sequence[Alert]]]) -> float:
    """Microseconds for an alert: the average over all batches, cut short at the budget."""
    took, done = 0.0, 0
    for work, batch in batches:
        began = time.perf_counter()
        for alert in batch:
            work(alert)
            done += 1
            if took + time.perf_counter() - began > BUDGET:
                return 1e6 * (took + time.perf_counter() - began) / done
        took += time.perf_counter() - began
    return 1e6 * took / done


def once(work: Callable[[], Any]) -> tuple[float, Any]:
    """Milliseconds, and what came of it."""
    began = time.perf_counter()
    result = work()
    return 1e3 * (time.perf_counter() - began), result


def indexed(plan: Plan) -> Callable[[Alert], int]:
    """A new index of the rules, which has seen no value: the number of the first rule that holds, -1 if none."""
    index = MatcherIndex([(rule.match,) for rule in plan.rules])
    return lambda alert: next(index.hits(lambda name: alert.labels.get(name, "")), -1)


def agree(plan: Plan, in_turn: InTurn, sample: Sequence[Alert]) -> None:
    """Both ways find the same rule. Raises ``SystemExit`` if not."""
    first = indexed(plan)
    for alert in sample:
        found = first(alert)
        if found != in_turn.first(alert.labels) or found < 0:
            raise SystemExit(f"the index finds rule {found} of {len(plan.rules)} for {alert.labels}")


def fresh(make: Callable[[], Work], count: int) -> Iterator[tuple[Work, Sequence[Alert]]]:
    """Batches of alerts, each with something that has seen none before."""
    size = min(count, ALERTS)
    for place in range(min(ALERTS // size, 50)):
        yield make(), alerts(count, start=place * size)


def classifying(plan: Plan) -> Work:
    """A new classifier, which has seen no value."""
    classifier = Classifier(plan)
    return lambda alert: classifier.classify(alert, 0)


def line(count: int, directory: Path) -> str:
    """All figures for one number of rules."""
    write(directory, mixed(count))
    load_ms, plan = min(
        (once(lambda: plans.load(directory, environment={})) for _ in range(ROUNDS)), key=lambda a: a[0]
    )
    compile_ms, known = once(lambda: classifying(plan))
    in_turn = InTurn(plan.rules)
    sample = alerts(count, start=0)
    agree(plan, in_turn, sample[:50])
    turn_us = each([(lambda alert: in_turn.first(alert.labels), sample)])
    index_us = min(each(fresh(lambda: indexed(plan), count)) for _ in range(ROUNDS))
    first_us = min(each(fresh(lambda: classifying(plan), count)) for _ in range(ROUNDS))
    for alert in sample:
        known(alert)
    again_us = min(each([(known, sample)]) for _ in range(ROUNDS))
    figures = f"{load_ms:>10,.0f}{compile_ms:>12,.1f}{turn_us:>12,.1f}{index_us:>12,.1f}{turn_us / index_us:>9,.0f}x"
    return f"{count:>7,}{figures}{first_us:>14,.1f}{again_us:>12,.2f}"


def hostile(rules: Sequence[str], directory: Path) -> list[float]:
    """Milliseconds to classify an alert with a label of each size, by a plan of such patterns: the slowest label's."""
    plan = plans.load(write(directory, [f"""'payload=~"{pattern}"'""" for pattern in rules]), environment={})
    classifier = Classifier(plan)
    return [1e3 * max(shortest(classifier, value) for value in values(size << 10)) for size in SIZES]


def values(length: int) -> tuple[str, ...]:
    """Labels that a pattern fails on late, read from either end, or takes."""
    return "a" * length, "a" * (length - 1) + "!", "!" + "a" * (length - 1)


def shortest(classifier: Classifier, value: str) -> float:
    """Seconds to classify an alert with this label; a label so long is not remembered."""
    alert = Alert(source="prometheus", labels={"alertname": "X", "payload": value}, firing=True, received_at=0)
    return min(once(lambda: classifier.classify(alert, 0))[0] for _ in range(ROUNDS)) / 1e3


@click.command(help=__doc__)
@click.option("--rules", "counts", multiple=True, type=int, help="How many rules; may be given several times.")
def main(counts: tuple[int, ...]) -> None:
    """Measure and print."""
    say(machine())
    say(
        f"method    the best of {ROUNDS} rounds, each an average over up to {ALERTS} alerts of 7 labels, or one second;"
    )
    say("          a new alert has new values only, and a classifier that has seen none before; one process\n")
    say(f"{'':>7}{'load':>10}{'compile':>12}{'in turn':>12}{'index':>12}{'':>10}{'classify new':>14}{'known':>12}")
    say(f"{'rules':>7}{'ms':>10}{'ms':>12}{'µs/alert':>12}{'µs/alert':>12}{'gain':>10}{'µs/alert':>14}{'µs/alert':>12}")
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as directory:
        for count in counts or COUNTS:
            say(line(count, Path(directory) / str(count)))
        say(f"\n{'hostile patterns, ms to classify a label of':<44}{''.join(f'{size:>6} KiB' for size in SIZES)}")
        together = [*HOSTILE, *(f"team-{number}.*" for number in range(1_000))]
        for place, rules in enumerate([*([pattern] for pattern in HOSTILE), together]):
            name = rules[0] if len(rules) == 1 else "all of these beside 1,000 others"
            times = hostile(rules, Path(directory) / f"hostile-{place}")
            say(f"{name:<44}{''.join(f'{took:>10,.2f}' for took in times)}")


if __name__ == "__main__":
    main()
