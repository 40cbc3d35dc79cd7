"""The clock of updates: by when the lead says how it stands, and who hears of it if nobody does. Pure.

An update is due a period after the opening was told, or after the last update. Then the lead is reminded; half a period
later it is overdue and command is told too, and again every period until somebody says how it stands.
"""

from __future__ import annotations

from tocsin._core.incident import Incident
from tocsin._core.plan import Plan
from tocsin._core.times import Millis
from tocsin.incident import audience
from tocsin.incident.draft import Draft
from tocsin.incident.recording import at_work, within_hours


def due_at(incident: Incident, plan: Plan) -> Millis | None:
    """When the next update is due; ``None`` where none is: before the opening, and once it is over."""
    policy = plan.tiers[incident.tier]
    if policy.update_every is None or incident.announced_at is None or incident.state in ("restored", "closed"):
        return None
    said_at = incident.progress.at if incident.progress else incident.announced_at
    return within_hours(plan, policy.calendar, max(said_at, incident.announced_at), policy.update_every)


def reminder_due(incident: Incident, plan: Plan, now: Millis) -> Millis | None:
    """When somebody is reminded next; ``None`` while no clock runs. What is overdue speaks now, or when the tier's
    hours begin."""
    policy, due = plan.tiers[incident.tier], due_at(incident, plan)
    if due is None or policy.update_every is None or not incident.is_running:
        return None
    at = due
    if incident.update_reminded_at is not None and incident.update_reminders:
        pause = policy.update_every // 2 if incident.update_reminders == 1 else policy.update_every
        at = within_hours(plan, policy.calendar, incident.update_reminded_at, pause)
    return at_work(plan, policy.calendar, max(at, incident.snoozed_until or 0, now))


def remind(draft: Draft) -> None:
    """Ask the lead how it stands; once it is overdue, tell command that nobody has said."""
    incident, plan = draft.incident, draft.plan
    draft.set(update_due=due_at(incident, plan))
    due = reminder_due(incident, plan, draft.now)
    if due is None or draft.now < due:
        return
    is_overdue = incident.update_reminders > 0 or _is_overdue(incident, plan, draft.now)
    lead = audience.lead(incident, plan)
    groups = audience.lead_and_command(incident, plan) if is_overdue else lead
    draft.set(update_reminders=2 if is_overdue else 1, update_reminded_at=draft.now)
    draft.note("update_overdue" if is_overdue else "update_due")
    draft.tell("update_due", groups, asks=dict.fromkeys(lead, ("update",)))


def _is_overdue(incident: Incident, plan: Plan, now: Millis) -> bool:
    policy, due = plan.tiers[incident.tier], due_at(incident, plan)
    assert policy.update_every is not None and due is not None
    return now >= within_hours(plan, policy.calendar, due, policy.update_every // 2)
