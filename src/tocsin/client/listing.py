"""``tocsin incidents list``: what is going on, as a table for the terminal that there is. Pure.

In a pipe everything is on one line; so it is in a wide terminal, with the title as far as it fits. In a narrow one the
title has a line of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import click

from tocsin.client.show import (
    TIER_STYLE,
    columns_of,
    fitted,
    moment,
    padded,
    rto_left,
    state_of,
    table,
    until,
    word,
)

_NARROW = 24
"""Characters of a cell that others must stand beside."""

WIDE = 110
"""Columns of a terminal from which on an incident is one line."""

_HEADER = ("INCIDENT", "TIER", "STATE", "RTO LEFT", "UPDATE IN", "WHO")
_TIER, _LEFT, _UPDATE, _WHO = 1, 3, 4, 5

Item = Mapping[str, Any]


def incident_table(incidents: Iterable[Item], *, now: str, width: int | None) -> Iterator[str]:
    """The incidents in a terminal of so many columns; in a pipe there is no ``width``."""
    if width is None:
        header = (*_HEADER, "STARTED", "ENVIRONMENT", "SERVICES", "TITLE")
        rows = [
            (
                *_cells(item, now),
                moment(item.get("started_at")),
                word(item.get("environment"), _NARROW) or "-",
                word(item.get("services"), _NARROW) or "-",
                _title(item),
            )
            for item in incidents
        ]
        return table(header, rows, style=(_TIER, TIER_STYLE))
    return _on_terminal(list(incidents), now, width)


def _on_terminal(incidents: list[Item], now: str, width: int) -> Iterator[str]:
    rows = [_cells(item, now) for item in incidents]
    widths = [max(columns_of(cell) for cell in column) for column in zip(_HEADER, *rows, strict=True)]
    is_wide = width >= WIDE
    header = "  ".join(map(padded, _HEADER, widths))
    yield click.style(fitted(f"{header}  TITLE" if is_wide else header.rstrip(), width), bold=True)
    used = sum(widths) + 2 * len(widths)
    for item, row in zip(incidents, rows, strict=True):
        line = "  ".join(_painted(at, cell, size) for at, (cell, size) in enumerate(zip(row, widths, strict=True)))
        about = f"{_title(item)} ({_where(item)})" if _where(item) else _title(item)
        if is_wide:
            yield f"{line}  {fitted(about, width - used)}".rstrip()
        else:
            yield line.rstrip()
            yield "  " + fitted(about, width - 2)


def _cells(item: Item, now: str) -> tuple[str, ...]:
    return (
        word(item.get("id")),
        word(item.get("tier")),
        state_of(item),
        rto_left(item),
        _update(item, now),
        word(item.get("assigned_to") or item.get("acknowledged_by"), _NARROW) or "-",
    )


def _update(item: Item, now: str) -> str:
    due = item.get("next_update_due")
    if not due or item.get("state") in ("restored", "closed"):
        return "-"
    return until(due, now)


def _painted(at: int, cell: str, size: int) -> str:
    """The cell, coloured where somebody should look: by its tier, and what is over or has nobody."""
    text = padded(cell, size)
    if at == _TIER:
        return click.style(text, fg=TIER_STYLE.get(cell))
    if at in (_LEFT, _UPDATE) and cell.endswith("over"):
        return click.style(text, fg="red", bold=True)
    return text


def _title(item: Item) -> str:
    return ("[DRILL] " if item.get("drill") else "") + word(item.get("title"))


def _where(item: Item) -> str:
    return ", ".join(
        text for text in (word(item.get("services"), _NARROW), word(item.get("environment"), _NARROW)) if text
    )
