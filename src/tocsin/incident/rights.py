"""Who may act upon an incident, and for which group. Pure.

While the plan lists no people any name may act, for the group that it names. Where it lists people, only they may, for
their own groups. Only command lowers a tier or closes a high incident; nobody does either by a link alone, nor does
somebody at a channel's tool whom the plan does not know there.
"""

from __future__ import annotations

from msgspec.structs import replace

from tocsin._core.action import Acknowledge, Action, Assign, Change, Close, FalseAlarm, Lower, Merge
from tocsin._core.declaration import Asked
from tocsin._core.errors import Forbidden, Unprocessable
from tocsin._core.incident import Incident
from tocsin._core.model import Tier
from tocsin._core.plan import Plan

_ENDS = (Close, FalseAlarm, Merge)


def resolved(action: Action, plan: Plan) -> Action:
    """The action with the group for which its person acts. Raises ``Unprocessable`` where no plan has such a person,
    or where it must be said for which group they act, and is not."""
    groups = tuple(plan.groups)
    if action.stand_in:
        return action
    if plan.people:
        person = plan.people.get(action.by)
        if person is None:
            raise Unprocessable("nothing was done", [("by", _unknown(action.by))])
        groups = person.groups
        _check_named(action, plan)
    if action.group:
        if action.group not in groups:
            raise Unprocessable("nothing was done", [("group", f"must be one of: {', '.join(groups)}")])
        return action
    if plan.people and len(groups) == 1:
        return replace(action, group=groups[0])
    if isinstance(action.act, Acknowledge):
        raise Unprocessable("nothing was done", [("group", f"must be one of: {', '.join(groups)}")])
    if plan.people and "command" in groups:
        return replace(action, group="command")
    return action


def _check_named(action: Action, plan: Plan) -> None:
    """Refuse to put somebody in charge, or down as an approver, whom the plan's people do not name."""
    act = action.act
    named = {"to": act.to} if isinstance(act, Assign) else {}
    if isinstance(act, Change) and act.approver is not None:
        named["approver"] = act.approver
    problems = [(field, _unknown(name)) for field, name in named.items() if name not in plan.people]
    if problems:
        raise Unprocessable("nothing was done", problems)


def check_declarer(asked: Asked, plan: Plan) -> None:
    """Refuse a declaration by somebody whom the plan's people do not name. Raises ``Unprocessable``."""
    if plan.people and asked.by not in plan.people:
        raise Unprocessable("nothing was declared", [("by", _unknown(asked.by))])


def _unknown(name: str) -> str:
    return f"the plan knows nobody called {name}; the people who may act are listed in it under people"


def check_rights(action: Action, incident: Incident) -> None:
    """Refuse what this person may not do to this incident. Raises ``Forbidden``."""
    act = action.act
    is_high_end = isinstance(act, _ENDS) and incident.tier is Tier.HIGH
    if action.via == "link" or action.stand_in:
        who = "whom the plan does not know at the tool" if action.stand_in else "who follows a link"
        if isinstance(act, Lower) or is_high_end:
            raise Forbidden(
                f"{action.action} needs a person who is known; somebody {who} is not. Use the command line or the API"
            )
        if isinstance(act, Change) and act.approver:
            raise Forbidden(f"somebody {who} may record a change, but not who approved it")
    if action.group == "command":
        return
    if isinstance(act, Lower):
        raise Forbidden("only command lowers a tier; act for it with group: command")
    if is_high_end:
        raise Forbidden(
            f"{incident.id} is high, and only command ends such an incident; act for it with group: command"
        )
