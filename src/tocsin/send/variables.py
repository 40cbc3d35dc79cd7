"""The variables of a template: what each is, and how it is made of a delivery's ``Facts``.

A template is given the ones that it uses, and no others are made. All are cleaned, bounded and cut to what the
delivery's groups may see, so that whatever a template does with them, it cannot say more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.send.facts import Facts
from tocsin.send.known import (
    acknowledged,
    affected,
    alerts,
    assessed,
    before,
    brief,
    changed,
    changes,
    clocks,
    count,
    estimate,
    flagged,
    in_charge,
    links,
    next_update,
    phase,
    progress,
    rto,
    rto_left,
    said,
    secondary,
    state_title,
    titled,
    unacknowledged,
    update_over,
    vendor,
)
from tocsin.send.template import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One variable: its kind, what it is in words, and how it is made."""

    kind: Kind
    text: str
    make: Callable[[Facts], Any]


_TEXT, _LIST, _NUMBER, _FLAG = Kind("text"), Kind("list"), Kind("number"), Kind("flag")
_UPDATE = Kind("mapping", ("goal", "progress", "risks", "next_step", "by", "at"))
_SAID = Kind(
    "mapping",
    (
        *("by", "reason", "note", "text", "to", "into", "group", "action", "wanted", "refused", "until"),
        *("service", "who", "eta", "number", "what", "scope", "approver", "rollback_plan", "assessed", "tested"),
        *("result", "missing", "groups", "event"),
    ),
)
_CHANGE = ("number", "what", "approver", "rollback_plan", "tested", "result", "missing", "by")
_ALERT = ("name", "says", "firing", "started", "labels", "annotations")


def _field(name: str) -> Callable[[Facts], Any]:
    return lambda facts: facts.word(name)


_ROWS: tuple[tuple[str, Kind, str, Callable[[Facts], Any]], ...] = (
    ("event", _TEXT, "the event, as in docs/incidents.md", lambda f: f.notice.event),
    ("reason", _TEXT, "the event's reason, such as `not_seen`, `75` or a stage's name", lambda f: f.notice.reason),
    ("stages", _LIST, "the stages that are told together", lambda f: f.listing(f.notice.said.get("stages"))),
    ("brief", _FLAG, "whether what somebody did, or that it is over, is all there is to say", brief),
    ("language", _TEXT, "`en` or `zh`", lambda f: f.delivery.language),
    ("drill", _FLAG, "whether it is a drill", lambda f: f.notice.drill),
    ("titled", _TEXT, "tier, class and title, as the subject begins", titled),
    ("title", _TEXT, "the incident's title", lambda f: f.title),
    ("id", _TEXT, "the incident's id", lambda f: f.notice.incident_id),
    ("revision", _NUMBER, "the incident's revision", lambda f: f.incident["revision"]),
    ("class", _TEXT, "the class, by its name in the plan", _field("class")),
    ("class_title", _TEXT, "the class, as people call it", lambda f: f.class_title),
    ("class_before", _TEXT, "the class before, if the event changed it", lambda f: before(f, "class")),
    ("subtype", _TEXT, "the subtype", _field("subtype")),
    ("secondary", _LIST, "what it is besides", secondary),
    ("tier", _TEXT, "`high`, `medium` or `low`", lambda f: f.notice.tier.value),
    ("tier_title", _TEXT, "the tier, as people read it", lambda f: f.words.tiers[f.notice.tier]),
    ("tier_before", _TEXT, "the tier before, if the event changed it", lambda f: before(f, "tier")),
    ("state", _TEXT, "`open`, `acknowledged`, `contained`, `restored` or `closed`", _field("state")),
    ("state_title", _TEXT, "state and signals, as people read them", state_title),
    ("signals", _TEXT, "`firing` or `cleared`", _field("signals")),
    ("outcome", _TEXT, "how it was closed", _field("outcome")),
    ("phase", _TEXT, "`active`, `cleared`, `stale`, `restored`, `closed`, `false_alarm` or `merged`", phase),
    ("rto_deadline", _TEXT, "by when it must be restored", lambda f: f.moment(rto(f, "deadline"))),
    ("rto_left", _TEXT, "how long is left, or how long it is over", lambda f: rto_left(f)[0]),
    ("rto_over", _FLAG, "whether the deadline has passed", lambda f: rto_left(f)[1]),
    ("rto_used", _NUMBER, "per cent used", lambda f: int((rto(f, "consumed_ratio") or 0) * 100)),
    ("started", _TEXT, "since when", lambda f: f.moment(f.incident["started_at"])),
    ("firing", _NUMBER, "alerts that fire", lambda f: count(f, "firing")),
    ("total", _NUMBER, "alerts in all", lambda f: count(f, "total")),
    ("restored", _TEXT, "since when it is restored", lambda f: f.moment(f.incident.get("restored_at"))),
    ("declared_by", _TEXT, "who declared it by hand", lambda f: f.clean(f.incident.get("declared_by"))),
    ("in_charge", _TEXT, "who is in charge, else who acknowledged it", in_charge),
    ("next_update", _TEXT, "by when the next update is due", next_update),
    ("update_over", _FLAG, "whether it was due before this notice", update_over),
    ("services", _LIST, "services", lambda f: f.listing(f.incident.get("services"))),
    ("affected", _TEXT, "services, with environment and location", affected),
    ("impact", _TEXT, "the scope of the impact", lambda f: f.words.impacts.get(f.incident.get("impact", ""), "")),
    ("business_lines", _LIST, "business lines", lambda f: assessed(f, "business_lines")),
    ("customer_groups", _LIST, "customer groups", lambda f: assessed(f, "customer_groups")),
    ("datasets", _LIST, "datasets", lambda f: assessed(f, "datasets")),
    ("vendor", _TEXT, "the vendor", vendor),
    ("vendor_named", _FLAG, "whether the event names another vendor", lambda f: changed(f, "vendor")),
    ("vendor_before", _TEXT, "the vendor before, by its name in the plan, if the event changed it",
     lambda f: before(f, "vendor")),
    ("contract", _TEXT, "the contract's number", _field("contract")),
    ("clocks", Kind("list", ("name", "at", "left", "over")), "the contract's clocks that are not kept yet, the "
     "nearest first; `name` is `sla`, `vendor_acknowledge` or `vendor_restore`", clocks),
    ("alerts", Kind("list", _ALERT), "the newest alerts, at most 20; a label that is not there is empty", alerts),
    ("alert_names", _LIST, "alerts by name, with how many there are of each", lambda f: f.alert_names),
    ("hosts", _LIST, "instances", lambda f: f.hosts),
    ("namespaces", _LIST, "namespaces", lambda f: f.values_of(("namespace",))),
    ("says", _TEXT, "what the newest alert says of itself", lambda f: f.says),
    ("hidden", _NUMBER, "alerts that are not listed", lambda f: f.notice.truncated_alerts if f.alerts else 0),
    ("told", _LIST, "the groups that this notice is for, by name", lambda f: f.listing(f.notice.groups)),
    ("acknowledged", _LIST, "groups that acknowledged it, each with who did", acknowledged),
    ("unacknowledged", _LIST, "groups that were told and have not", unacknowledged),
    ("cause", _TEXT, "the cause, as far as somebody said it", lambda f: assessed(f, "known_cause")),
    ("measures", _TEXT, "what has been done", lambda f: assessed(f, "interim_measures")
     or assessed(f, "measures_done")),
    ("planned", _TEXT, "what is planned", lambda f: assessed(f, "measures_planned")),
    ("consequences", _TEXT, "the direct impact, as somebody said it", lambda f: assessed(f, "direct_impact")),
    ("eta", _TEXT, "when it should be over, and who says so", estimate),
    ("update", _UPDATE, "the last update", progress),
    ("changes", Kind("list", _CHANGE), "emergency changes; `missing` is what they lack", changes),
    ("flagged", Kind("list", _CHANGE), "those that lack an approver, a rollback plan or an assessment", flagged),
    ("said", _SAID, "what the person said whom the event is about; what they did not say is empty", said),
    ("asks", _LIST, "the actions that are asked for, by name", lambda f: f.listing(f.asks)),
    ("wishes", _TEXT, "the same in words", lambda f: f.words.comma.join(f.words.asks.get(a, a) for a in f.asks)),
    ("fallback_for", _TEXT, "the groups in whose place it is told", lambda f: f.words.comma.join(
        f.words.groups.get(group, group) for group in f.groups) if f.delivery.fallback else ""),
    ("respond", _TEXT, "where it is answered: a page with what this group may do",
     lambda f: f.links.get("respond", "")),
    ("links", Kind("list", ("name", "title", "url")), "the other links", links),
)  # fmt: skip

VARIABLES: Mapping[str, Variable] = {
    name: Variable(kind=kind, text=text, make=make) for name, kind, text, make in _ROWS
}
"""The variables that are made of facts, by name."""

PIECES: Mapping[str, str] = {
    "group": "the group that it is for",
    "group_title": "the group, as people call it",
    "head": "the head that reads the same for every group",
    "happened": "what has happened",
    "request": "what is asked of the reader, where they answer it, and why they get it",
}
"""The variables that are made by other templates, or for one group."""

KINDS: Mapping[str, Kind] = {**{name: each.kind for name, each in VARIABLES.items()}, **dict.fromkeys(PIECES, _TEXT)}
