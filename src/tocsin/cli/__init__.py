"""The command line. Each command is thin, in a file of its own: it reads its flags and hands over.

Exit codes: 0 done, 1 it failed, 2 wrong usage, 78 the rule files or the settings are not sound.
"""

from __future__ import annotations

import click

from tocsin import __version__
from tocsin.cli.check import check
from tocsin.cli.explain import explain
from tocsin.cli.schema import schema
from tocsin.cli.serve import demo, serve
from tocsin.cli.test import test
from tocsin.client.acting import verbs
from tocsin.client.channels import channels
from tocsin.client.commands import deliveries, incidents
from tocsin.client.letters import drop, retry
from tocsin.client.record import export, verify
from tocsin.client.rejected import rejected
from tocsin.client.rules import rules


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="tocsin %(version)s")
def main() -> None:
    """Tocsin turns monitoring alerts into accountable recovery: an emergency plan that runs."""


@main.command()
def version() -> None:
    """Print the version."""
    click.echo(f"tocsin {__version__}")


main.add_command(serve)
main.add_command(demo)
main.add_command(check)
main.add_command(test)
main.add_command(explain)
main.add_command(schema)
for verb in verbs():
    incidents.add_command(verb)
incidents.add_command(verify)
incidents.add_command(export)
main.add_command(incidents)
deliveries.add_command(retry)
deliveries.add_command(drop)
main.add_command(deliveries)
main.add_command(channels)
main.add_command(rejected)
main.add_command(rules)
