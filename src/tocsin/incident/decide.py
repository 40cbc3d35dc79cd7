"""The one decision about an incident: what is stored and what its alerts show in, what to write and tell out.

Level-triggered: it looks at how things are, not at what happened in which order, so it may run late, twice,
or once for ten thousand alerts, and comes to the same end. It does no I/O and reads no clock.
"""

from __future__ import annotations

import msgspec

from tocsin._core.action import Action
from tocsin._core.declaration import Declared
from tocsin._core.incident import Fallback, Incident, Notice
from tocsin._core.plan import Plan
from tocsin._core.timeline import TimelineEntry
from tocsin._core.times import MINUTE, Millis
from tocsin._core.view import View
from tocsin.incident import actions, escalation, handling, opening, recovery, signals, telling, updates, vendors
from tocsin.incident.draft import Draft
from tocsin.incident.showing import showing

ARRIVED_EVERY: Millis = 10 * MINUTE
"""How often a closed incident looks whether its last notices arrived, where nothing else would wake it."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What to write and to tell. ``incidents`` are the changed ones, the present one last; ``opened`` the new
    one's id; ``fallbacks`` are notices whose group's fallback is to be told; ``clock`` is when to look again
    even if nothing changes; ``suppressed`` are reasons for which nobody was told of a change."""

    incidents: tuple[Incident, ...] = ()
    opened: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    fallbacks: tuple[Fallback, ...] = ()
    timeline: tuple[tuple[str, TimelineEntry], ...] = ()
    stats: tuple[tuple[str, float], ...] = ()
    suppressed: tuple[str, ...] = ()
    clock: Millis | None = None


def decide(
    incident: Incident | None,
    view: View,
    plan: Plan,
    now: Millis,
    *,
    counter: int = 0,
    action: Action | Declared | None = None,
) -> Decision:
    """Decide about one incident key. ``counter`` is counted up by the caller while an incident's id is taken.

    ``action`` is what a person does about the incident, which takes it: ``actions.check`` has said so; or the
    declaration of one, on a key that has none. Raises ``Conflict`` and ``Unprocessable`` for what makes no sense.
    """
    present = Draft(incident, plan, now) if incident else None
    if present and isinstance(action, Action):
        late = actions.is_late(present.incident, action)
        if view.firing == 0 and (present.is_open or not late):
            # A person may know before the loop does that the signals are quiet; of a closed one nobody looked since.
            signals.follow(present, view)
        # Before the clocks: what is acknowledged at the last moment is not escalated.
        if late:
            handling.refuse(present, action)
        else:
            actions.perform(present, action)
    drafts = [(present, view)] if present else []
    fallbacks = telling.follow(present, view) if present else []
    if present and present.is_open and signals.returned_too_late(present.incident, view, plan):
        signals.close_unconfirmed(present)
    if present and present.is_open:
        if view.joined:
            opening.join(present, view.joined)
        _go_on(present, view)
    elif isinstance(action, Declared):
        follows = _previous(present, view, plan, now)
        opened = opening.declare(view.of_next(), action, plan, now, counter=counter, follows=follows)
        if view.joined:
            opening.join(opened, view.joined)
        drafts = [(draft, view.of_last()) for draft, _ in drafts] + [(opened, view.of_next())]
        _go_on(opened, view.of_next())
    elif view.joined:
        follows = _previous(present, view, plan, view.joined.first_at)
        own = view.of_next()
        opened = opening.open_incident(own, view.joined, plan, now, counter=counter, follows=follows)
        drafts = [(draft, view.of_last()) for draft, _ in drafts] + [(opened, own)]
        _go_on(opened, own)
    return _result(drafts, fallbacks)


def with_alerts(decision: Decision, view: View) -> Decision:
    """The decision with its notices showing alerts, once the view has their records."""
    opened = frozenset(decision.opened)
    notices = tuple(
        showing(notice, view, is_new=notice.incident_id in opened, follows_another=bool(opened))
        for notice in decision.notices
    )
    return msgspec.structs.replace(decision, notices=notices)


def _go_on(draft: Draft, view: View) -> None:
    signals.follow(draft, view)
    opening.announce(draft, view)
    if draft.is_open:
        vendors.follow(draft)
        signals.tell_clearing(draft)
        opening.tell_added(draft)
        escalation.escalate(draft)
        recovery.follow(draft)
        updates.remind(draft)
        signals.tell_stale(draft, view)
        signals.auto_restore(draft)


def _previous(present: Draft | None, view: View, plan: Plan, at: Millis) -> str:
    """The incident of this key that was closed not long before a new one opens, ``at`` this time."""
    previous = view.previous
    if present and present.incident.closed_at is not None:
        previous = (present.incident.id, present.incident.closed_at)
    if previous and at - previous[1] <= plan.incidents.reopen_within:
        return previous[0]
    return ""


def _result(seen: list[tuple[Draft, View]], fallbacks: list[Fallback]) -> Decision:
    """``seen`` are the incidents, the present one last, and what each may know of the key's alerts."""
    drafts = [draft for draft, _ in seen]
    notices: list[Notice] = []
    for place, (draft, view) in enumerate(seen):
        notices += draft.finish(view)
        if place + 1 < len(drafts):
            # What the old incident's groups were not yet seen to get, the new one watches over.
            drafts[place + 1].set(unconfirmed=draft.incident.unconfirmed)
            draft.set(unconfirmed=())
    return Decision(
        incidents=tuple(draft.incident for draft in drafts if draft.changed),
        opened=tuple(draft.incident.id for draft in drafts if draft.is_new),
        notices=tuple(notices),
        fallbacks=tuple(fallbacks),
        timeline=tuple(entry for draft in drafts for entry in draft.timeline),
        stats=tuple(stat for draft in drafts for stat in draft.stats),
        suppressed=tuple(reason for draft in drafts for reason in draft.suppressed),
        clock=_clock(drafts[-1]) if drafts else None,
    )


def _clock(draft: Draft) -> Millis | None:
    """When the next clock of the incident is due."""
    incident, plan = draft.incident, draft.plan
    clocks: list[Millis | None] = [at for entry in incident.unconfirmed for at in (entry.due, entry.late)]
    if incident.unconfirmed and not draft.is_open:
        # What arrives wakes nobody, and until it is seen to have arrived the alerts' view must be kept.
        clocks.append(draft.now + ARRIVED_EVERY)
    if draft.is_open:
        clocks += (
            incident.announce_at if incident.announced_at is None else None,
            signals.clearing_due(incident, plan),
            signals.restoring_due(incident, plan),
            opening.added_due(incident),
            escalation.escalation_due(incident, plan, draft.now),
            updates.reminder_due(incident, plan, draft.now),
            *recovery.dues(incident),
        )
    return min((clock for clock in clocks if clock is not None), default=None)
