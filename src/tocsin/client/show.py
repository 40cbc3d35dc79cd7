"""What the API answers → what a person reads in a terminal at three in the morning.

Pure: JSON in, lines out. Everything printed is cleaned first; only the parts of ours are styled, and click takes the
styles off again where the output is no terminal. Times are UTC, as everywhere outside notices.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import click

from tocsin._core.clean import one_line

_TIER_STYLE = {"high": "red", "medium": "yellow", "low": "cyan"}
_STATE_STYLE = {"dead": "red", "waiting": "yellow", "accepted": "green"}
_WIDEST, _NARROW = 60, 24
"""Characters that a column takes at most, and one that others must stand beside."""
_FACTS = (
    ("started", "started_at"), ("services", "services"), ("environment", "environment"), ("location", "location"),
    ("vendor", "vendor"), ("rule", "rule"), ("also of", "secondary_classes"), ("follows", "follows"),
    ("key", "key"),
)  # fmt: skip


def incident_table(incidents: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """One line for each incident."""
    rows = [
        (
            word(item.get("id")),
            word(item.get("tier")),
            state_of(item),
            rto_left(item),
            moment(item.get("started_at")),
            word(item.get("environment"), _NARROW) or "-",
            word(item.get("services"), _NARROW) or "-",
            ("[DRILL] " if item.get("drill") else "") + word(item.get("title")),
        )
        for item in incidents
    ]
    header = ("INCIDENT", "TIER", "STATE", "RTO LEFT", "STARTED", "ENVIRONMENT", "SERVICES", "TITLE")
    return table(header, rows, style=(1, _TIER_STYLE))


def incident_page(incident: Mapping[str, Any]) -> Iterator[str]:
    """One incident: head, facts, why, what happened, and who was told."""
    yield from _head(incident)
    yield ""
    yield from _facts(incident)
    yield from _why(incident.get("decision") or {})
    timeline = incident.get("timeline") or ()
    yield from section("Timeline", [line for entry in timeline for line in _entry(entry)])
    deliveries = incident.get("deliveries") or ()
    yield from section("Deliveries", delivery_table(deliveries) if deliveries else ())


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
    if state == "dead":
        yield ""
        yield f"Send it again with: tocsin deliveries retry {word(delivery.get('id'))}"


def _groups(delivery: Mapping[str, Any]) -> str:
    """The group that a delivery is for, or all that share its channel."""
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


def _head(incident: Mapping[str, Any]) -> Iterator[str]:
    tier = word(incident.get("tier"))
    mark = click.style(f"[{tier.upper()}]", fg=_TIER_STYLE.get(tier), bold=True)
    drill = "[DRILL]" if incident.get("drill") else ""
    yield f"{drill}{mark} {click.style(word(incident.get('title')), bold=True)} ({word(incident.get('class'))})"
    rto = incident.get("rto") or {}
    used = rto.get("consumed_ratio")
    shown = [f"{word(incident.get('id'))} v{word(incident.get('revision'))}", state_of(incident)]
    if rto.get("deadline"):
        left = left_of_rto(incident)
        share = f", {used:.0%} used" if isinstance(used, int | float) else ""
        shown.append(f"RTO by {moment(rto['deadline'])}{f', {left}' if left else ''}{share}")
    yield " | ".join(shown)


def _facts(incident: Mapping[str, Any]) -> Iterator[str]:
    alerts = incident.get("alerts") or {}
    facts = [(label, word(incident.get(name))) for label, name in _FACTS]
    facts[0] = ("started", moment(incident.get("started_at")))
    facts.insert(1, ("alerts", f"{word(alerts.get('firing'))} firing of {word(alerts.get('total'))}"))
    acknowledged = word(incident.get("acknowledged_by")) or "by nobody yet"
    facts.insert(2, ("acknowledged", acknowledged))
    return (f"  {label:<14} {text}" for label, text in facts if text)


def _why(decision: Mapping[str, Any]) -> Iterator[str]:
    reasons = [f"- {word(reason, 300)}" for reason in decision.get("reasons") or ()]
    inputs = [f"{name} {word(decision[name])}" for name in ("impact", "importance", "plan") if decision.get(name)]
    if inputs:
        reasons.append(f"({', '.join(inputs)})")
    yield from section("Why", reasons)
    yield from section("Rules tried", _tried(decision))


def _tried(decision: Mapping[str, Any]) -> Iterator[str]:
    tried = decision.get("tried") or ()
    width = max((len(word(each.get("rule"))) for each in tried), default=0)
    for each in tried:
        name = f"{word(each.get('rule')):<{width}}"
        if each.get("matched"):
            yield f"+ {name}  {word(each.get('note'))}  {word(each.get('place'))}".rstrip()
        else:
            yield f"- {name}  {word(each.get('failed'), 200)}, but it was {word(each.get('saw'), 80) or 'empty'}"
    if decision.get("tried_left_out"):
        yield f"({decision['tried_left_out']} more did not match)"


def _entry(entry: Mapping[str, Any]) -> Iterator[str]:
    """One entry: when, what, by whom; below it what it changed, and what else is known."""
    unproved = (
        f" (by {word(entry.get('via')) or 'an unknown way'}, unverified)" if entry.get("verified") is False else ""
    )
    yield f"{moment(entry.get('at'))}  {word(entry.get('action')):<15} {word(entry.get('actor'))}{unproved}".rstrip()
    before, detail = entry.get("before") or {}, entry.get("detail") or {}
    known = [
        f"{name}: {word(before.get(name)) or '-'} → {word(value)}" for name, value in (entry.get("after") or {}).items()
    ]
    known += [f"{name}: {word(value)}" for name, value in detail.items() if name != "reasons"]
    if known:  # the reasons stand above, under Why
        yield " " * 22 + word(", ".join(known), 300)


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
    widths = [max(len(cell) for cell in column) for column in zip(header, *cut, strict=True)][:-1]
    at, colours = style
    yield click.style(
        "  ".join([*(cell.ljust(width) for cell, width in zip(header, widths, strict=False)), header[-1]]), bold=True
    )
    for row in cut:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        cells[at] = click.style(cells[at], fg=colours.get(row[at]))
        yield "  ".join([*cells, row[-1]]).rstrip()


def state_of(incident: Mapping[str, Any]) -> str:
    """The state, with the signals beside it, or how it ended."""
    state, signals = word(incident.get("state")), word(incident.get("signals"))
    if state == "closed":
        outcome = word(incident.get("outcome"))
        return f"closed ({outcome})" if outcome else "closed"
    return ", ".join(text for text in (state, signals) if text)


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
