"""What a person does about an incident: an input to the decision about it, as its alerts and the time are."""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

ActionName = Literal["acknowledge"]
ACTIONS: tuple[str, ...] = get_args(ActionName)
"""The names of all actions there are."""


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One act: which, upon which incident, by whom, for which group.

    ``if_revision`` is the revision that the person saw, where the act is to hold for no other.
    """

    incident: str
    action: ActionName
    by: str
    group: str
    if_revision: int | None = None
