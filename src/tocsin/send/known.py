"""What is known of an incident, as values for templates: each a function of a delivery's ``Facts``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin._core.clean import one_line
from tocsin._core.plan import GROUPS, VENDOR
from tocsin._core.times import parse_time
from tocsin._plan.defaults import CLASSES
from tocsin.send.facts import Facts, Listing, said_by
from tocsin.send.sandbox import Lenient

_SENTENCE = 400
_MOST = 20
_LINKS = {"runbook": {"technical"}, "dashboard": {"technical", "data"}, "incident": set(GROUPS)}
_OTHER_LINKS = {"command", "technical", "data"}
_ONGOING = ("active", "stale", "cleared")
_ENDED = {"closed": "closed", "false_alarm": "false_alarm", "merged": "merged"}


_BRIEF = frozenset({"acknowledged", "assigned", "noted"})


def titled(facts: Facts) -> str:
    """Tier, class and title; a drill is marked first."""
    words = facts.words
    marks = [words.drill] if facts.notice.drill else []
    marks.append(words.tiers[facts.notice.tier])
    if not facts.title.startswith(facts.class_title):
        marks.append(facts.class_title)
    return words.titled.format(marks="".join(words.bracket.format(mark) for mark in marks), title=facts.title)


def phase(facts: Facts) -> str:
    """How far it is: what there is to do depends on it."""
    event, incident = facts.notice.event, facts.incident
    if event in _ENDED or incident["state"] == "closed":
        outcome = facts.notice.reason if event == "closed" else event if event in _ENDED else incident.get("outcome")
        return _ENDED.get(str(outcome), "closed")
    if event in ("stale", "cleared", "restored"):
        return event
    if event == "reopened":
        return "active"
    if incident["state"] == "restored":
        return "restored"
    is_quiet = incident.get("signals") == "cleared" and count(facts, "total")  # a declared one may have none
    return "cleared" if is_quiet and not incident.get("still_broken") else "active"


def brief(facts: Facts) -> bool:
    """Whether what somebody did, or that it is over, is all there is to say."""
    return facts.notice.event in _BRIEF or phase(facts) not in _ONGOING


def state_title(facts: Facts) -> str:
    """State and signals; of one that was declared, and has none, the state alone."""
    words, incident = facts.words, facts.incident
    state = words.states[incident["state"]]
    if incident["state"] == "closed" or not count(facts, "total"):
        return state
    return words.comma.join((state, words.signals[incident["signals"]]))


def count(facts: Facts, name: str) -> int:
    """How many alerts there are; none are a vendor's."""
    return int((facts.incident.get("alerts") or {}).get(name, 0))


def rto(facts: Facts, name: str) -> Any:
    """What there is to say of the recovery time; it is none of a vendor's."""
    return (facts.incident.get("rto") or {}).get(name)


def rto_left(facts: Facts) -> tuple[str, bool]:
    """What is left at the time of the notice, so that every try and every group reads the same."""
    deadline = rto(facts, "deadline")
    return facts.left(parse_time(deadline)) if deadline else ("", False)


def changed(facts: Facts, field: str) -> bool:
    """Whether the event changed a field."""
    return any(change.field == field for change in facts.notice.changes)


def before(facts: Facts, field: str) -> str:
    """What a field was before the event."""
    found = next((change.from_ for change in facts.notice.changes if change.field == field), "")
    if field == "class":
        return _class_title(facts, found)
    return facts.words.tiers.get(found, "?") if field == "tier" and found else facts.clean(found)


def secondary(facts: Facts) -> Listing:
    """What it is besides."""
    return facts.listing(_class_title(facts, name) for name in facts.incident.get("secondary_classes") or ())


def _class_title(facts: Facts, name: str) -> str:
    """A class as people call it, where it is a shipped one."""
    title = CLASSES[name].title if name in CLASSES else None
    return facts.clean(title.in_(facts.delivery.language) if title else name)


def in_charge(facts: Facts) -> str:
    """Who is in charge, else who acknowledged it; the same for every group, whatever it may see."""
    return facts.blot(one_line(str(facts.incident.get("assigned_to") or facts.incident.get("acknowledged_by") or "")))


def next_update(facts: Facts) -> str:
    """By when the next update is due; only the time of day where that is today."""
    due = facts.moment(facts.incident.get("next_update_due"))
    today = facts.moment_of(facts.notice.at)
    return due[11:16] if due[:10] == today[:10] else due


def update_over(facts: Facts) -> bool:
    """Whether the next update was due before this notice."""
    due = facts.incident.get("next_update_due")
    return due is not None and parse_time(due) < facts.notice.at


def affected(facts: Facts) -> str:
    """Services, with where they are."""
    place = facts.words.comma.join(filter(None, (facts.word("environment"), facts.word("location"))))
    services = str(facts.listing(facts.incident.get("services")))
    return facts.words.within.format(text=services, within=place) if services and place else services


def assessed(facts: Facts, name: str) -> Any:
    """What people have found out, else what the catalogue says."""
    for part in ("record", "assessment"):
        value = (facts.incident.get(part) or {}).get(name)
        if value:
            return _cleaned(facts, value)
    return facts.listing(facts.incident.get(name) or ())


def estimate(facts: Facts) -> str:
    """When it should be over, and who says so; no longer once it is over."""
    if phase(facts) not in _ONGOING:
        return ""
    given = facts.notice.said
    eta = facts.incident.get("eta") or {"at": given.get("eta"), "by": given.get("by")}
    at, by = facts.moment(eta.get("at")), facts.clean(eta.get("by"))
    return facts.words.within.format(text=at, within=by) if at and by else at


def clocks(facts: Facts) -> list[dict[str, Any]]:
    """What the contracts promise and nobody has kept yet, the nearest first."""
    terms = facts.incident.get("vendor_terms") or {}
    promised = {
        "sla": facts.incident.get("sla_deadline"),
        "vendor_acknowledge": None if terms.get("acknowledged_at") else terms.get("acknowledge_by"),
        "vendor_restore": terms.get("restore_by"),
    }
    found = sorted((parse_time(at), name) for name, at in promised.items() if at)
    return [
        {"name": name, "at": facts.moment_of(at), "left": facts.left(at)[0], "over": facts.left(at)[1]}
        for at, name in (found if phase(facts) in _ONGOING else ())
    ]


def alerts(facts: Facts) -> list[dict[str, Any]]:
    """The newest alerts; their words are data."""
    return [
        {
            "name": one_line(alert.labels.get("alertname", "")),
            "says": said_by(alert),
            "firing": alert.firing,
            "started": "" if alert.starts_at is None else facts.moment_of(alert.starts_at),
            "labels": Lenient({name: one_line(value) for name, value in alert.labels.items()}),
            "annotations": Lenient({name: one_line(value, _SENTENCE) for name, value in alert.annotations.items()}),
        }
        for alert in facts.alerts[:_MOST]
    ]


def acknowledged(facts: Facts) -> Listing:
    """Groups that acknowledged it, with the last who did for each."""
    words = facts.words
    given = {each["group"]: facts.clean(each["by"]) for each in facts.incident.get("acknowledgements") or ()}
    return Listing.of(
        (
            words.within.format(text=words.groups.get(group, group), within=given[group])
            for group in (*GROUPS, *sorted(given.keys() - set(GROUPS)))
            if group in given
        ),
        words,
    )


def unacknowledged(facts: Facts) -> Listing:
    """Groups that were told of it and have not acknowledged it; once somebody has."""
    given = {each["group"] for each in facts.incident.get("acknowledgements") or ()}
    told = [group for group in facts.incident.get("told") or () if given and group not in given]
    return Listing.of((facts.words.groups.get(group, group) for group in told), facts.words)


def progress(facts: Facts) -> Lenient:
    """The last update."""
    update = facts.incident.get("update") or {}
    return _lenient(facts, {**update, **facts.notice.said} if facts.notice.event == "updated" else update)


def changes(facts: Facts) -> list[Lenient]:
    """The emergency changes, the newest first."""
    recorded = facts.incident.get("changes") or ()
    return [_change(facts, each) for each in recorded[: -_MOST - 1 : -1]]


def flagged(facts: Facts) -> list[Lenient]:
    """The changes that lack what a change must have."""
    return [_change(facts, each) for each in facts.incident.get("changes") or () if each.get("missing")][-_MOST:]


def said(facts: Facts) -> Lenient:
    """What a person said or did that the event is about."""
    given = facts.notice.said
    if facts.notice.event == "acknowledged":
        given = {**(facts.incident.get("acknowledged") or {}), **given}
    shown = _lenient(facts, given)
    words = facts.words
    if "group" in shown:
        shown["group"] = words.groups.get(str(given["group"]), shown["group"])
    if isinstance(given.get("groups"), (list, tuple)):
        shown["groups"] = Listing.of((_addressed(facts, str(each)) for each in given["groups"]), words)
    if "action" in shown:
        shown["wanted"] = words.actions.get(str(given["action"]), shown["action"])
    return _missing(facts, shown, given)


def vendor(facts: Facts) -> str:
    """The vendor, as people call it."""
    return facts.clean(facts.of_language(facts.incident.get("vendor_title"))) or facts.word("vendor")


def _addressed(facts: Facts, group: str) -> str:
    """A group, or the vendor by its name, as people call them."""
    named = facts.words.groups.get(group, group)
    return facts.words.within.format(text=named, within=vendor(facts)) if group == VENDOR else named


def links(facts: Facts) -> list[dict[str, str]]:
    """The links that these groups use."""
    groups = facts.groups
    # Where there is a page to answer on, it shows the incident; the API is for programs.
    shown = {name: url for name, url in facts.links.items() if name != ("incident" if "respond" in facts.links else "")}
    return [
        {"name": name, "title": facts.words.links.get(name, name), "url": url}
        for name, url in shown.items()
        if name != "respond" and not _LINKS.get(name, _OTHER_LINKS).isdisjoint(groups)
    ]


def shown_links(facts: Facts) -> list[dict[str, str]]:
    """All links for these groups, where they answer first."""
    url = facts.links.get("respond")
    first = [{"name": "respond", "title": facts.words.links["respond"], "url": url}] if url else []
    return first + links(facts)


def _change(facts: Facts, change: Mapping[str, Any]) -> Lenient:
    return _missing(facts, _lenient(facts, change), change)


def _missing(facts: Facts, shown: Lenient, given: Mapping[str, Any]) -> Lenient:
    if given.get("missing"):
        shown["missing"] = Listing.of((facts.words.missing.get(each, each) for each in given["missing"]), facts.words)
    return shown


_TIMES = frozenset({"at", "eta", "until", "restored_at", "said_at"})


def _lenient(facts: Facts, given: Mapping[str, Any]) -> Lenient:
    """A mapping with its times as people read them, and its texts cleaned."""
    return Lenient(
        {name: facts.moment(value) if name in _TIMES else _cleaned(facts, value) for name, value in given.items()}
    )


def _cleaned(facts: Facts, value: Any) -> Any:
    if isinstance(value, (bool, int)):
        return value
    if isinstance(value, (list, tuple)):
        return Listing.of((facts.clean(each) for each in value[:_MOST]), facts.words)
    return facts.clean(value, _SENTENCE)
