"""``tocsin check``: whether rule files are sound, and what is wrong with them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from tocsin._core.problems import Problem
from tocsin.cli.options import RULES, UNSOUND, shipped_rules, verdict


@click.command()
@RULES
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
@click.option("--deny-warnings", is_flag=True, help="Count warnings as errors.")
def check(rules: Path | None, as_json: bool, deny_warnings: bool) -> None:
    """Say whether the rule files are sound, and what is wrong with them, all at once."""
    from tocsin import app
    from tocsin import plan as plans
    from tocsin._core.clock import StoreClock

    directory = rules or shipped_rules()
    problems, plan = plans.check(directory, app.environment(), now=StoreClock().now())
    is_sound = plan is not None and not (deny_warnings and problems)
    if as_json:
        found = [problem_item(problem) for problem in problems]
        click.echo(json.dumps({"sound": is_sound, "plan": plan.hash if plan else None, "problems": found}, indent=2))
    else:
        for problem in problems:
            click.echo(str(problem), err=True)
        if plan:
            counts = f"{len(plan.rules)} rules, {len(plan.services)} services, {len(plan.channels)} channels"
            click.echo(f"{directory}: plan {plan.hash} ({counts})")
        click.echo(verdict(problems, is_sound=is_sound), err=not is_sound)
    sys.exit(0 if is_sound else UNSOUND)


def problem_item(problem: Problem) -> dict[str, Any]:
    """A problem for programs."""
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "path": problem.path,
        "message": problem.message,
        "warning": problem.warning,
    }
