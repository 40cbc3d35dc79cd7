"""``tocsin deliveries retry`` and ``drop``: dead letters by their ids, of a channel, or all.

Letters that are named are worked on one by one: what refuses one does not keep the others from it, and the exit code is
then 1. All of a channel go in batches, until the service says that there are no more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from tocsin._core.clean import one_line
from tocsin._core.errors import NotFound, TocsinError
from tocsin.client.commands import asks_service, print_json
from tocsin.client.http import Client, Refused, problem_text, segment
from tocsin.client.show import word

_PATH = "/api/v1/deliveries"
_FLAGS = {"by": "--as", "channel": "--channel", "reason": "--reason"}

Given = Mapping[str, Any]


def _means(command: Callable[..., None]) -> Callable[..., None]:
    """The letters that are meant: their ids, ``--channel`` or ``--all``."""
    command = click.option("--all", "everything", is_flag=True, help="All dead letters.")(command)
    command = click.option("--channel", help="All dead letters of this channel.")(command)
    return click.argument("delivery", nargs=-1)(command)


@click.command("retry")
@_means
@asks_service
def retry(*, client: Client, as_json: bool, **meant: Any) -> None:
    """Send dead deliveries again."""
    _work(client, "retry", meant, {}, as_json=as_json)


@click.command("drop")
@_means
@click.option("--reason", required=True, help="Why; kept with the letter and in its incident's timeline.")
@click.option(
    "--as", "by", envvar="TOCSIN_AS", metavar="PERSON", help="Who you are, where no token says it; or TOCSIN_AS."
)
@asks_service
def drop(*, client: Client, as_json: bool, reason: str, by: str | None, **meant: Any) -> None:
    """Give up dead deliveries for good."""
    body = {"reason": reason, **({"by": by} if by else {})}
    _work(client, "drop", meant, body, as_json=as_json)


def _work(client: Client, verb: str, meant: Given, body: Given, *, as_json: bool) -> None:
    if sum(bool(meant[name]) for name in ("delivery", "channel", "everything")) != 1:
        raise click.UsageError("name the deliveries, or a --channel, or say --all")
    if meant["delivery"]:
        _each(client, verb, meant["delivery"], body, as_json=as_json)
    else:
        which = {"channel": meant["channel"]} if meant["channel"] else {"all": True}
        _all(client, verb, {**body, **which}, as_json=as_json)


def _each(client: Client, verb: str, names: tuple[str, ...], body: Given, *, as_json: bool) -> None:
    refused = 0
    for name in dict.fromkeys(name.strip().lower() for name in names):
        try:
            answer = client.post(f"{_PATH}/{segment(name)}/{verb}", body)
        except (Refused, NotFound) as error:
            if len(names) == 1:
                raise TocsinError(_why(error)) from None
            click.echo(f"{one_line(name)}: {_why(error)}", err=True)
            refused += 1
            continue
        if as_json:
            print_json(answer)
        else:
            click.echo(f"{one_line(name)}: {'dropped' if answer.get('dropped') else word(answer.get('state'))}")
    if refused:
        raise click.ClickException(f"{refused} of {len(names)} refused")


def _all(client: Client, verb: str, body: Given, *, as_json: bool) -> None:
    """Batch after batch. What was done before one fails stays done, and is said."""
    done, cursor = 0, ""
    name = "retried" if verb == "retry" else "dropped"
    try:
        while True:
            answer = client.post(f"{_PATH}/{verb}", {**body, **({"cursor": cursor} if cursor else {})})
            done += int(answer.get(name) or 0)
            following = str(answer.get("next") or "")
            if not following or following == cursor:
                break
            cursor = following
    except TocsinError as error:
        raise TocsinError(_why(error) + (f"\n  {done} were {name} before" if done else "")) from None
    if as_json:
        print_json({name: done})
    elif done:
        click.echo(f"{done} {'taken up again' if verb == 'retry' else 'dropped'}")
    else:
        click.echo("no dead letters", err=True)


def _why(error: TocsinError) -> str:
    return (problem_text(error.problem, _FLAGS) if isinstance(error, Refused) else "") or str(error)
