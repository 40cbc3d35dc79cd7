"""What the silence of a heartbeat is: an alert of our own, and what the plan says of it. Pure.

The rules have no say in it: class and tier are the heartbeat's own. Where it is about, and which service, is what
its matchers ask for by ``=``.
"""

from __future__ import annotations

from tocsin._core.matcher import Matcher
from tocsin._core.model import Alert, Classification, Dropped, DropReason, Text
from tocsin._core.plan import Plan
from tocsin._core.source import Source
from tocsin._core.times import Millis, format_duration, format_time
from tocsin._core.watch import SILENCE, Heartbeat
from tocsin._store.heartbeats import Pulse
from tocsin.classify.grade import Circumstances, recovery

ALERT = "HeartbeatLost"

Said = tuple[Alert, Source, Classification | Dropped]


def lost(pulse: Pulse, at: Millis, plan: Plan, now: Millis) -> Said:
    """The alert that a heartbeat is missed since ``at``, as the pipeline takes it."""
    heartbeat = pulse.heartbeat
    alert = Alert(
        source=SILENCE.name,
        labels=_labels(heartbeat, plan),
        annotations={"summary": _summary(pulse)},
        firing=True,
        starts_at=at,
        received_at=now,
        identity=(heartbeat.name,),
    )
    return alert, SILENCE, classification(pulse, plan)


def back(pulse: Pulse, plan: Plan, now: Millis) -> Said:
    """The end of that alert."""
    return _ended(pulse.heartbeat.name, _labels(pulse.heartbeat, plan), now), SILENCE, classification(pulse, plan)


def gone(name: str, now: Millis) -> Said:
    """The end of that alert for a heartbeat that the plan no longer has."""
    labels = {"alertname": ALERT, "heartbeat": name}
    return _ended(name, labels, now), SILENCE, Dropped(DropReason.HEARTBEAT, name, "the plan has it no more")


def classification(pulse: Pulse, plan: Plan) -> Classification:
    """What the plan says of a heartbeat's silence."""
    heartbeat = pulse.heartbeat
    class_ = plan.classes[heartbeat.class_]
    labels = _labels(heartbeat, plan)
    service = plan.services.get(labels.get("service", ""))
    vendor = service.vendor if service is not None else ""
    around = Circumstances(service=service, vendor=plan.vendors.get(vendor), environment=None, outage=class_.outage)
    rto, bound, others = recovery(plan, heartbeat.tier, None, around)
    return Classification(
        rule=f"heartbeat {heartbeat.name}",
        class_=class_.name,
        tier=heartbeat.tier,
        impact="narrow",
        importance=(service.importance or "") if service is not None else "",
        outage=class_.outage,
        operational=class_.operational,
        rto=rto,
        wait=plan.tiers[heartbeat.tier].wait,
        title=Text(f"Heartbeat lost: {heartbeat.name}", f"心跳丢失：{heartbeat.name}"),
        service=labels.get("service", ""),
        environment=labels.get("environment") or next(iter(plan.environments), "prod"),
        location=labels.get("location") or (service.location if service is not None else ""),
        vendor=vendor,
        key=(("source", SILENCE.name), ("heartbeat", heartbeat.name)),
        reasons=(
            _summary(pulse),
            f"heartbeat {heartbeat.name} says {heartbeat.class_} and {heartbeat.tier}",
            f"to be recovered within {format_duration(rto)}, by {bound}{others}",
        ),
        plan=plan.hash,
    )


def _ended(name: str, labels: dict[str, str], now: Millis) -> Alert:
    return Alert(source=SILENCE.name, labels=labels, firing=False, ends_at=now, received_at=now, identity=(name,))


def _summary(pulse: Pulse) -> str:
    when = f"was last heard at {format_time(pulse.heard)}" if pulse.heard else "was never heard"
    return f"heartbeat {pulse.heartbeat.name} {when}, and must be every {format_duration(pulse.heartbeat.every)}"


def _labels(heartbeat: Heartbeat, plan: Plan) -> dict[str, str]:
    words = {word: _asked_for(heartbeat.match, (word, *plan.labels.get(word, ()))) for word in _WORDS}
    return {"alertname": ALERT, "heartbeat": heartbeat.name, **{word: text for word, text in words.items() if text}}


_WORDS = ("service", "environment", "location")


def _asked_for(match: tuple[Matcher, ...], names: tuple[str, ...]) -> str:
    """The value that matchers ask for of one of these labels, the first that is asked for."""
    asked = {each.name.removeprefix("labels."): each.value for each in match if each.operator == "="}
    return next((asked[name] for name in names if asked.get(name)), "")
