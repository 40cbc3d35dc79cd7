"""``tocsin rejected``: payloads that a source could not read, looked at and taken in again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import click

from tocsin._core.clean import escaped_json, lines, one_line
from tocsin._core.errors import TocsinError
from tocsin.client.commands import asks_service, fetched, lists, print_json, print_lines, show_list
from tocsin.client.http import Client, segment
from tocsin.client.show import moment, section, table, word

_PATH = "/api/v1/rejected"
_SHOWN = 40
"""Lines of a payload that are shown to people."""


@click.group()
def rejected() -> None:
    """Look at payloads that could not be read, and take them in once the mapping is mended."""


@rejected.command("list")
@click.option("--source", help="Only this source.")
@lists
@asks_service
def list_rejected(*, client: Client, as_json: bool, **given: Any) -> None:
    """List the payloads that are kept, the newest first."""
    show_list(fetched(client, _PATH, given), rejected_table, as_json=as_json, nothing="no rejected payloads")


@rejected.command("show")
@click.argument("payload")
@click.option("--content", is_flag=True, help="Print what was posted and nothing else, for `tocsin explain --source`.")
@asks_service
def show_rejected(*, client: Client, as_json: bool, payload: str, content: bool) -> None:
    """Show one payload, and what was wrong with it."""
    answer = client.get(f"{_PATH}/{segment(payload.strip().lower())}")
    if as_json:
        print_json(answer)
    elif content:
        click.echo(escaped_json(str(answer.get("content", ""))))
    else:
        print_lines(rejected_page(answer))


@rejected.command("replay")
@click.argument("payload", nargs=-1)
@click.option("--source", help="All payloads of this source, the oldest first.")
@asks_service
def replay_rejected(*, client: Client, as_json: bool, payload: tuple[str, ...], source: str | None) -> None:
    """Read payloads by the present plan and take their alerts in; what was read is kept no longer."""
    if bool(payload) == bool(source):
        raise click.UsageError("name the payloads, or a --source to replay all of its payloads")
    names = list(payload) or _all_of(client, source or "")
    if not names:
        click.echo("no rejected payloads", err=True)
    failed = 0
    for name in (name.strip().lower() for name in names):
        try:
            receipt = client.post(f"{_PATH}/{segment(name)}/replay")
        except TocsinError as error:
            failed += 1
            click.echo(f"{one_line(name)}: {error}", err=True)
            continue
        print_json(receipt) if as_json else click.echo(f"{one_line(name)}: {_receipt(receipt)}")
    if failed:
        raise click.ClickException(f"{failed} of {len(names)} could not be taken in")


def rejected_table(payloads: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """One line for each payload."""
    rows = [
        (
            word(item.get("id")),
            word(item.get("source")),
            moment(item.get("at")),
            _size(item),
            word(next(iter(item.get("errors") or ()), "")),
        )
        for item in payloads
    ]
    return table(("PAYLOAD", "SOURCE", "RECEIVED", "BYTES", "WHAT IS WRONG"), rows)


def rejected_page(payload: Mapping[str, Any]) -> Iterator[str]:
    """One payload: where from and when, what was wrong, and what was posted."""
    yield click.style(word(payload.get("id")), bold=True)
    yield ""
    for name, value in (
        ("source", word(payload.get("source"))),
        ("received", moment(payload.get("at"))),
        ("bytes", _size(payload)),
    ):
        yield f"  {name:<12} {value}"
    errors = [word(error, 500) for error in payload.get("errors") or ()]
    more = int(payload.get("errors_total") or 0) - len(errors)
    yield from section("What is wrong", [*errors, *([f"and {more} more"] if more > 0 else ())])
    posted = lines(str(payload.get("content") or ""))
    shown = [word(line, 500) if len(line) > 500 else line for line in posted[:_SHOWN]]
    yield from section("What was posted", [*shown, *(["…"] if len(posted) > _SHOWN else ())])
    yield ""
    if payload.get("cut"):
        yield "Only its beginning is kept, so it cannot be replayed; let it be posted again."
    else:
        yield f"Once the mapping is mended: tocsin rejected replay {word(payload.get('id'))}"


def _all_of(client: Client, source: str) -> list[str]:
    pages = client.pages(_PATH, {"source": source, "limit": "500"})
    found = [str(item.get("id")) for page in pages for item in page.get("items", ()) if not item.get("cut")]
    return found[::-1]


def _size(payload: Mapping[str, Any]) -> str:
    return word(payload.get("size")) + (" (cut)" if payload.get("cut") else "")


def _receipt(receipt: Mapping[str, Any]) -> str:
    counts = [(name, receipt.get(name)) for name in ("new", "repeated", "resolved", "dropped")]
    return ", ".join(f"{word(count)} {name}" for name, count in counts if count) or "nothing in it was news"
