"""Each test's alert → classifier → groups → channels, compared with what the test expects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin._core.errors import Unreadable
from tocsin._core.model import Alert, Classification, Dropped, DropReason
from tocsin._core.plan import Plan
from tocsin._core.times import format_duration
from tocsin._core.trial import PlanTest
from tocsin.adapt.posted import Posted, Refused, to_alert
from tocsin.adapt.steps import follow
from tocsin.classify.classifier import Classifier
from tocsin.explain.why import explain, opening
from tocsin.incident.audience import told_of
from tocsin.rehearse.result import Mismatch, Result
from tocsin.rehearse.sequence import in_time

_DURATIONS = ("rto", "wait")
_TRIED_SHOWN = 20
"""Rules named in a failure, those before the deciding one."""


def rehearse(plan: Plan, classifier: Classifier) -> tuple[Result, ...]:
    """Run all tests of a plan, in order; ``classifier`` is the plan's."""
    return tuple(_run(test, plan, classifier) for test in plan.tests)


def _run(test: PlanTest, plan: Plan, classifier: Classifier) -> Result:
    if test.steps:
        return in_time(test, plan, classifier)
    alert = _alert(test, plan)
    if isinstance(alert, str):
        return Result(test.name, test.place, error=alert)
    outcome = classifier.classify(alert, test.at)
    got = _of_dropped(outcome) if isinstance(outcome, Dropped) else _decided(outcome, plan, test.at)
    wrong = tuple(filter(None, (_compared(part, expected, got) for part, expected in test.expect.items())))
    return Result(test.name, test.place, wrong, reasons=_way(alert, plan, classifier, test.at) if wrong else ())


def _way(alert: Alert, plan: Plan, classifier: Classifier, now: int) -> tuple[str, ...]:
    """How it was decided: the rules that were tried and what did not hold, the nearest the decision last; then why."""
    told = explain(alert, plan, classifier, now).why
    tried = [
        f"+ {each.rule}: {each.note}" if each.matched else f"- {each.rule}: {each.failed}, but it is {each.saw!r}"
        for each in told.tried[-_TRIED_SHOWN:]
    ]
    left_out = len(told.tried) - len(tried)
    before = [f"({left_out} rules before did not decide)"] if left_out else []
    return (*before, *tried, *told.reasons)


def _alert(test: PlanTest, plan: Plan) -> Alert | str:
    """The one alert of a test, or why there is none."""
    try:
        if test.payload is None:
            posted = Posted(labels=dict(test.labels), annotations=dict(test.annotations))
            return to_alert(posted, source=test.source, received_at=test.at, firing=True)
        found = follow(test.payload, source=plan.sources[test.source], received_at=test.at)
    except Refused as refused:
        return f"the alert is refused: {refused.path}: {refused}"
    except Unreadable as unreadable:
        return f"the payload cannot be read: {unreadable.path}: {unreadable}"
    if len(found) != 1:
        return f"the payload holds {len(found)} alerts; a test is about exactly one"
    return found[0].alert or f"the alert is rejected: {found[0].error}"


def _of_dropped(dropped: Dropped) -> dict[str, Any]:
    by = {} if dropped.reason is DropReason.HEARTBEAT else {dropped.reason.value: dropped.by}
    return {"dropped": (dropped.by, dropped.why), **by}


def _decided(said: Classification, plan: Plan, now: int) -> dict[str, Any]:
    groups = told_of(plan.classes[said.class_], said.tier, plan)
    deliveries = opening(groups, said, plan, now)
    languages = {group: {each.language for each in deliveries if group in each.groups} for group in groups}
    return {
        "rule": said.rule,
        "class": said.class_,
        "subtype": said.subtype,
        "tier": said.tier.value,
        "impact": said.impact,
        "importance": said.importance,
        "outage": said.outage,
        "groups": frozenset(groups),
        "channels": frozenset(delivery.channel for delivery in deliveries),
        "language": languages,
        "rto": said.rto,
        "wait": said.wait,
        "service": said.service,
        "environment": said.environment,
        "location": said.location,
        "vendor": said.vendor,
        "incident_key": said,
        "title": said.title.in_(plan.language),
        "dropped": False,
    }


def _compared(part: str, expected: Any, got: Mapping[str, Any]) -> Mismatch | None:
    if part not in got:
        return Mismatch(part, _shown(part, expected), "no such decision, since it is dropped")
    found = got[part]
    if part == "dropped":
        same = expected in found if isinstance(found, tuple) and isinstance(expected, str) else expected == bool(found)
    elif part == "incident_key":
        found = dict(found.key) if isinstance(expected, dict) else found.key_text
        same = found == expected
    elif part == "language":
        found = {group: " and ".join(sorted(found.get(group, ()))) or "not told" for group in expected}
        same = found == expected
    else:
        same = found == expected
    return None if same else Mismatch(part, _shown(part, expected), _shown(part, found))


def _shown(part: str, value: Any) -> str:
    if part in _DURATIONS:
        return format_duration(value)
    if isinstance(value, frozenset):
        return f"[{', '.join(sorted(value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {text}' for name, text in value.items())}}}"
    if isinstance(value, tuple):
        return f"{value[0]} ({value[1]})"
    return str(value).lower() if isinstance(value, bool) else str(value) or "none"
