"""What is done about notices that do not arrive: the fallback is told, then lead and command. Pure; see ``arrival``."""

from __future__ import annotations

from msgspec.structs import replace

from tocsin._core.incident import Fallback
from tocsin._core.view import View
from tocsin.incident import audience
from tocsin.incident.arrival import standing
from tocsin.incident.draft import Draft


def follow(draft: Draft, view: View) -> list[Fallback]:
    """The notices whose fallback is due now. Those that arrived are no longer waited for."""
    due: list[Fallback] = []
    waiting: list[Fallback] = []
    reached: set[str] = set()
    lost: list[Fallback] = []
    for entry in draft.incident.unconfirmed:
        match standing(entry, view.told, draft.plan, draft.now):
            case "accepted":
                reached.add(entry.group)
            case "fallback":
                due.append(entry)
                waiting += _after_fallback(draft, entry)
                draft.note("fallback", group=entry.group, event=entry.event, sequence=entry.sequence)
            case "untold":
                lost.append(entry)
            case _:
                waiting.append(entry)
    draft.set(
        unconfirmed=tuple(waiting), untold=tuple(group for group in draft.incident.untold if group not in reached)
    )
    _tell(draft, lost)
    return due


def _after_fallback(draft: Draft, entry: Fallback) -> list[Fallback]:
    """What is still watched of a notice whose fallback is told now."""
    limit = draft.plan.tiers[entry.tier].deliver_within
    if limit is None or entry.event == "untold":
        return []
    return [replace(entry, due=None, late=draft.now + limit, fell_back=True)]


def _tell(draft: Draft, lost: list[Fallback]) -> None:
    """Tell of groups that nothing reaches, those of which it was not told yet; together."""
    groups = audience.in_order(entry.group for entry in lost if entry.event != "untold")
    fresh = tuple(group for group in groups if group not in draft.incident.untold)
    if not fresh:
        return
    draft.set(untold=audience.in_order((*draft.incident.untold, *fresh)))
    missed = [[entry.group, entry.event, entry.sequence] for entry in lost if entry.group in fresh]
    draft.note("untold", groups=list(fresh), notices=missed)
    draft.tell("untold", audience.lead_and_command(draft.incident, draft.plan), said={"groups": list(fresh)})
