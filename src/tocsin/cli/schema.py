"""``tocsin schema``: what editors need to know of rule files."""

from __future__ import annotations

import json

import click


@click.command()
def schema() -> None:
    """Print the JSON Schema of a rule file, with which an editor completes and checks it."""
    from tocsin._plan.json_schema import rule_file_schema

    click.echo(json.dumps(rule_file_schema(), ensure_ascii=False, indent=2))
