"""``tocsin channels``: the channels of a running service, and tests of them.

Channels are tested at the same time, each by itself: one that takes long holds up no other. The exit code is 1 if one
of them did not take its message.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import click

from tocsin._core.errors import TocsinError
from tocsin.client.commands import asks_service, print_json, print_lines, show_list
from tocsin.client.http import Client, segment
from tocsin.client.show import moment, table, word

_PATH = "/api/v1/channels"
_AT_ONCE = 16

_STYLE = {"ok": "green", "failed": "red", "no": "red", "yes": "green"}


@click.group()
def channels() -> None:
    """Look at channels of a running service, and test them."""


@channels.command("list")
@asks_service
def list_channels(*, client: Client, as_json: bool) -> None:
    """List channels: who has each, what it is owed, and what its tool said when it was last asked."""
    show_list(client.get(_PATH), channel_table, as_json=as_json, nothing="no channels")


@channels.command("test")
@click.argument("channel", nargs=-1)
@asks_service
def test_channels(*, client: Client, as_json: bool, channel: tuple[str, ...]) -> None:
    """Send a test message to channels, to all without a name."""
    names = tuple(dict.fromkeys(channel)) or tuple(str(item.get("name")) for item in client.get(_PATH)["items"])
    if not names:
        click.echo("no channels", err=True)
        return
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = list(pool.map(lambda name: _test(client, name), names))
    print_json({"items": answers}) if as_json else print_lines(test_table(answers))
    failed = sum(not answer["ok"] for answer in answers)
    if failed:
        raise click.ClickException(f"{failed} of {len(answers)} did not take the message")


def _test(client: Client, name: str) -> Mapping[str, Any]:
    """The answer of one; a refusal to test it is one too."""
    try:
        answer: Mapping[str, Any] = client.post(f"{_PATH}/{segment(name)}/test")
    except TocsinError as error:
        return {"channel": name, "ok": False, "error": str(error)}
    return {**answer, "ok": answer.get("ok") is True}


def test_table(answers: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """One line for each channel that was tested."""
    rows = [
        (word(answer.get("channel")), "yes" if answer["ok"] else "no", _took(answer), word(answer.get("error"), 300))
        for answer in answers
    ]
    return table(("CHANNEL", "TAKEN", "TOOK", "ERROR"), rows, style=(1, _STYLE))


def channel_table(items: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """One line for each channel."""
    rows = [
        (
            word(item.get("name")),
            word(item.get("type")),
            _users(item),
            word(item.get("waiting")),
            word(item.get("dead")),
            moment(item.get("last_success_at")),
            _check(item),
            word((item.get("check") or {}).get("error") or (item.get("failing") or {}).get("error"), 300),
        )
        for item in items
    ]
    header = ("CHANNEL", "TYPE", "FOR", "WAITING", "DEAD", "LAST TAKEN", "CHECK", "ERROR")
    return table(header, rows, style=(6, _STYLE))


def _users(item: Mapping[str, Any]) -> str:
    own = word([*(item.get("groups") or ()), *(item.get("teams") or ()), *(item.get("vendors") or ())])
    instead = word(item.get("fallback_of"))
    return ", ".join(text for text in (own, f"fallback of {instead}" if instead else "") if text) or "-"


def _check(item: Mapping[str, Any]) -> str:
    ok = (item.get("check") or {}).get("ok")
    return "-" if ok is None else "ok" if ok is True else "failed"


def _took(answer: Mapping[str, Any]) -> str:
    seconds = answer.get("seconds")
    return f"{seconds:.2f}s" if isinstance(seconds, int | float) else "-"
