"""Whether notices arrive: which are watched, and how one of them stands. Pure.

Each notice is watched until a channel of its group has accepted it. Where none does within the tier's time, or all have
failed, the group's fallback is told; where there is none, or none of it accepts within the same time again, lead and
command are told that the group is untold: once, until something reaches the group again. So they are of the vendor,
which has no fallback; that it did not learn that it is not asked any more, nobody needs to know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from tocsin._core.about import About, about
from tocsin._core.hours import carriers, digest_at, group_of
from tocsin._core.incident import Fallback, Incident
from tocsin._core.plan import VENDOR, Plan
from tocsin._core.times import Millis

Standing = Literal["waits", "accepted", "fallback", "untold"]


def watched(
    incident: Incident, plan: Plan, now: Millis, *, event: str, groups: Iterable[str], sequence: int
) -> list[Fallback]:
    """What is to be watched of a notice that is told now. That ``untold`` itself did not arrive, nobody is told."""
    limit = plan.tiers[incident.tier].deliver_within
    held_until = digest_at(incident.tier, event, plan, now) or now
    seen = About(about(incident, event), incident.channels)
    owed = []
    for name in groups:
        after = None if limit is None else limit + (now if name == VENDOR else held_until)
        has_fallback = False
        if name != VENDOR:
            group = group_of(name, incident.decision.service, plan)
            has_fallback = bool(group.fallback) and not carriers(group, plan, now, seen).fallback
        if (event == "untold" and not has_fallback) or (name == VENDOR and event == "reclassified"):
            continue
        owed.append(
            Fallback(
                incident=incident.id,
                sequence=sequence,
                event=event,
                tier=incident.tier,
                group=name,
                service=incident.decision.service,
                due=after if has_fallback else None,
                late=None if has_fallback else after,
            )
        )
    return owed


def standing(entry: Fallback, told: Mapping[str, str], plan: Plan, now: Millis) -> Standing:
    """How a watched notice stands by what the store says of ``<incident>/<sequence>/<group>``: ``accepted``, or how
    many channels may still accept it. What has fallen back waits for its fallback."""
    said = told.get(f"{entry.incident}/{entry.sequence}/{entry.group}", "")
    if said == "accepted":
        return "accepted"
    has_failed = said.lstrip("-").isdigit() and int(said) <= 0 and not entry.fell_back
    is_due = has_failed or (entry.due is not None and now >= entry.due)
    can_fall_back = entry.group != VENDOR and not entry.fell_back
    can_fall_back = can_fall_back and bool(group_of(entry.group, entry.service, plan).fallback)
    is_first = entry.due is not None or entry.late is None
    if is_due and is_first and can_fall_back:
        return "fallback"
    return "untold" if is_due or (entry.late is not None and now >= entry.late) else "waits"
