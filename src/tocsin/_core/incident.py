"""An incident, the notices it owes and their deliveries: what is stored, and goes between steps.

All are immutable; ``msgspec.structs.replace`` makes a changed copy.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from tocsin._core.letter import Dropping
from tocsin._core.model import Classification, Text, Tier
from tocsin._core.record import ChangeRecord, Estimate, Progress, Record, VendorTerms
from tocsin._core.timeline import Head
from tocsin._core.times import Millis

State = Literal["open", "acknowledged", "contained", "restored", "closed"]
Signals = Literal["firing", "cleared"]
Outcome = Literal["recovered", "unconfirmed", "transient", "false_alarm", "merged"]
DeliveryState = Literal["waiting", "accepted", "dead", "superseded"]


RECOVERY_BUCKETS = (60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400, 172_800, 604_800)
"""Bounds in seconds of the histograms of recovery: one minute to seven days."""


class AlertRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An alert as it is kept."""

    identity: str
    source: str
    labels: dict[str, str]
    annotations: dict[str, str]
    generator_url: str
    starts_at: Millis | None
    firing: bool = True
    ends_at: Millis | None = None


class Fallback(msgspec.Struct, frozen=True, kw_only=True):
    """A notice that a group is owed and has not been seen to get; ``due`` is when its fallback is told, if it has not
    failed before, and ``late`` when others are told that it is untold. ``incident`` is the notice's, which may be the
    one before the present. ``service`` is the one whose teams are told in the group's place. What the vendor is owed
    stands under the group ``vendor``, which has no fallback."""

    incident: str
    sequence: int
    event: str
    tier: Tier
    group: str
    service: str = ""
    due: Millis | None
    late: Millis | None = None
    fell_back: bool = False


class Acknowledgement(msgspec.Struct, frozen=True, kw_only=True):
    """A person's word, for a group, that it has the incident."""

    group: str
    by: str
    at: Millis


class Escalated(msgspec.Struct, frozen=True, kw_only=True):
    """A stage of escalation that was told, and when it was last."""

    stage: str
    at: Millis


class Incident(msgspec.Struct, frozen=True, kw_only=True, rename={"class_": "class"}):
    """An incident as stored.

    ``key`` is the digest under which its alerts join, ``key_text`` the same for people. ``first_at`` is
    the acceptance of its first alert, ``announce_at`` when ``opened`` is due, ``announced_at`` when it was
    committed. ``cleared_at`` is set while nothing fires; ``clearing_told`` says whether that was told.
    ``joined`` counts alerts that joined and are not yet told. ``told`` are the groups for which a notice was
    committed. ``acknowledged_by`` is the first who acknowledged it for the lead group or for command,
    ``acknowledgements`` are all groups'. ``escalated`` are the stages told so far.
    ``timeline_entries`` and ``timeline_hash`` are the head of its timeline's chain.

    ``declared_by`` is who declared it by hand, by which ``request``. ``still_broken`` says that its clocks go on though
    its signals are quiet. ``lowered`` says that a person has lowered its tier. ``rto_warned`` is the highest percentage
    of the recovery time that was told; ``update_due`` is when the next update is due, ``update_reminders`` how often
    it was asked for since, and ``update_reminded_at`` when last. ``unconfirmed`` are notices that were not yet seen to
    arrive, ``untold`` the groups of which others were told that nothing does. ``told_vendor`` is the vendor that was
    told of it last: the one that is told what becomes of it. ``channels`` carried its beginning by their ``match``.
    """

    id: str
    key: str
    key_text: str
    revision: int = 0
    sequence: int = 0
    class_: str
    secondary_classes: tuple[str, ...] = ()
    tier: Tier
    state: State = "open"
    title: Text
    services: tuple[str, ...] = ()
    decision: Classification
    rto: Millis
    drill: bool = False
    started_at: Millis
    first_at: Millis
    announce_at: Millis
    announced_at: Millis | None = None
    cleared_at: Millis | None = None
    cleared_reason: str = ""
    clearing_told: bool = False
    clearings: int = 0
    stale_told: bool = False
    restored_at: Millis | None = None
    closed_at: Millis | None = None
    outcome: Outcome | None = None
    rto_outcome: str = ""
    follows: str = ""
    firing: int = 0
    total: int = 0
    joined: int = 0
    joined_told_at: Millis | None = None
    truncated: int = 0
    told: tuple[str, ...] = ()
    unconfirmed: tuple[Fallback, ...] = ()
    acknowledged_by: str = ""
    acknowledged_at: Millis | None = None
    acknowledgements: tuple[Acknowledgement, ...] = ()
    escalated: tuple[Escalated, ...] = ()
    timeline_entries: int = 0
    timeline_hash: str = ""
    subtype: str = ""
    record: Record = Record()
    declared_by: str = ""
    request: str = ""
    description: str = ""
    assigned_to: str = ""
    contained_at: Millis | None = None
    contained_by: str = ""
    restored_by: str = ""
    still_broken: bool = False
    lowered: bool = False
    snoozed_until: Millis | None = None
    sla_limit: Millis | None = None
    sla_told: bool = False
    sla_forecast: bool = False
    rto_warned: int = 0
    eta: Estimate | None = None
    eta_late_told: bool = False
    progress: Progress | None = None
    update_due: Millis | None = None
    update_reminders: int = 0
    update_reminded_at: Millis | None = None
    changes: tuple[ChangeRecord, ...] = ()
    vendor_terms: VendorTerms | None = None
    merged_into: str = ""
    untold: tuple[str, ...] = ()
    told_vendor: str = ""
    channels: tuple[str, ...] = ()

    @property
    def vendor(self) -> str:
        """The vendor that answers for it: the one whose terms bind, else what was decided."""
        return self.decision.vendor if self.vendor_terms is None else self.vendor_terms.vendor

    @property
    def timeline_head(self) -> Head:
        """The end of its timeline's chain."""
        return Head(entries=self.timeline_entries, hash=self.timeline_hash)

    @property
    def signals(self) -> Signals:
        """Whether any of its alerts fires; one that was declared may have none."""
        return "firing" if self.cleared_at is None and self.total else "cleared"

    @property
    def rto_deadline(self) -> Millis:
        """When the recovery time is over; always measured from ``started_at``."""
        return self.started_at + self.rto

    @property
    def sla_deadline(self) -> Millis | None:
        """When the SLA limit is reached, where there is one."""
        return None if self.sla_limit is None else self.started_at + self.sla_limit

    @property
    def is_running(self) -> bool:
        """Whether its clocks run: it was told, it goes on, and something fires or a person says that it does."""
        is_over = self.restored_at is not None or self.closed_at is not None
        return not is_over and self.announced_at is not None and (self.cleared_at is None or self.still_broken)

    def rto_consumed(self, now: Millis) -> float:
        """The share of the recovery time that is used; it stands still while no clock runs."""
        quiet_at = None if self.still_broken else self.cleared_at
        at = min(at for at in (now, quiet_at, self.restored_at, self.closed_at) if at is not None)
        return max(0.0, (at - self.started_at) / self.rto) if self.rto else 1.0


class Change(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """A field that an event changed."""

    field: str
    from_: str
    to: str


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """An event of an incident that is owed to groups, with the one snapshot that all its bodies are made of.

    ``incident`` is the incident as clients see it (JSON-ready), ``alerts`` its newest ones. ``tell_by`` is
    how long a group's channels have before its fallback is told, ``None`` for no limit. ``said`` is what a person
    said or did that the event is about. ``accepted_at`` is when the alert was accepted that is behind it. ``service``
    is the one whose teams are told in their groups' place. ``vendor`` is told too, ``""`` for none, of ``scope`` alone:
    the incident as far as it is that vendor's, JSON-ready. By ``about`` channels tell whether they carry it;
    ``carried`` are those that carried its incident's beginning.
    """

    id: str
    incident_id: str
    key: str
    service: str = ""
    sequence: int
    event: str
    at: Millis
    reason: str = ""
    changes: tuple[Change, ...] = ()
    groups: tuple[str, ...]
    asks: dict[str, tuple[str, ...]] = {}
    tier: Tier
    drill: bool = False
    incident: dict[str, Any]
    alerts: tuple[AlertRecord, ...] = ()
    truncated_alerts: int = 0
    said: dict[str, Any] = {}
    vendor: str = ""
    scope: dict[str, Any] = {}
    about: dict[str, str] = {}
    carried: tuple[str, ...] = ()
    accepted_at: Millis

    @property
    def told(self) -> tuple[str, ...]:
        """The groups that it is for, and ``vendor`` if a vendor is told too."""
        return (*self.groups, "vendor") if self.vendor else self.groups


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try to send: ``result`` is ``accepted``, ``retried`` or ``dead``. ``together`` is how many notices the
    message was for, where they were more than one."""

    at: Millis
    result: str
    error: str = ""
    together: int = 0


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One notice on its way to one channel, for one group (or several that share the channel).

    ``since`` is when it was first to be sent, or taken up again; it may fail for an hour from there. ``lane`` is
    the group by which its lane on the channel is named: the first of all that share the channel, whether or not
    this notice is for it, so that none overtakes an earlier one that was for both. What a ``vendor`` is told goes to
    the group ``vendor``. ``mention`` are the people whom it calls. ``digest`` says that it waits until ``due`` to be
    sent together with others. A ``record`` is for nobody to read now, and tells no group. One that was ``dropped`` as a
    dead letter is superseded.
    """

    id: str
    notice: str
    incident: str
    key: str
    sequence: int
    event: str
    tier: Tier
    channel: str
    group: str
    groups: tuple[str, ...]
    lane: str = ""
    language: str
    timezone: str
    details: str
    vendor: str = ""
    mention: tuple[str, ...] = ()
    fallback: bool = False
    digest: bool = False
    record: bool = False
    state: DeliveryState = "waiting"
    attempts: tuple[Attempt, ...] = ()
    created_at: Millis
    since: Millis
    due: Millis
    dropped: Dropping | None = None
