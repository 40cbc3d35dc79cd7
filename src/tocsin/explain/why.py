"""The whole way of one alert through the plan, told step by step. Pure, and as slow as trying every rule is."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin._core.about import decided
from tocsin._core.incident import Delivery, Notice
from tocsin._core.model import Alert, Classification, Dropped, DropReason
from tocsin._core.plan import Plan
from tocsin._core.times import Millis, format_duration
from tocsin._core.why import Why
from tocsin.classify.classifier import SUBJECTS, Classifier
from tocsin.classify.sight import Sight
from tocsin.classify.tried import try_rules
from tocsin.explain.carrying import carrying
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
            *carrying(groups, decision, plan, now),
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
        about=decided(decision),
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
    if policy.digest is not None:
        hour = f"{policy.digest // 60:02}:{policy.digest % 60:02}"
        yield f"but the {decision.tier} tier has a digest: it is sent at {hour} ({plan.timezone.key}), once a day"
