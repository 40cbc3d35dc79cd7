"""``tocsin incidents`` and ``tocsin deliveries``: click's side, mounted by ``cli``. The verbs are in ``acting``.

Exit codes: 0, 1 where the service says no or cannot be reached, 2 for a wrong use.
"""

from __future__ import annotations

import functools
import json
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import click

from tocsin._core.clean import escaped_json, one_line
from tocsin._core.errors import NotFound, TocsinError
from tocsin._core.ids import normal_incident_id
from tocsin.client.http import DEFAULT_URL, Client, segment
from tocsin.client.listing import incident_table
from tocsin.client.page import incident_page
from tocsin.client.show import delivery_page, delivery_table

_INCIDENTS = "/api/v1/incidents"
_DELIVERIES = "/api/v1/deliveries"


def asks_service(command: Callable[..., None]) -> Callable[..., None]:
    """Options ``--url``, ``--token`` and ``--json``; the command gets a ``client``. Its errors become exit code 1."""
    as_json = click.option("--json", "as_json", is_flag=True, help="Print the API's JSON.")
    return as_json(reaches_service(command))


def reaches_service(command: Callable[..., None]) -> Callable[..., None]:
    """The same without ``--json``."""

    @click.option("--url", envvar="TOCSIN_URL", default=DEFAULT_URL, show_default=True, help="Where the service is.")
    @click.option("--token", envvar="TOCSIN_TOKEN", default="", help="Who you are; rather set TOCSIN_TOKEN.")
    @functools.wraps(command)
    def asking(*, url: str, token: str, **given: Any) -> None:
        try:
            command(client=Client(url, token), **given)
        except TocsinError as error:
            raise click.ClickException(str(error)) from None

    return asking


def lists(command: Callable[..., None]) -> Callable[..., None]:
    """Options ``--limit`` and ``--all``."""
    command = click.option("--all", "everything", is_flag=True, help="All pages.")(command)
    return click.option(
        "--limit", type=click.IntRange(1, 500), default=100, show_default=True, help="How many on a page."
    )(command)


@click.group()
def incidents() -> None:
    """Look at incidents of a running service, declare them, and act upon them."""


@incidents.command("list")
@click.option("--state", help="active, open, acknowledged, contained, restored or closed.")
@click.option("--class", "class_", help="A class, as in critical_function_outage.")
@click.option("--tier", type=click.Choice(["high", "medium", "low"]), help="Only this tier.")
@click.option("--service", help="Only this service.")
@lists
@asks_service
def list_incidents(*, client: Client, as_json: bool, class_: str | None, **given: Any) -> None:
    """List incidents: those not closed first, then by tier and start."""
    page = fetched(client, _INCIDENTS, {"class": class_, **given})
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    table = functools.partial(incident_table, now=client.now, width=width)
    show_list(page, table, as_json=as_json, nothing="no incidents")


@incidents.command("show")
@click.argument("incident")
@asks_service
def show_incident(*, client: Client, as_json: bool, incident: str) -> None:
    """Show one incident: how it stands, what is on record, why, what happened, who was told."""
    answer = client.get(f"{_INCIDENTS}/{segment(normal_incident_id(incident))}")
    print_json(answer) if as_json else print_lines(incident_page(answer, now=client.now))


@click.group()
def deliveries() -> None:
    """Look at deliveries of notices; send dead ones again, or drop them."""


@deliveries.command("list")
@click.option("--state", type=click.Choice(["waiting", "accepted", "dead", "superseded"]), help="Only this state.")
@click.option("--channel", help="Only this channel.")
@click.option("--incident", help="Only those of this incident.")
@lists
@asks_service
def list_deliveries(*, client: Client, as_json: bool, incident: str | None, **given: Any) -> None:
    """List deliveries."""
    page = fetched(client, _DELIVERIES, {"incident": normal_incident_id(incident) if incident else None, **given})
    show_list(page, delivery_table, as_json=as_json, nothing="no deliveries")


@deliveries.command("show")
@click.argument("delivery")
@asks_service
def show_delivery(*, client: Client, as_json: bool, delivery: str) -> None:
    """Show one delivery with all its tries."""
    wanted = delivery.strip().lower()
    of_incident = normal_incident_id(wanted.rsplit("-", 2)[0]) if wanted.count("-") == 4 else ""
    for page in client.pages(_DELIVERIES, {"incident": of_incident, "limit": "500"}):
        for item in page.get("items", ()):
            if item.get("id") == wanted:
                print_json(item) if as_json else print_lines(delivery_page(item))
                return
    raise NotFound(f"no delivery is called {one_line(wanted)}; `tocsin deliveries list` shows those there are")


def fetched(client: Client, path: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """One page, or with ``everything`` all of them as one."""
    query = {name: str(value) for name, value in given.items() if value and name != "everything"}
    if not given["everything"]:
        page: dict[str, Any] = client.get(path, query)
        return page
    return {"items": [item for page in client.pages(path, query) for item in page.get("items", ())], "next": None}


def show_list(page: Mapping[str, Any], table: Callable[..., Iterable[str]], *, as_json: bool, nothing: str) -> None:
    """A page as JSON, or as a table with a word on what is not shown."""
    if as_json:
        print_json(page)
        return
    items = page.get("items") or ()
    if items:
        print_lines(table(items))
    else:
        click.echo(nothing, err=True)
    if page.get("next"):
        click.echo("there are more: --all shows them", err=True)


def print_lines(lines: Iterable[str]) -> None:
    """Print lines for people."""
    click.echo("\n".join(lines))


def print_json(answer: Any) -> None:
    """Print an answer for programs."""
    click.echo(escaped_json(json.dumps(answer, ensure_ascii=False, indent=2)))
