"""Who acts by a callback, and for which group. Pure.

A person whose account at the tool the plan knows acts under their own name, as the tool proves. Whom the plan does not
know acts under the tool's name for them, for the group that was asked there, and may do what an answer link may.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from tocsin._core.action import Acknowledge, Act, Action, Note, VendorAcknowledge
from tocsin._core.incident import Delivery, Incident
from tocsin._core.people import Person
from tocsin._core.plan import Plan

_ACCOUNT = re.compile(r"[A-Za-z0-9_.@+-]{1,64}", re.ASCII)


def actions_of(
    incident: Incident, acts: Sequence[Act], *, tool: str, accounts: Sequence[str], told: Sequence[Delivery], plan: Plan
) -> tuple[Action, ...]:
    """The actions that are meant, to be tried in turn. ``told`` are the messages that they answer."""
    person = _person(tool, accounts, plan)
    asked = tuple(dict.fromkeys(group for each in told for group in each.groups if group in plan.groups))
    name = person.name if person else _name(tool, accounts)
    if not asked:
        answers = any(each.vendor == incident.vendor for each in told)
        acts = [meant for act in acts if answers and (meant := _of_vendor(act, name)) is not None]
    return tuple(
        Action(
            incident=incident.id,
            act=act,
            by=name,
            group=_group(incident, person, asked, plan),
            via=tool,
            verified=person is not None,
            stand_in=person is None,
        )
        for act in acts
    )


def _person(tool: str, accounts: Collection[str], plan: Plan) -> Person | None:
    return next((each for each in plan.people.values() if each.accounts.get(tool) in accounts), None)


def _name(tool: str, accounts: Sequence[str]) -> str:
    """What an unknown person is called: the tool, and how it calls them."""
    return f"{tool}:{accounts[0]}" if accounts and _ACCOUNT.fullmatch(accounts[0]) else tool


def _group(incident: Incident, person: Person | None, asked: Sequence[str], plan: Plan) -> str:
    """One of the groups that were asked, where the person is of one; the lead before command before others."""
    own = person.groups if person else asked
    found = [group for group in asked if group in own] or list(own)
    known = plan.classes.get(incident.class_) or plan.classes["other"]
    first = [group for group in (known.lead, "command") if group in found]
    return (first or found or [""])[0]


def _of_vendor(act: Act, name: str) -> Act | None:
    """What it means where the vendor alone was told: it takes up its part, and is heard; the rest is the groups'."""
    if isinstance(act, Acknowledge):
        return VendorAcknowledge(who=name)
    return act if isinstance(act, Note) else None
