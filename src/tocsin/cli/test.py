"""``tocsin test``: the tests beside the rules."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin._core.clean import lines, one_line
from tocsin._core.errors import PlanError
from tocsin.cli.options import RULES, shipped_rules, stop

if TYPE_CHECKING:
    from tocsin.rehearse import Result


@click.command()
@RULES
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write JUnit XML too.")
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
def test(rules: Path | None, junit: Path | None, as_json: bool) -> None:
    """Run the tests of the rule files: exit 0 if all hold, 1 if not."""
    from tocsin import app, rehearse
    from tocsin import plan as plans
    from tocsin.classify.classifier import Classifier

    problems, plan = plans.check(rules or shipped_rules(), app.environment())
    if plan is None:
        stop(PlanError([problem for problem in problems if not problem.warning]))
    results = rehearse.rehearse(plan, Classifier(plan))
    if junit is not None:
        try:
            junit.write_bytes(rehearse.junit(results))
        except OSError as error:
            raise click.ClickException(f"{junit} cannot be written: {error.strerror}") from None
    failed = [result for result in results if not result.passed]
    if as_json:
        click.echo(json.dumps({"plan": plan.hash, "tests": [_item(result) for result in results]}, indent=2))
    else:
        for result in failed:
            click.echo("\n".join(_page(result)))
        click.echo(f"{len(results)} tests, {len(failed)} failed" if results else "the plan has no tests")
    sys.exit(1 if failed else 0)


def _item(result: Result) -> dict[str, object]:
    wrong = [{"part": each.part, "expected": each.expected, "got": each.got} for each in result.mismatches]
    told = {"name": result.name, "place": result.place, "passed": result.passed, "mismatches": wrong}
    return {**told, "error": result.error, "reasons": list(result.reasons)}


def _page(result: Result) -> Iterator[str]:
    yield click.style(f"{one_line(result.place)}: {one_line(result.name)}", fg="red")
    yield from (f"  {line}" for text in result.failure.split("\n") for line in lines(text))
