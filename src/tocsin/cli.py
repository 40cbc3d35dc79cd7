"""The command line. Each command is thin: it reads its flags and hands over.

Exit codes: 0 done, 1 it failed, 2 wrong usage, 78 the rule files or the settings are not sound.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from tocsin import __version__
from tocsin._core.errors import ConfigurationError, PlanError, StoreMismatch, TocsinError
from tocsin._core.problems import Problem
from tocsin.client.commands import deliveries, incidents

UNSOUND = 78
"""The exit code for rule files or settings that are not sound (EX_CONFIG)."""

SHIPPED = Path(__file__).parent / "rules"
BESIDE = Path(__file__).parents[2] / "rules"


def shipped_rules() -> Path:
    """The rule files that come with Tocsin: inside the wheel, or beside a checkout's ``src``."""
    return SHIPPED if SHIPPED.is_dir() else BESIDE


class Address(click.ParamType[tuple[str, int]]):
    """``HOST:PORT``, an IPv6 host in brackets; answers a host without them and a port."""

    name = "HOST:PORT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        """Read it, or say what is wrong."""
        if isinstance(value, tuple):
            return value
        host, colon, port = str(value).rpartition(":")
        bare = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
        if (
            not colon
            or not (port.isascii() and port.isdecimal())
            or int(port) > 65535
            or (":" in host and bare == host)
        ):
            self.fail(f"{value!r} is no HOST:PORT, as in 127.0.0.1:9095 or [::1]:9095", param, ctx)
        return bare, int(port)


ADDRESS = Address()
RULES = click.option(
    "--rules",
    type=click.Path(path_type=Path),
    default=None,
    envvar="TOCSIN_RULES",
    metavar="DIR",
    help="The directory of rule files (default: the shipped ones).",
)
LISTEN = click.option(
    "--listen",
    type=ADDRESS,
    default="127.0.0.1:9095",
    envvar="TOCSIN_LISTEN",
    show_default=True,
    help="Where to listen; port 0 takes a free one.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="tocsin %(version)s")
def main() -> None:
    """Tocsin turns monitoring alerts into accountable recovery: an emergency plan that runs."""


@main.command()
@RULES
@click.option(
    "--redis", default="", envvar="TOCSIN_REDIS", metavar="URL", help="The store: redis://, rediss://, unix://."
)
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    default=None,
    envvar="TOCSIN_DATA_DIR",
    help="Where the private store keeps its data, without --redis (default: below the user's state directory).",
)
@LISTEN
@click.option("--external-url", default="", envvar="TOCSIN_EXTERNAL_URL", help="Where people reach Tocsin, for links.")
@click.option("--insecure", is_flag=True, envvar="TOCSIN_INSECURE", help="Listen beyond loopback without any token.")
@click.option(
    "--namespace", default="tocsin", envvar="TOCSIN_NAMESPACE", show_default=True, help="Keys' prefix in the store."
)
@click.option(
    "--shards",
    type=click.IntRange(1, 64),
    default=1,
    envvar="TOCSIN_SHARDS",
    show_default=True,
    help="Parts of the store; fixed at its first use.",
)
@click.option(
    "--fsync",
    type=click.Choice(["everysec", "always"]),
    default="everysec",
    envvar="TOCSIN_FSYNC",
    show_default=True,
    help="When the private store syncs to disk.",
)
@click.option(
    "--log-format",
    type=click.Choice(["auto", "text", "json"]),
    default="auto",
    envvar="TOCSIN_LOG_FORMAT",
    show_default=True,
    help="auto: text on a terminal, else JSON.",
)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    envvar="TOCSIN_LOG_LEVEL",
    show_default=True,
    help="The least level that is logged.",
)
def serve(rules: Path | None, listen: tuple[str, int], log_format: str, log_level: str, **flags: Any) -> None:
    """Take alerts in, and tell the groups."""
    from tocsin import app
    from tocsin.plan import Current, load

    if flags["redis"] and flags["data_dir"]:
        raise click.UsageError("--redis and --data-dir exclude each other: a store of yours, or a private one")
    start_logging(log_format, log_level)
    variables = app.environment()
    try:
        current = Current(load(rules or shipped_rules(), environment=variables))
        flags["data_dir"] = flags["data_dir"] or app.default_data_dir(variables)
        settings = app.Settings(host=listen[0], port=listen[1], plain="NO_COLOR" in variables, **flags)
        app.run(settings, current, variables=variables, console=sys.stdout)
    except TocsinError as error:
        stop(error)


@main.command()
@LISTEN
def demo(listen: tuple[str, int]) -> None:
    """Play a short story on the shipped rules, and show what each group is told."""
    from tocsin.demo import play

    try:
        play(listen, shipped_rules())
    except TocsinError as error:
        stop(error)


@main.command()
@RULES
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
@click.option("--deny-warnings", is_flag=True, help="Count warnings as errors.")
def check(rules: Path | None, as_json: bool, deny_warnings: bool) -> None:
    """Say whether the rule files are sound, and what is wrong with them, all at once."""
    from tocsin import app
    from tocsin import plan as plans

    directory = rules or shipped_rules()
    problems, plan = plans.check(directory, app.environment())
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


@main.command()
def version() -> None:
    """Print the version."""
    click.echo(f"tocsin {__version__}")


main.add_command(incidents)
main.add_command(deliveries)


def verdict(problems: Sequence[Problem], *, is_sound: bool) -> str:
    """One line on what was found."""
    warnings = sum(problem.warning for problem in problems)
    counts = [(len(problems) - warnings, "error"), (warnings, "warning")]
    found = ", ".join(f"{count} {word}{'s' if count > 1 else ''}" for count, word in counts if count)
    return f"{'sound' if is_sound else 'not sound'}{': ' + found if found else ''}"


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


def start_logging(log_format: str, level: str) -> None:
    """Log to standard error."""
    from tocsin.telemetry.logs import configure

    is_text = log_format == "text" or (log_format == "auto" and sys.stderr.isatty())
    configure(sys.stderr, "text" if is_text else "json", getattr(logging, level.upper()))


def stop(error: TocsinError) -> NoReturn:
    """End the command with an error, in plain words."""
    if isinstance(error, PlanError):
        click.echo(str(error), err=True)
        click.echo(f"the rule files are {verdict(error.problems, is_sound=False)}", err=True)
    else:
        click.echo(f"tocsin: {error}", err=True)
    sys.exit(UNSOUND if isinstance(error, PlanError | ConfigurationError | StoreMismatch) else 1)
