"""What the API answers → what a person reads in a terminal at three in the morning.

Pure: JSON in, lines out. Everything printed is cleaned first; only the parts of ours are styled, and click takes the
styles off again where the output is no terminal. Times are UTC, as everywhere outside notices.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

import click

from tocsin._core.clean import ELLIPSIS, one_line
from tocsin._core.times import SECOND, parse_time

TIER_STYLE = {"high": "red", "medium": "yellow", "low": "cyan"}
_STATE_STYLE = {"dead": "red", "waiting": "yellow", "accepted": "green"}
_WIDEST = 60
"""Columns that a cell takes at most."""


def delivery_table(deliveries: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """One line for each delivery."""
    rows = [
        (
            word(item.get("state")),
            word(item.get("event")),
            _groups(item),
            word(item.get("channel")),
            str(len(item.get("attempts") or ())),
            moment(item.get("due")) if item.get("state") == "waiting" else "-",
            word(item.get("id")),
            _last_error(item),
        )
        for item in deliveries
    ]
    header = ("STATE", "EVENT", "GROUP", "CHANNEL", "TRIES", "NEXT TRY", "DELIVERY", "LAST ERROR")
    return table(header, rows, style=(0, _STATE_STYLE))


def delivery_page(delivery: Mapping[str, Any]) -> Iterator[str]:
    """One delivery with all its tries."""
    state = word(delivery.get("state"))
    yield click.style(state, fg=_STATE_STYLE.get(state), bold=True) + f"  {word(delivery.get('id'))}"
    yield ""
    told = {**delivery, "group": _groups(delivery)}
    for name in ("incident", "notice", "event", "group", "channel"):
        if told.get(name):
            yield f"  {name:<12} {word(told[name])}"
    if state == "waiting" and delivery.get("due"):
        yield f"  {'next try':<12} {moment(delivery['due'])}"
    attempts = [
        f"{moment(attempt.get('at'))}  {word(attempt.get('result')):<9} {word(attempt.get('error'), 300)}".rstrip()
        for attempt in delivery.get("attempts") or ()
    ]
    yield from section("Tries", attempts or ["none yet"])
    if dropped := delivery.get("dropped"):
        by, when = word(dropped.get("by")), moment(dropped.get("at"))
        yield from section("Dropped", [f"{when}  by {by}: {word(dropped.get('reason'), 300)}"])
    if state == "dead":
        name = word(delivery.get("id"))
        yield ""
        yield f"Send it again with: tocsin deliveries retry {name}"
        yield f"Give it up with:    tocsin deliveries drop {name} --reason WHY --as PERSON"


def _groups(delivery: Mapping[str, Any]) -> str:
    """The group that a delivery is for, or all that share its channel; a vendor by its name."""
    if delivery.get("vendor"):
        return f"{word(delivery.get('group'))} {word(delivery.get('vendor'))}"
    return word(delivery.get("groups") or delivery.get("group"))


def rto_left(incident: Mapping[str, Any]) -> str:
    """What is left of the recovery time by the service's own clock; it stands still while nothing fires."""
    rto = incident.get("rto") or {}
    target, used = rto.get("target_seconds"), rto.get("consumed_ratio")
    if not isinstance(target, int | float) or not isinstance(used, int | float):
        return "-"
    if incident.get("state") in ("restored", "closed"):
        return "-"
    left = target * (1 - used)
    return span(left) if left >= 0 else f"{span(-left)} over"


def left_of_rto(incident: Mapping[str, Any]) -> str:
    """The same in a sentence: ``1h57m left``, ``1h over``; ``""`` where nothing is left to wait for."""
    left = rto_left(incident)
    return "" if left == "-" else left if left.endswith("over") else f"{left} left"


def until(time: Any, now: str) -> str:
    """How long it is until a time, or since: ``12m``, ``5m over``. The time itself where one of the two is unknown."""
    try:
        left = (parse_time(str(time)) - parse_time(now)) / SECOND
    except ValueError:
        return moment(time)
    return span(left) if left >= 0 else f"{span(-left)} over"


def missing(change: Mapping[str, Any]) -> str:
    """What a change must have and has not: a red flag."""
    return word([str(name).replace("_", " ") for name in change.get("missing") or ()]).upper()


def moment(time: Any) -> str:
    """An RFC 3339 time to the second: ``2026-12-05 01:00:00Z``."""
    text = word(time) or "-"
    day, found, rest = text.partition("T")
    return f"{day} {rest.rstrip('Z').partition('.')[0]}Z" if found and text.endswith("Z") else text


def word(value: Any, limit: int = 200) -> str:
    """Any value of the API on one line; lists joined by commas, a title in one of its languages."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return one_line(", ".join(word(item) for item in value), limit)
    if isinstance(value, Mapping):
        return one_line(str(value.get("en") or value.get("zh") or dict(value)), limit)
    return one_line(str(value), limit)


def section(title: str, lines: Iterable[str]) -> Iterator[str]:
    """Lines below a title, if there are any."""
    lines = list(lines)
    if lines:
        yield ""
        yield click.style(title, bold=True)
        yield from (f"  {line}" for line in lines)


def table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, style: tuple[int, Mapping[str, str]] = (0, {})
) -> Iterator[str]:
    """Columns as wide as needed; the last one is free. One column is coloured by its word."""
    cut = [[one_line(cell, _WIDEST) for cell in row[:-1]] + [row[-1]] for row in rows]
    widths = [max(columns_of(cell) for cell in column) for column in zip(header, *cut, strict=True)][:-1]
    at, colours = style
    yield click.style("  ".join([*map(padded, header[:-1], widths), header[-1]]), bold=True)
    for row in cut:
        cells = [padded(cell, width) for cell, width in zip(row[:-1], widths, strict=True)]
        cells[at] = click.style(cells[at], fg=colours.get(row[at]))
        yield "  ".join([*cells, row[-1]]).rstrip()


def columns_of(text: str) -> int:
    """The columns that a text takes in a terminal: a Chinese character takes two."""
    return len(text) if text.isascii() else sum(_columns(char) for char in text)


def padded(text: str, width: int) -> str:
    """The text, filled with blanks up to so many columns."""
    return text + " " * (width - columns_of(text))


def fitted(text: str, width: int) -> str:
    """The text, cut with an ellipsis where it takes more columns."""
    if columns_of(text) <= width:
        return text
    taken = list(accumulate(_columns(char) for char in text))
    return text[: sum(each < width for each in taken)].rstrip() + ELLIPSIS


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def state_of(incident: Mapping[str, Any]) -> str:
    """The state, with the signals beside it, or how it ended."""
    state, signals = word(incident.get("state")), word(incident.get("signals"))
    if state == "closed":
        outcome = word(incident.get("outcome"))
        return f"closed ({outcome})" if outcome else "closed"
    if (incident.get("alerts") or {}).get("total") == 0:
        signals = ""  # declared, and without alerts that could be quiet
    insisted = "still broken" if incident.get("still_broken") and signals == "cleared" else ""
    return ", ".join(text for text in (state, signals, insisted) if text)


def _last_error(delivery: Mapping[str, Any]) -> str:
    attempts = delivery.get("attempts") or ()
    return word(attempts[-1].get("error")) if attempts else ""


def span(seconds: float) -> str:
    """A span of time for people, to its two largest units: ``1h57m``; short ones to the second."""
    if seconds < 60:
        return f"{int(seconds)}s" if seconds >= 1 else "under 1s"
    minutes = int(seconds) // 60
    days, hours, minutes = minutes // 1440, minutes % 1440 // 60, minutes % 60
    shown = [f"{count}{unit}" for count, unit in ((days, "d"), (hours, "h"), (minutes, "m")) if count]
    return "".join(shown[:2])
