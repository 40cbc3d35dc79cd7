"""What an act has made of an incident → one line; and what follows a declaration. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import click

from tocsin.client.show import left_of_rto, missing, moment, span, state_of, word

Item = Mapping[str, Any]


def acted(body: Item, incident: Item) -> str:
    """What was sent, and the incident that was answered: its id, how it is now, and what the act was about."""
    action = word(body.get("action"))
    about = _changed(body, incident) if action == "change" else _ABOUT.get(action, _nothing)(incident)
    said = [state_of(incident), about]
    return f"{word(incident.get('id'))}: {', '.join(text for text in said if text)}"


def next_steps(incident: Item) -> Iterator[str]:
    """Of an incident that was declared: what it is, who is told when, and what to do next."""
    name, decision = word(incident.get("id")), incident.get("decision") or {}
    yield f"{name}: declared, {_tier(incident)}"
    groups, wait = word(decision.get("groups")), decision.get("wait_seconds") or 0
    if groups:
        yield f"  told {f'in {span(wait)}' if wait else 'at once'} to: {groups}"
    yield f"  take it up:    tocsin incidents acknowledge {name} --group GROUP"
    yield f"  look at it:    tocsin incidents show {name}"


def _acknowledged(incident: Item) -> str:
    return f"acknowledged by {word(incident.get('acknowledged_by')) or 'nobody of the lead group or command yet'}"


def _tier(incident: Item) -> str:
    deadline = (incident.get("rto") or {}).get("deadline")
    left = left_of_rto(incident)
    return f"{word(incident.get('tier'))}, RTO by {moment(deadline)}{f', {left}' if left else ''}"


def _assigned(incident: Item) -> str:
    return f"in charge: {word(incident.get('assigned_to')) or 'nobody'}"


def _updated(incident: Item) -> str:
    return f"next update due {moment(incident['next_update_due'])}" if incident.get("next_update_due") else ""


def _snoozed(incident: Item) -> str:
    return f"no reminders until {moment(incident.get('snoozed_until'))}; the RTO goes on"


def _reclassified(incident: Item) -> str:
    also, kind = word(incident.get("secondary_classes")), word(incident.get("subtype"))
    return f"{word(incident.get('class'))}{f' ({kind})' if kind else ''}{f', also {also}' if also else ''}"


def _nothing(_: Item) -> str:
    return ""


def _changed(body: Item, incident: Item) -> str:
    """The change that was meant, else the newest, and what it lacks and must have."""
    changes = {change.get("number"): change for change in incident.get("changes") or ()}
    number = body.get("number", max(changes, default=None))
    change = changes.get(number, {})
    if change.get("missing"):
        return click.style(f"change {word(number)} WITHOUT {missing(change)}", fg="red", bold=True)
    return f"change {word(number)}"


def _restored(incident: Item) -> str:
    return f"as of {moment(incident.get('restored_at'))}"


def _merged(incident: Item) -> str:
    return f"into {word(incident.get('merged_into'))}"


def _vendor(incident: Item) -> str:
    terms = incident.get("vendor_terms") or {}
    return f"{word(terms.get('vendor'))} has it: {word(terms.get('acknowledged_by'))}{_eta(incident)}"


def _eta(incident: Item) -> str:
    eta = incident.get("eta") or {}
    return f", ETA {moment(eta['at'])}{', later than the RTO' if eta.get('late') else ''}" if eta.get("at") else ""


_ABOUT: Mapping[str, Callable[[Item], str]] = {
    "acknowledge": _acknowledged,
    "assign": _assigned,
    "update": _updated,
    "snooze": _snoozed,
    "raise": _tier,
    "lower": _tier,
    "reclassify": _reclassified,
    "add_service": lambda incident: f"services {word(incident.get('services'))}",
    "restore": _restored,
    "merge": _merged,
    "vendor_acknowledge": _vendor,
}
