"""``tocsin rules``: what a running service knows of its rules, so that rule files can be pruned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import click

from tocsin.client.commands import asks_service, print_json, print_lines
from tocsin.client.http import Client
from tocsin.client.show import moment, section, table, word

_PATH = "/api/v1/rules/coverage"


@click.group()
def rules() -> None:
    """Look at the rules of a running service."""


@rules.command()
@asks_service
def coverage(*, client: Client, as_json: bool) -> None:
    """Show which rules matched how often and when last, which never, and what no rule decided."""
    pages = list(client.pages(_PATH, {"limit": "500"}))
    whole = {**pages[0], "items": [item for page in pages for item in page.get("items", ())], "next": None}
    print_json(whole) if as_json else print_lines(coverage_page(whole))


def coverage_page(answer: Mapping[str, Any]) -> Iterator[str]:
    """The whole answer for people: rules that matched, those that never did, and those that are gone."""
    items = answer.get("items") or ()
    here = [item for item in items if item.get("in_plan")]
    matched = [item for item in here if item.get("matches")]
    never = [item for item in here if not item.get("matches")]
    gone = [item for item in items if not item.get("in_plan")]
    yield from _head(answer)
    yield from section("Matched", table(_HEADER, [_row(item) for item in matched]) if matched else ())
    yield from section(f"Never matched ({len(never)} of {len(here)})", _places(never))
    yield from section("Not in the plan any more", table(_HEADER, [_row(item) for item in gone]) if gone else ())


_HEADER = ("MATCHES", "SHARE", "LAST", "RULE", "WHERE")


def _row(item: Mapping[str, Any]) -> tuple[str, ...]:
    share = "drops" if item.get("drops") else _percent(item.get("ratio"))
    last = moment(item.get("last_matched_at"))
    return word(item.get("matches")), share, last, word(item.get("rule")), word(item.get("place")) or "-"


def _head(answer: Mapping[str, Any]) -> Iterator[str]:
    if not answer.get("since"):
        yield f"plan {word(answer.get('plan'))}: nothing was counted yet"
        return
    yield f"plan {word(answer.get('plan'))}, counted since {moment(answer['since'])}"
    share = f" ({_percent(answer['other_ratio'])})" if "other_ratio" in answer else ""
    yield (
        f"{word(answer.get('alerts'))} alerts fired anew; no rule decided {word(answer.get('other'))} of them{share}. "
        f"Beside them, {word(answer.get('dropped'))} posts were dropped by the plan."
    )


def _places(items: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    rows = [(word(item.get("rule")), word(item.get("place"))) for item in items]
    return table(("RULE", "WHERE"), rows) if rows else iter(())


def _percent(ratio: Any) -> str:
    return f"{ratio:.1%}" if isinstance(ratio, int | float) else "-"
