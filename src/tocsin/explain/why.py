"""The whole way of one alert through the plan, told step by step. Pure, and as slow as trying every rule is."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin._core.hours import carriers, group_of, on_duty, teams_of, within
from tocsin._core.incident import Delivery, Notice
from tocsin._core.model import Alert, Classification, Dropped, DropReason
from tocsin._core.plan import Group, Plan
from tocsin._core.times import Millis, format_duration
from tocsin._core.why import Why
from tocsin.classify.classifier import SUBJECTS, Classifier
from tocsin.classify.sight import Sight
from tocsin.classify.tried import try_rules
from tocsin.explain.explanation import Explanation
from tocsin.incident.audience import told_of
from tocsin.route.decide import route


def explain(alert: Alert, plan: Plan, classifier: Classifier, now: Millis, *, most: int | None = None) -> Explanation:
    """The decision about an alert at a time; ``classifier`` is the plan's. Of the rules that were tried and did not
    match, no more than make up ``most`` with those that did are told: those that came nearest."""
    decision = classifier.classify(alert, now)
    sight = classifier.sight_of(alert)
    if isinstance(decision, Dropped):
        rules = plan.rules if decision.reason is DropReason.RULE else ()
        tried, left_out = try_rules(rules, sight.value, now, most=most)
        reasons = (f"dropped by {decision.reason.value} {decision.by}: {decision.why}",)
        return Explanation(decision, Why(reasons=reasons, tried=tried, left_out=left_out, plan=plan.hash))
    tried, left_out = try_rules(plan.rules, sight.value, now, most=most)
    why = _told(decision, plan, now, tuple(_key(decision, sight, plan)))
    return Explanation(decision, msgspec.structs.replace(why, tried=tried, left_out=left_out))


def explain_silence(decision: Classification, plan: Plan, now: Millis) -> Why:
    """Why the silence of a heartbeat is an incident, and who is told; no rule has a say in it."""
    key = ", ".join(f"{name} {value}" for name, value in decision.key)
    return _told(decision, plan, now, (f"incident key: {key}; each heartbeat is an incident of its own",))


def _told(decision: Classification, plan: Plan, now: Millis, key: tuple[str, ...]) -> Why:
    """The groups and channels that would be told, and all reasons."""
    groups = told_of(plan.classes[decision.class_], decision.tier, plan)
    channels = dict.fromkeys(delivery.channel for delivery in opening(groups, decision, plan, now))
    return Why(
        groups=groups,
        channels=tuple(channels),
        reasons=(
            *decision.reasons,
            *key,
            *_audience(decision, plan),
            *_channels(groups, decision, plan, now),
            *_vendor(decision, plan),
        ),
        plan=plan.hash,
    )


def opening(groups: tuple[str, ...], decision: Classification, plan: Plan, now: Millis) -> tuple[Delivery, ...]:
    """The deliveries by which these groups, and the vendor, would be told that such an incident opened."""
    notice = Notice(
        id="",
        incident_id="",
        key="",
        sequence=1,
        event="opened",
        at=now,
        groups=groups,
        service=decision.service,
        tier=decision.tier,
        incident={},
        vendor=decision.vendor,
        accepted_at=now,
    )
    return route(notice, plan, now).deliveries


def _key(decision: Classification, sight: Sight, plan: Plan) -> Iterator[str]:
    """The parts of the incident key, and where each comes from."""
    subject = next((word for word in SUBJECTS if sight.value(word)), "alertname")
    came = {"subject": f"its {subject}", "class": "its class", "drill": "the label drill"}
    parts = ", ".join(f"{name} {value or 'empty'} ({came.get(name, f'its {name}')})" for name, value in decision.key)
    by = next((rule for rule in plan.rules if rule.name in decision.matched and rule.incident_by), None)
    if by is not None:
        why = f"by incident_by of rule {by.name} ({by.place})"
    elif decision.operational:
        why = f"since {decision.class_} is operational, whatever the class of its alerts"
    else:
        why = f"since {decision.class_} is not operational"
    yield f"incident key: {parts}; {why}"


def _audience(decision: Classification, plan: Plan) -> Iterator[str]:
    policy, class_ = plan.tiers[decision.tier], plan.classes[decision.class_]
    if policy.tell == "all":
        yield f"the {decision.tier} tier tells all groups"
    elif policy.tell == "lead":
        yield f"the {decision.tier} tier tells the lead of {class_.name}: {class_.lead}"
    else:
        also = f", its also ({', '.join(class_.also)})" if class_.also else ""
        yield f"the {decision.tier} tier tells the lead of {class_.name} ({class_.lead}){also}, and command"
    if decision.wait:
        yield f"they are told {format_duration(decision.wait)} after the first alert, unless all have ended by then"
    else:
        yield "they are told at once"


def _channels(groups: tuple[str, ...], decision: Classification, plan: Plan, now: Millis) -> Iterator[str]:
    for name in groups:
        group = group_of(name, decision.service, plan)
        teams = teams_of(name, decision.service, plan)
        carried = carriers(group, plan, now)
        text = f"{name} by {', '.join(carried.channels)}"
        if teams and not carried.fallback:
            which = "team" if len(teams) == 1 else "teams"
            text += f", of the {which} {', '.join(team.name for team in teams)} of {decision.service}"
        if carried.fallback:
            yield f"{text}, its fallback, since by {_hours(group, plan)} none of its own channels is told now"
            continue
        off = [channel for channel in group.channels if channel not in carried.channels]
        if off:
            text += f", not by {', '.join(off)}, outside the calendar now"
        elif not (within(group.when, plan, now) and on_duty(group.channels, plan, now)):
            text += f", though outside {_hours(group, plan)}, since nobody else would be told"
        limit = plan.tiers[decision.tier].deliver_within
        if group.fallback:
            late = f", or none has accepted within {format_duration(limit)}" if limit is not None else ""
            text += f"; by {', '.join(group.fallback)} if those have failed{late}"
        yield text


def _vendor(decision: Classification, plan: Plan) -> Iterator[str]:
    """How its vendor is told, if it can be."""
    vendor = plan.vendors.get(decision.vendor)
    if vendor is not None and vendor.channels:
        yield f"its vendor {vendor.name} by {', '.join(vendor.channels)}, of its own part alone"


def _hours(group: Group, plan: Plan) -> str:
    """The calendars that say when a group is told."""
    own = (group.when, *(plan.channels[channel].when for channel in group.channels))
    return "calendar " + ", ".join(dict.fromkeys(filter(None, own)))
