"""``tocsin incidents show``: one incident as a page: how it stands, what is known and what is not, and how it came so.

Pure: JSON in, lines out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from tocsin._core.clean import lines, one_line
from tocsin.client.show import (
    TIER_STYLE,
    delivery_table,
    left_of_rto,
    missing,
    moment,
    section,
    state_of,
    until,
    word,
)

Item = Mapping[str, Any]

UNKNOWN = "unknown (待补)"
_LABEL = 18
"""Columns of a label."""

_FACTS = (
    ("services", "services"), ("environment", "environment"), ("location", "location"), ("rule", "rule"),
    ("subtype", "subtype"), ("also of", "secondary_classes"), ("follows", "follows"), ("key", "key"),
)  # fmt: skip
_FIRST_RECORD = ("location", "affected_business", "impact_scope", "known_cause", "interim_measures")
_PROGRESS = ("goal", "progress", "risks", "next_step")
_CHANGE = ("scope", "approver", "rollback_plan", "assessed", "tested", "result")


def incident_page(incident: Item, *, now: str) -> Iterator[str]:
    """One incident: head, how it stands, what is on record, why, what happened, and who was told."""
    yield from _head(incident)
    yield ""
    yield from (f"  {line}" for line in (*_standing(incident, now), *_facts(incident)))
    yield from _on_record(incident, now)
    yield from _why(incident.get("decision") or {})
    timeline = incident.get("timeline") or ()
    yield from section("Timeline", [line for entry in timeline for line in _entry(entry)])
    yield from section("Deliveries", _deliveries(incident))


def _head(incident: Item) -> Iterator[str]:
    tier = word(incident.get("tier"))
    mark = click.style(f"[{tier.upper()}]", fg=TIER_STYLE.get(tier), bold=True)
    drill = "[DRILL]" if incident.get("drill") else ""
    yield f"{drill}{mark} {click.style(word(incident.get('title')), bold=True)} ({word(incident.get('class'))})"
    rto = incident.get("rto") or {}
    used = rto.get("consumed_ratio")
    shown = [f"{word(incident.get('id'))} v{word(incident.get('revision'))}", state_of(incident)]
    if rto.get("deadline"):
        left = left_of_rto(incident)
        if left.endswith("over"):
            left = click.style(left, fg="red", bold=True)
        share = f", {used:.0%} used" if isinstance(used, int | float) else ""
        shown.append(f"RTO by {moment(rto['deadline'])}{f', {left}' if left else ''}{share}")
    yield " | ".join(shown)
    if incident.get("merged_into"):
        yield f"merged into {word(incident['merged_into'])}: go on there"


def _standing(incident: Item, now: str) -> Iterator[str]:
    """Who has it, and what is due."""
    alerts = incident.get("alerts") or {}
    started = moment(incident.get("started_at"))
    by = word(incident.get("declared_by"))
    yield from _line("started", f"{started}, declared by {by}" if by else started)
    if alerts.get("total") or not by:
        yield from _line("alerts", f"{word(alerts.get('firing'))} firing of {word(alerts.get('total'))}")
    yield from _line("in charge", word(incident.get("assigned_to")))
    yield from _line("acknowledged", _acknowledged(incident))
    for step in ("contained", "cleared", "restored", "closed"):
        if incident.get(f"{step}_at"):
            person = word(incident.get(f"{step}_by"))
            yield from _line(
                step, f"{moment(incident[f'{step}_at'])}{f' by {person}' if person else ''}{_lost(incident, step)}"
            )
    is_over = incident.get("state") in ("restored", "closed")
    if incident.get("eta"):
        yield from _line("ETA", _eta(incident["eta"]))
    elif not is_over:
        yield from _line("ETA", UNKNOWN)
    if is_over:
        return
    for label, name in (("next update due", "next_update_due"), ("SLA limit", "sla_deadline")):
        if incident.get(name):
            yield from _line(label, _due(incident[name], now))
    if incident.get("snoozed_until") and not until(incident["snoozed_until"], now).endswith("over"):
        yield from _line("snoozed", f"no reminders until {moment(incident['snoozed_until'])}; the RTO goes on")


def _acknowledged(incident: Item) -> str:
    """Who has it for which group; of groups that do not settle it, too."""
    known = [f"{word(each.get('by'))} ({word(each.get('group'))})" for each in incident.get("acknowledgements") or ()]
    if incident.get("acknowledged_by"):
        return word(known or incident["acknowledged_by"], 300)
    return f"by nobody of the lead group or command yet; by {word(known, 300)}" if known else "by nobody yet"


def _lost(incident: Item, step: str) -> str:
    return " (signals lost from sight)" if step == "cleared" and incident.get("cleared_reason") == "not_seen" else ""


def _eta(eta: Item) -> str:
    said = f"{moment(eta.get('at'))}, by {word(eta.get('by'))} at {moment(eta.get('said_at'))}"
    return f"{said}; {_red('LATER THAN THE RTO')}" if eta.get("late") else said


def _due(time: Any, now: str) -> str:
    left = until(time, now)
    return f"{moment(time)}, {_red(left) if left.endswith('over') else f'in {left}'}"


def _facts(incident: Item) -> Iterator[str]:
    for label, name in _FACTS:
        yield from _line(label, word(incident.get(name)))


def _on_record(incident: Item, now: str) -> Iterator[str]:
    """What people, the catalogue and the alerts have said."""
    record = incident.get("record") or {}
    if record:
        title = f"First record ({record.get('completeness', 0):.0%} complete)"
        yield from section(title, _first_record(record))
    assessment = incident.get("assessment") or {}
    yield from section("Assessment", [line for name, value in assessment.items() for line in _said(name, value)])
    progress = incident.get("update") or {}
    if progress:
        title = f"Last update, {moment(progress.get('at'))} by {word(progress.get('by'))}"
        yield from section(title, [line for name in _PROGRESS for line in _said(name, progress.get(name))])
    yield from section("Changes", [line for change in incident.get("changes") or () for line in _change(change)])
    yield from section("Responsible", _responsible(incident, now))


def _first_record(record: Item) -> Iterator[str]:
    yield from _line("occurred", moment(record.get("occurred_at")))
    yield from _line("detected", moment(record.get("detected_at")))
    for name in _FIRST_RECORD:
        if record.get(name):
            yield from _said(name, record[name])
        else:
            yield from _line(name.replace("_", " "), click.style(UNKNOWN, fg="yellow"))


def _change(change: Item) -> Iterator[str]:
    flags = _red(f"WITHOUT {missing(change)}") if change.get("missing") else ""
    what = lines(str(change.get("what") or "-"))
    head = f"{word(change.get('number'))}. {what[0]}  ({word(change.get('by'))}, {moment(change.get('at'))})"
    yield f"{head}  {flags}".rstrip()
    yield from (f"   {line}" for line in what[1:])
    for name in _CHANGE:
        yield from (f"   {line}" for line in _said(name, change.get(name)))


def _responsible(incident: Item, now: str) -> Iterator[str]:
    """The party, and what the vendor's contract promises against what was done."""
    terms = incident.get("vendor_terms") or {}
    party = incident.get("responsible_party")
    if not terms:
        yield from _line("party", word(party) if party else "")
        yield from _line("vendor", word(incident.get("vendor")))
        return
    yield from _line("party", word(party))
    contract = word(terms.get("contract"))
    yield from _line("vendor", f"{word(terms.get('vendor'))}{f', contract {contract}' if contract else ''}")
    who = word(terms.get("acknowledged_by"))
    missed = "never" if incident.get("state") == "closed" else "not yet"
    for label, step in (("acknowledges by", "acknowledge"), ("restores by", "restore")):
        due, done = terms.get(f"{step}_by"), terms.get(f"{step}d_at")
        said = f"done {moment(done)}{f' by {who}' if who and step == 'acknowledge' else ''}" if done else missed
        outcome = word(terms.get("rto_outcome")) if step == "restore" else ""
        if due or done:
            is_due = due and not done and incident.get("state") != "closed"
            promised = (_due(due, now) if is_due else moment(due)) if due else "nothing promised"
            yield from _line(label, f"{promised}; {outcome or said}")


def _deliveries(incident: Item) -> Iterator[str]:
    deliveries = incident.get("deliveries") or ()
    if deliveries:
        yield from delivery_table(deliveries)
    if incident.get("deliveries_left_out"):
        yield f"({word(incident['deliveries_left_out'])} more were left out when it was compacted)"


def _why(decision: Item) -> Iterator[str]:
    reasons = [f"- {word(reason, 300)}" for reason in decision.get("reasons") or ()]
    inputs = [f"{name} {word(decision[name])}" for name in ("impact", "importance", "plan") if decision.get(name)]
    if inputs:
        reasons.append(f"({', '.join(inputs)})")
    yield from section("Why", reasons)
    yield from section("Rules tried", _tried(decision))


def _tried(decision: Item) -> Iterator[str]:
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


def _entry(entry: Item) -> Iterator[str]:
    """One entry: when, what, by whom; below it what it changed, and what else is known."""
    unproved = (
        f" (via {word(entry.get('via')) or 'an unknown way'}, unverified)" if entry.get("verified") is False else ""
    )
    yield f"{moment(entry.get('at'))}  {word(entry.get('action')):<15} {word(entry.get('actor'))}{unproved}".rstrip()
    before, detail = entry.get("before") or {}, entry.get("detail") or {}
    known = [
        f"{name}: {word(before.get(name)) or '-'} → {word(value)}" for name, value in (entry.get("after") or {}).items()
    ]
    known += [f"{name}: {word(value)}" for name, value in detail.items() if name != "reasons"]
    if known:  # the reasons stand above, under Why
        yield " " * 22 + word(", ".join(known), 300)


def _line(label: str, text: str) -> Iterator[str]:
    """A fact of ours: its label, and a text that is clean; nothing of what is empty."""
    if text:
        yield f"{label:<{_LABEL}} {text}"


def _said(name: str, value: Any) -> Iterator[str]:
    """What somebody said, by the field's name, on as many lines as it was written; nothing of what is empty."""
    if isinstance(value, bool):
        value = "yes" if value else "no"
    texts = lines(value.strip()) if isinstance(value, str) else [word(value, 2000)]
    label = one_line(name.replace("_", " "))
    for text in texts if any(texts) else ():
        yield f"{label:<{_LABEL}} {text}".rstrip()
        label = ""


def _red(text: str) -> str:
    return click.style(text, fg="red", bold=True)
