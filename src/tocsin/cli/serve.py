"""``tocsin serve`` and ``tocsin demo``: the commands that run the service."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from tocsin._core.errors import TocsinError
from tocsin.cli.options import LISTEN, RULES, shipped_rules, start_logging, stop


@click.command()
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
    "--archive-dir",
    type=click.Path(path_type=Path),
    default=None,
    envvar="TOCSIN_ARCHIVE_DIR",
    help="Where closed incidents past the retention go (default: archive/ in the private store's data directory).",
)
@click.option(
    "--drop-expired",
    is_flag=True,
    envvar="TOCSIN_DROP_EXPIRED",
    help="Drop closed incidents past the retention instead.",
)
@click.option(
    "--refuse-private-channels",
    is_flag=True,
    envvar="TOCSIN_REFUSE_PRIVATE_CHANNELS",
    help="Call no channel at a private, loopback or link-local address.",
)
@click.option(
    "--failing-tests",
    type=click.Choice(["refuse", "warn"]),
    default="refuse",
    envvar="TOCSIN_FAILING_TESTS",
    show_default=True,
    help="Whether a reload of rule files whose tests fail is refused.",
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
    from tocsin._core.clean import is_web_address
    from tocsin.plan import Current
    from tocsin.reload import FAILING, Rules, failing_tests, log_problems
    from tocsin.settings import Settings

    if flags["redis"] and flags["data_dir"]:
        raise click.UsageError("--redis and --data-dir exclude each other: a store of yours, or a private one")
    if flags["archive_dir"] and flags["drop_expired"]:
        raise click.UsageError("--archive-dir and --drop-expired exclude each other: keep what is old, or drop it")
    if (url := flags["external_url"]) and (not is_web_address(url) or set(url) & set("@?#")):
        raise click.UsageError("--external-url must be a whole address and no more, as in https://tocsin.example/path")
    start_logging(log_format, log_level)
    variables = app.environment()
    try:
        files = Rules(rules or shipped_rules(), variables)
        current = Current(files.load())
        if failing := failing_tests(current.edition):
            log_problems(logging.WARNING, FAILING, failing)  # no reason not to serve: who restarts it may be nobody
        flags["data_dir"] = flags["data_dir"] or _default_data_dir(variables)
        settings = Settings(host=listen[0], port=listen[1], plain="NO_COLOR" in variables, **flags)
        app.run(settings, current, variables=variables, console=sys.stdout, rules=files)
    except TocsinError as error:
        stop(error)


@click.command()
@LISTEN
def demo(listen: tuple[str, int]) -> None:
    """Play a short story on the shipped rules, and show what each group is told."""
    from tocsin.demo import play

    try:
        play(listen, shipped_rules())
    except TocsinError as error:
        stop(error)


def _default_data_dir(variables: Mapping[str, str]) -> Path:
    """Where the private store keeps its data unless told otherwise: below the user's state directory."""
    state = variables.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "tocsin"
