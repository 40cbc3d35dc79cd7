"""``tocsin explain --source``: what a source makes of a payload, step by step, and what the plan says of its alerts."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tocsin._core.errors import PlanError, Unreadable
from tocsin._core.model import Classification, Dropped
from tocsin._core.times import SECOND, format_duration, parse_time
from tocsin.cli.options import RULES, shipped_rules, stop
from tocsin.send.clean import escaped_json, lines, one_line

if TYPE_CHECKING:
    from tocsin.adapt.mapping import Traced


@click.command()
@RULES
@click.option("--source", required=True, help="The source whose payload is on standard input.")
@click.option("--at", help="When it is received, as in 2026-12-05T01:00:00Z (default: now).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def explain(rules: Path | None, source: str, at: str | None, as_json: bool) -> None:
    """Show what a source makes of a payload on standard input, and what the plan says of each alert.

    Nothing is taken in, and no service need run.
    """
    from tocsin import app
    from tocsin import plan as plans
    from tocsin._core.clock import StoreClock
    from tocsin.adapt.steps import follow, traced_item
    from tocsin.classify.classifier import Classifier

    try:
        now = StoreClock().now() if at is None else parse_time(at)
    except ValueError as error:
        raise click.UsageError(f"--at: {error}") from None
    problems, plan = plans.check(rules or shipped_rules(), app.environment())
    if plan is None:
        stop(PlanError([problem for problem in problems if not problem.warning]))
    if source not in plan.sources:
        raise click.UsageError(f"the plan has no source {source}; it has {', '.join(sorted(plan.sources))}")
    try:
        found = follow(sys.stdin.buffer.read(), source=plan.sources[source], received_at=now)
    except Unreadable as error:
        raise click.ClickException(f"{one_line(error.path)}: {one_line(str(error), 500)}") from None
    classifier = Classifier(plan)
    decided = [(one, classifier.classify(one.alert, now) if one.alert else None) for one in found]
    if as_json:
        items = [{**traced_item(one), **({"decision": decision_item(said)} if said else {})} for one, said in decided]
        click.echo(
            escaped_json(json.dumps({"source": source, "alerts": items}, ensure_ascii=False, indent=2, default=str))
        )
    else:
        for one, said in decided:
            click.echo("\n".join(_page(one, said)))
    sys.exit(1 if any(one.alert is None for one in found) else 0)


def decision_item(said: Classification | Dropped) -> dict[str, Any]:
    """What the plan says of an alert, for programs."""
    if isinstance(said, Dropped):
        return {"dropped": {"reason": said.reason.value, "by": said.by, "why": said.why}}
    return {
        "rule": said.rule,
        "class": said.class_,
        "subtype": said.subtype,
        "tier": said.tier.value,
        "impact": said.impact,
        "importance": said.importance,
        "outage": said.outage,
        "rto_seconds": said.rto // SECOND,
        "service": said.service,
        "environment": said.environment,
        "location": said.location,
        "vendor": said.vendor,
        "incident_key": said.key_text,
        "reasons": list(said.reasons),
        "plan": said.plan,
    }


def _page(one: Traced, said: Classification | Dropped | None) -> Iterator[str]:
    from tocsin.adapt.steps import alert_item, step_lines

    yield click.style(one_line(one.place), bold=True)
    yield from (f"  {line}" for step in step_lines(one) for line in lines(step))
    if one.alert is None:
        yield f"  rejected: {one_line(one.error, 500)}"
        return
    item = alert_item(one.alert)
    labels = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in item["labels"].items())
    times = [f"{word} {item[name]}" for word, name in (("since", "starts_at"), ("until", "ends_at")) if item[name]]
    yield f"  alert: {' '.join([item['status'], *times])}, {one_line(labels, 500)}"
    known_by = ", ".join(one.alert.identity)
    yield f"  the same alert: what has {f'the identity {one_line(known_by)}' if known_by else 'the same labels'}"
    if isinstance(said, Dropped):
        yield f"  dropped by {said.reason.value} {one_line(said.by)}: {one_line(said.why)}"
    elif said is not None:
        rule = one_line(said.rule) or "none"
        yield f"  rule {rule}: {said.class_}, {said.tier.value}, RTO {format_duration(said.rto)}"
        yield f"  incident: {one_line(said.key_text)}"
        yield from (f"    {one_line(reason)}" for reason in said.reasons)
