"""The stages by which an incident that nobody takes up, or that lasts, is told further. Pure; the plan names them.

A time is counted from the commit of ``opened``, whatever the tier then was: a raise restarts nothing, and the shorter
times of the new tier hold from then on. While no clock runs no stage speaks; what has passed meanwhile speaks at once,
in one notice, when they run again.
"""

from __future__ import annotations

from tocsin._core.incident import Escalated, Incident
from tocsin._core.plan import Plan
from tocsin._core.times import Millis
from tocsin._core.watch import Stage
from tocsin.incident import audience
from tocsin.incident.draft import Draft
from tocsin.incident.recording import at_work, within_hours


def stages_of(incident: Incident, plan: Plan) -> tuple[Stage, ...]:
    """The stages of the incident's tier, in the plan's order."""
    return tuple(plan.escalation.get(incident.tier, ()))


def stage_due(incident: Incident, stage: Stage, plan: Plan, now: Millis) -> Millis | None:
    """When a stage speaks next; ``None`` if it has spoken for good, or what it waits for has been done. What is overdue
    speaks now, or when the tier's hours begin."""
    if not incident.is_running or incident.announced_at is None or _is_done(incident, stage):
        return None
    calendar = plan.tiers[incident.tier].calendar
    told = next((entry.at for entry in incident.escalated if entry.stage == stage.name), None)
    if told is not None:
        if stage.repeat_every is None:
            return None
        due = within_hours(plan, calendar, told, stage.repeat_every)
    elif stage.at is not None:
        due = max(incident.announced_at, incident.started_at + int(incident.rto * stage.at))
    else:
        due = within_hours(plan, calendar, incident.announced_at, stage.after or 0)
    return at_work(plan, calendar, max(due, incident.snoozed_until or 0, now))


def _is_done(incident: Incident, stage: Stage) -> bool:
    is_contained = incident.state == "contained"  # what came back after it was restored is so no longer
    done = {
        "acknowledged": incident.acknowledged_at is not None or is_contained,
        "contained": is_contained,
        "restored": incident.restored_at is not None,
    }
    return stage.unless is not None and done[stage.unless]


def escalation_due(incident: Incident, plan: Plan, now: Millis) -> Millis | None:
    """When the next stage speaks, if none of what they wait for is done by then."""
    dues = (stage_due(incident, stage, plan, now) for stage in stages_of(incident, plan))
    return min((due for due in dues if due is not None), default=None)


def escalate(draft: Draft) -> None:
    """Tell of the stages that are due: together, by the name of the last of them."""
    stages = []
    for stage in stages_of(draft.incident, draft.plan):
        due = stage_due(draft.incident, stage, draft.plan, draft.now)
        if due is not None and draft.now >= due:
            stages.append(stage)
    if not stages:
        return
    names = [stage.name for stage in stages]
    kept = tuple(entry for entry in draft.incident.escalated if entry.stage not in names)
    draft.set(escalated=(*kept, *(Escalated(stage=name, at=draft.now) for name in names)))
    for name in names:
        draft.count("escalations", draft.incident.tier.value, name)
    groups = audience.in_order(group for stage in stages for group in stage.tell)
    draft.note("escalated", stages=names)
    asks = audience.acknowledgements(draft.incident, draft.plan, groups)
    draft.tell("escalated", groups, reason=names[-1], asks=asks, said={"stages": names})
