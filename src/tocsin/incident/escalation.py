"""The stages by which an incident that nobody takes up is told further. Pure.

A stage is counted from the commit of ``opened``, whatever its tier then was: a raise restarts nothing, and the shorter
time of the new tier holds from then on. While nothing fires no stage speaks; what has passed meanwhile speaks at once,
in one notice, when it fires again.
"""

from __future__ import annotations

from tocsin._core.incident import Escalated, Incident
from tocsin._core.plan import Plan
from tocsin._core.times import Millis
from tocsin._core.watch import Stage
from tocsin.incident import audience
from tocsin.incident.draft import Draft


def stages_of(incident: Incident, plan: Plan) -> tuple[Stage, ...]:
    """The stages of the incident's tier, in the plan's order."""
    return tuple(plan.escalation.get(incident.tier, ()))


def stage_due(incident: Incident, stage: Stage) -> Millis | None:
    """When a stage speaks next; ``None`` if it has spoken for good, or what it waits for has been done."""
    if incident.announced_at is None or incident.cleared_at is not None:
        return None
    if _is_done(stage, incident):
        return None
    told = next((entry.at for entry in incident.escalated if entry.stage == stage.name), None)
    if told is None:
        if stage.after is not None:
            return incident.announced_at + stage.after
        return incident.started_at + round(incident.rto * (stage.at or 0))
    return None if stage.repeat_every is None else told + stage.repeat_every


def _is_done(stage: Stage, incident: Incident) -> bool:
    if stage.unless == "acknowledged":
        return incident.acknowledged_at is not None
    if stage.unless == "contained":
        return incident.state in ("contained", "restored")
    return stage.unless == "restored" and incident.state == "restored"


def escalation_due(incident: Incident, plan: Plan) -> Millis | None:
    """When the next stage speaks, if none of what they wait for is done by then."""
    dues = (stage_due(incident, stage) for stage in stages_of(incident, plan))
    return min((due for due in dues if due is not None), default=None)


def escalate(draft: Draft) -> None:
    """Tell of the stages that are due: together, by the name of the last of them."""
    stages = []
    for stage in stages_of(draft.incident, draft.plan):
        due = stage_due(draft.incident, stage)
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
    draft.tell("escalated", groups, reason=names[-1], asks=dict.fromkeys(groups, ("acknowledge",)))
