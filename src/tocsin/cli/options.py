"""What commands share: flags, exit codes, the shipped rules, and how a command ends with an error."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from tocsin._core.errors import ConfigurationError, PlanError, StoreMismatch, TocsinError
from tocsin._core.problems import Problem

UNSOUND = 78
"""The exit code for rule files or settings that are not sound (EX_CONFIG)."""

SHIPPED = Path(__file__).parents[1] / "rules"
BESIDE = Path(__file__).parents[3] / "rules"


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


def verdict(problems: Sequence[Problem], *, is_sound: bool) -> str:
    """One line on what was found."""
    warnings = sum(problem.warning for problem in problems)
    counts = [(len(problems) - warnings, "error"), (warnings, "warning")]
    found = ", ".join(f"{count} {word}{'s' if count > 1 else ''}" for count, word in counts if count)
    return f"{'sound' if is_sound else 'not sound'}{': ' + found if found else ''}"


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
