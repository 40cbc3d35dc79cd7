"""``tocsin explain``: what the plan makes of an alert, and why.

With ``--source``, first what the source makes of a payload. Nothing is taken in, and no service need run.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tocsin._core.clean import escaped_json, lines, one_line
from tocsin._core.errors import PlanError, Unreadable
from tocsin._core.model import Alert, Classification, Dropped
from tocsin._core.times import Millis, format_duration, parse_time
from tocsin.cli.options import RULES, shipped_rules, stop

if TYPE_CHECKING:
    from tocsin._core.plan import Plan
    from tocsin.adapt.mapping import Traced
    from tocsin.explain import Explanation


@click.command()
@RULES
@click.option("--source", help="The source: with no LABEL=VALUE, its payload is on standard input.")
@click.option("--at", help="The time to decide at, as in 2026-12-05T01:00:00Z (default: now).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.argument("labels", nargs=-1, metavar="[LABEL=VALUE]...")
def explain(rules: Path | None, source: str | None, at: str | None, as_json: bool, labels: tuple[str, ...]) -> None:
    """Say what the plan makes of an alert, and why: which rules were tried, tier, recovery time, who is told.

    The alert is given by its labels, or as JSON on standard input: an alert, a list of alerts, or with --source a
    payload of that source, whose reading is then shown step by step.
    """
    from tocsin import app, explain
    from tocsin import plan as plans
    from tocsin._core.clock import StoreClock
    from tocsin.classify.classifier import Classifier

    try:
        now = StoreClock().now() if at is None else parse_time(at)
    except ValueError as error:
        raise click.UsageError(f"--at: {error}") from None
    problems, plan = plans.check(rules or shipped_rules(), app.environment())
    if plan is None:
        stop(PlanError([problem for problem in problems if not problem.warning]))
    name = source or "prometheus"
    if name not in plan.sources:
        raise click.UsageError(f"the plan has no source {name}; it has {', '.join(sorted(plan.sources))}")
    found = _labelled(labels, name, now) if labels else _read(plan, name, now)
    classifier = Classifier(plan)
    told = [(one, explain.explain(one.alert, plan, classifier, now) if one.alert else None) for one in found]
    if as_json:
        _print_json(told, name, stepwise=source is not None and not labels)
    else:
        for one, said in told:
            click.echo("\n".join(_page(one, said, stepwise=not labels)))
    sys.exit(1 if any(one.alert is None for one in found) else 0)


def _labelled(labels: Sequence[str], source: str, now: Millis) -> Sequence[Traced]:
    """The alert with these labels."""
    from tocsin.adapt.mapping import Traced
    from tocsin.adapt.posted import Posted, Refused, to_alert

    pairs = {}
    for text in labels:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.UsageError(f"{text!r} is no LABEL=VALUE, as in alertname=DiskFull")
        pairs[name] = value
    try:
        return (Traced("alert", (), to_alert(Posted(labels=pairs), source=source, received_at=now, firing=True), ""),)
    except Refused as refused:
        raise click.UsageError(f"{refused.path.removeprefix('.')}: {refused}") from None


def _read(plan: Plan, source: str, now: Millis) -> Sequence[Traced]:
    """The alerts of a payload of a source on standard input; of Prometheus, also a single alert."""
    from tocsin.adapt.steps import follow

    if sys.stdin.isatty():
        raise click.UsageError("give an alert as LABEL=VALUE …, or as JSON on standard input")
    body = sys.stdin.buffer.read()
    if plan.sources[source].type == "prometheus" and body.lstrip()[:1] == b"{":
        body = b"[" + body + b"]"
    try:
        return follow(body, source=plan.sources[source], received_at=now)
    except Unreadable as error:
        raise click.ClickException(f"{one_line(error.path)}: {one_line(str(error), 500)}") from None


def _print_json(told: Sequence[tuple[Traced, Explanation | None]], source: str, *, stepwise: bool) -> None:
    """The API's object for one alert; for a payload, each alert with its steps."""
    from tocsin.adapt.steps import traced_item
    from tocsin.explain import item_of

    items = [{**traced_item(one), **({"decision": item_of(said)} if said else {})} for one, said in told]
    if stepwise or len(told) != 1 or told[0][1] is None:
        answer: dict[str, Any] = {"source": source, "alerts": items}
    else:
        answer = item_of(told[0][1])
    click.echo(escaped_json(json.dumps(answer, ensure_ascii=False, indent=2, default=str)))


def _page(one: Traced, said: Explanation | None, *, stepwise: bool) -> Iterator[str]:
    if stepwise:
        yield from _steps(one)
    if one.alert is None or said is None:
        yield f"  rejected: {one_line(one.error, 500)}"
        return
    if not stepwise:
        yield click.style(_labels(one.alert), bold=True)
    yield from _outcome(said)
    yield click.style("Rules tried", bold=True)
    yield from _tried(said)
    yield click.style("Why", bold=True)
    yield from (f"  - {one_line(reason, 300)}" for reason in said.why.reasons)
    yield f"  (plan {said.why.plan})"


def _outcome(said: Explanation) -> Iterator[str]:
    decision = said.decision
    if isinstance(decision, Dropped):
        yield f"  dropped by {decision.reason.value} {one_line(decision.by)}: {one_line(decision.why)}"
        return
    yield from (f"  {name:<9} {one_line(text, 300)}" for name, text in _facts(decision, said) if text)


def _facts(decision: Classification, said: Explanation) -> Iterator[tuple[str, str]]:
    yield "rule", decision.rule or "none"
    yield "class", f"{decision.class_}{f' ({decision.subtype})' if decision.subtype else ''}"
    yield "tier", decision.tier.value
    yield "RTO", format_duration(decision.rto)
    place = ", ".join(text for text in (decision.environment, decision.location) if text)
    yield "service", f"{decision.service or 'unknown'}{f' ({place})' if place else ''}"
    yield "vendor", decision.vendor
    yield "incident", decision.key_text
    yield "groups", ", ".join(said.why.groups)
    yield "channels", ", ".join(said.why.channels)


def _tried(said: Explanation) -> Iterator[str]:
    shown = [each for each in said.why.tried if each.matched] if len(said.why.tried) > _MOST else said.why.tried
    width = max((len(each.rule) for each in shown), default=0)
    for each in shown:
        name = f"{one_line(each.rule):<{width}}"
        if each.matched:
            yield click.style(f"  + {name}  {each.note}  {one_line(each.place)}", fg="green")
        else:
            yield f"  - {name}  {one_line(each.failed, 200)}, but it is {one_line(json.dumps(each.saw), 120)}"
    left_out = len(said.why.tried) - len(shown)
    if left_out:
        yield f"    ({left_out} more did not match; --json shows them all)"
    if not said.why.tried:
        yield "  none"


_MOST = 100
"""Rules tried that are printed one by one; of more, only those that matched."""


def _labels(alert: Alert) -> str:
    return one_line(
        ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in alert.labels.items()), 500
    )


def _steps(one: Traced) -> Iterator[str]:
    from tocsin.adapt.steps import alert_item, step_lines

    yield click.style(one_line(one.place), bold=True)
    yield from (f"  {line}" for step in step_lines(one) for line in lines(step))
    if one.alert is None:
        return
    item = alert_item(one.alert)
    times = [f"{word} {item[name]}" for word, name in (("since", "starts_at"), ("until", "ends_at")) if item[name]]
    yield f"  alert: {' '.join([item['status'], *times])}, {_labels(one.alert)}"
    known_by = ", ".join(one.alert.identity)
    yield f"  the same alert: what has {f'the identity {one_line(known_by)}' if known_by else 'the same labels'}"
