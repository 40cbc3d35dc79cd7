"""What a person does about an incident: an input to the decision about it, as its alerts and the time are.

One class an action, with the fields that the API, the command line and the answer page all take; ``ACTS`` has them by
name. Texts are bounded, since all of it is kept with the incident.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tocsin._core.model import Tier
from tocsin._core.record import Continuity, ResponsibleParty
from tocsin._core.times import Millis

Line = Annotated[str, Meta(min_length=1, max_length=200)]
Words = Annotated[str, Meta(min_length=1, max_length=2000)]
Lines = Annotated[tuple[Line, ...], Meta(max_length=20)]
Moment = Annotated[Millis, Meta(extra={"format": "time"})]
"""A point in time; RFC 3339 in JSON."""

LONGEST_SPAN = 7 * 86_400
Seconds = Annotated[int, Meta(ge=1, le=LONGEST_SPAN)]


class Act(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="action"):
    """What all acts are."""


class Acknowledge(Act, frozen=True, kw_only=True, tag="acknowledge"):
    """Say that a group has the incident. The lead group's word, or command's, ends its escalation."""


class Assign(Act, frozen=True, kw_only=True, tag="assign"):
    """Name the person who is in charge."""

    to: Line


class Contain(Act, frozen=True, kw_only=True, tag="contain"):
    """Say that it spreads no further."""

    note: Words | None = None


class Findings(Act, frozen=True, kw_only=True):
    """What somebody has found out. Each field takes the place of what was said before; the lists as a whole."""

    location: Line | None = None
    affected_business: Lines | None = None
    impact_scope: Words | None = None
    known_cause: Words | None = None
    interim_measures: Words | None = None
    systems: Lines | None = None
    modules: Lines | None = None
    datasets: Lines | None = None
    business_lines: Lines | None = None
    customer_groups: Lines | None = None
    direct_impact: Words | None = None
    indirect_impact: Words | None = None
    potential_risks: Words | None = None
    continuity: Continuity | None = None
    measures_done: Lines | None = None
    measures_planned: Lines | None = None
    responsible_party: ResponsibleParty | None = None
    eta: Moment | None = None


class Update(Findings, frozen=True, kw_only=True, tag="update"):
    """Tell all who were told how it stands. Moves the time at which the next update is due."""

    goal: Words
    progress: Words
    risks: Words
    next_step: Words | None = None


class Note(Findings, frozen=True, kw_only=True, tag="note"):
    """Put something on record."""

    text: Words


class Snooze(Act, frozen=True, kw_only=True, tag="snooze"):
    """Stop reminders and escalation for a time; the recovery time and the SLA go on."""

    for_seconds: Seconds
    reason: Words | None = None


class Raise(Act, frozen=True, kw_only=True, tag="raise"):
    """Raise the tier."""

    tier: Tier
    reason: Words | None = None


class Lower(Act, frozen=True, kw_only=True, tag="lower"):
    """Lower the tier, for a reason. Command's only."""

    tier: Tier
    reason: Words


class Reclassify(Act, frozen=True, kw_only=True, tag="reclassify", rename={"class_": "class"}):
    """Say what it really is. ``secondary_classes`` are what it is besides, ``vendor`` is who answers for it."""

    class_: Line
    subtype: Line | None = None
    secondary_classes: Lines | None = None
    vendor: Line | None = None
    reason: Words | None = None


class Widen(Act, frozen=True, kw_only=True, tag="add_service"):
    """Name a further service that it touches."""

    service: Line


class Change(Act, frozen=True, kw_only=True, tag="change"):
    """Record an emergency change, or with ``number`` what has become of one that was recorded."""

    what: Words | None = None
    number: Annotated[int, Meta(ge=1)] | None = None
    scope: Literal["small", "large"] | None = None
    approver: Line | None = None
    rollback_plan: Words | None = None
    assessed: bool | None = None
    tested: bool | None = None
    result: Words | None = None


class Restore(Act, frozen=True, kw_only=True, tag="restore"):
    """Say that the service is back: as of when its signals cleared, if no ``at`` says when."""

    at: Moment | None = None
    despite_firing: bool = False
    note: Words | None = None


class StillBroken(Act, frozen=True, kw_only=True, tag="still_broken"):
    """Say that the service is not back, though its signals are quiet: its clocks go on."""

    note: Words | None = None


class Close(Act, frozen=True, kw_only=True, tag="close"):
    """End it. A high incident is closed by command only."""

    reason: Words | None = None


class FalseAlarm(Act, frozen=True, kw_only=True, tag="false_alarm"):
    """End it: there was nothing."""

    reason: Words


class Merge(Act, frozen=True, kw_only=True, tag="merge"):
    """End it as a part of another incident, which goes on."""

    into: Line
    reason: Words | None = None


class Reopen(Act, frozen=True, kw_only=True, tag="reopen"):
    """Take it up again: it was not over."""

    reason: Words | None = None


class VendorAcknowledge(Act, frozen=True, kw_only=True, tag="vendor_acknowledge"):
    """Record that the vendor has taken it up: who there, and when they mean to be done."""

    who: Line
    eta: Moment | None = None


ACTS: dict[str, type[Act]] = {
    str(act.__struct_config__.tag): act
    for act in (
        *(Acknowledge, Assign, Contain, Update, Note, Snooze, Raise, Lower, Reclassify, Widen, Change, Restore),
        *(StillBroken, Close, FalseAlarm, Merge, Reopen, VendorAcknowledge),
    )
}
"""All actions, by name."""

ACTIONS: tuple[str, ...] = tuple(ACTS)


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One act upon one incident, by whom, for which group (``""`` where none was named).

    ``if_revision`` is the revision that the person saw, where the act is to hold for no other. ``via`` is the way
    they came by: ``api``, ``cli``, ``link``, or the name of the program that acts for them, or of the tool where they
    did. ``verified`` says that a token of their name, or an account that the plan has for them, proves who they are;
    else somebody only said so. ``stand_in`` says that ``by`` is only what a tool calls them: no person of the plan.
    """

    incident: str
    act: Act
    by: str
    group: str = ""
    if_revision: int | None = None
    via: str = "api"
    verified: bool = False
    stand_in: bool = False

    @property
    def action(self) -> str:
        """The name of the act."""
        return str(self.act.__struct_config__.tag)
