"""An incident while it is being decided about: collects changes, events and the record of them.

All notices of one decision are made at its end, from one snapshot, so that they agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from tocsin._core.about import about
from tocsin._core.action import Action
from tocsin._core.events import Event
from tocsin._core.ids import notice_id
from tocsin._core.incident import RECOVERY_BUCKETS, Change, Incident, Notice
from tocsin._core.plan import VENDOR, Plan
from tocsin._core.snapshot import snapshot
from tocsin._core.timeline import TimelineEntry, chained
from tocsin._core.times import Millis
from tocsin._core.view import View
from tocsin.incident.arrival import watched
from tocsin.incident.audience import VENDOR_EVENTS, in_order, vendor_of, vendor_told
from tocsin.incident.recording import with_service
from tocsin.incident.scope import scope_of

CHANGES_SHOWN = 10
"""The newest emergency changes, as many as a notice takes along."""


def given(**said: Any) -> dict[str, Any]:
    """What was said, without what was not."""
    return {name: value for name, value in said.items() if value is not None}


class _Event(msgspec.Struct, frozen=True, kw_only=True):
    event: Event
    groups: tuple[str, ...]
    reason: str
    changes: tuple[Change, ...]
    asks: dict[str, tuple[str, ...]]
    said: dict[str, Any]
    vendor: str


class Draft:
    """One incident, being changed. ``incident`` is always the present state."""

    def __init__(self, incident: Incident, plan: Plan, now: Millis, *, is_new: bool = False) -> None:
        self.incident = incident
        self.plan = plan
        self.now = now
        self.is_new = is_new
        self.timeline: list[tuple[str, TimelineEntry]] = []
        self.stats: list[tuple[str, float]] = []
        self.suppressed: list[str] = []
        self._before = incident
        self._events: list[_Event] = []

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return self.is_new or self.incident != self._before or bool(self.timeline)

    @property
    def is_open(self) -> bool:
        """Whether the incident is not closed."""
        return self.incident.closed_at is None

    def set(self, **changes: Any) -> None:
        """Change fields of the incident."""
        self.incident = msgspec.structs.replace(self.incident, **changes)

    def note(self, action: str, **detail: Any) -> None:
        """Enter into the timeline what the rules and clocks did."""
        decision = self.incident.decision
        self.enter(f"system:{decision.rule or 'other'}@{self.plan.hash}", action, **detail)

    def enter(
        self,
        actor: str,
        action: str,
        /,
        *,
        via: str = "",
        verified: bool | None = None,
        changes: Sequence[Sequence[Any]] = (),
        **detail: Any,
    ) -> None:
        """Enter into the timeline what somebody did. ``changes`` are fields, each with its value before and after."""
        before = {field: value for field, value, _ in changes}
        after = {field: value for field, _, value in changes}
        entry = TimelineEntry(
            at=self.now,
            actor=actor,
            action=action,
            via=via,
            verified=verified,
            before=before,
            after=after,
            detail=detail,
        )
        self.timeline.append((self.incident.id, entry))

    def act(self, action: Action, name: str, *, changes: Iterable[Change] = (), **detail: Any) -> None:
        """Enter into the timeline what a person did, what that changed, and for whom and by which way they came."""
        group = {"group": action.group} if action.group else {}
        shown = [(change.field, change.from_, change.to) for change in changes]
        self.enter(action.by, name, via=action.via, verified=action.verified, changes=shown, **{**group, **detail})

    def extend_record(self, service: str) -> None:
        """Add what the catalogue says of a service to what is known of the incident."""
        self.set(record=with_service(self.incident.record, service, self.plan))

    def count(self, *labels: str) -> None:
        """Count something in the store's figures; drills are no figures."""
        if not self.incident.drill:
            self.stats.append(("|".join(labels), 1))

    def observe(self, kind: str, seconds: float, *labels: str) -> None:
        """Add to a histogram of the store's figures: its count in each bucket that it is in, and its sum."""
        for bound in RECOVERY_BUCKETS:
            if seconds <= bound:
                self.count(kind, *labels, str(bound))
        self.count(kind, *labels, "+Inf")
        if not self.incident.drill:
            self.stats.append(("|".join((f"{kind}_sum", *labels)), seconds))

    def tell(
        self,
        event: Event,
        groups: tuple[str, ...],
        *,
        reason: str = "",
        changes: tuple[Change, ...] = (),
        asks: Mapping[str, tuple[str, ...]] | None = None,
        said: Mapping[str, Any] | None = None,
        vendor: str | None = None,
    ) -> None:
        """Owe a notice of an event to groups. ``said`` is what a person said that it is about. ``vendor`` is who of
        vendors is told too; left out, the incident's own of what becomes of it. Before anybody was told of the
        incident nothing is owed: its opening says how it then is."""
        if self.incident.announced_at is None:
            return
        asked = {group: names for group, names in (asks or {}).items() if group in groups}
        words = dict(said or {})
        if vendor is None:
            vendor = self._vendor_of(event)
        owed = _Event(event=event, groups=groups, reason=reason, changes=changes, asks=asked, said=words, vendor=vendor)
        self._events.append(owed)
        self.set(told=in_order((*self.incident.told, *groups)))
        if vendor and event == "opened":
            self.set(told_vendor=vendor)

    def _vendor_of(self, event: Event) -> str:
        if event == "opened":
            return vendor_of(self.incident, self.plan)
        return vendor_told(self.incident, self.plan) if event in VENDOR_EVENTS else ""

    def finish(self, view: View) -> tuple[Notice, ...]:
        """Close the draft: count the revision, and make the notices of the one snapshot."""
        if not self.changed:
            return ()
        first = self.incident.sequence + 1
        for number, event in enumerate(self._events, first):
            told = (*event.groups, VENDOR) if event.vendor else event.groups
            owed = watched(self.incident, self.plan, self.now, event=event.event, groups=told, sequence=number)
            self.set(unconfirmed=(*self.incident.unconfirmed, *owed))
            said = given(groups=list(event.groups) or None, vendor=event.vendor or None, reason=event.reason or None)
            self.note("told", event=event.event, sequence=number, **said)
        self._chain()
        revision = self.incident.revision + self._is_visible()
        self.set(revision=revision, sequence=self.incident.sequence + len(self._events))
        shown = {**snapshot(self.incident, self.now), **_background(self.incident, self.plan)}
        if "changes" in shown:
            shown["changes"] = shown["changes"][-CHANGES_SHOWN:]
        return tuple(self._notice(event, number, shown, view) for number, event in enumerate(self._events, first))

    def _is_visible(self) -> bool:
        """Whether more has changed than what is only kept to see that notices arrive."""
        before = self._before
        return (
            self.is_new
            or bool(self.timeline)
            or self.incident != msgspec.structs.replace(before, unconfirmed=self.incident.unconfirmed)
        )

    def _chain(self) -> None:
        """Chain what was entered to the incident's timeline, and keep where that ends now."""
        name = self.incident.id
        entries = chained(name, self.incident.timeline_head, (entry for _, entry in self.timeline))
        if entries:
            self.timeline = [(name, entry) for entry in entries]
            self.set(timeline_entries=entries[-1].seq, timeline_hash=entries[-1].hash)

    def _notice(self, event: _Event, sequence: int, shown: dict[str, Any], view: View) -> Notice:
        incident = self.incident
        return Notice(
            id=notice_id(incident.id, sequence),
            incident_id=incident.id,
            key=incident.key,
            service=incident.decision.service,
            sequence=sequence,
            event=event.event,
            at=self.now,
            reason=event.reason,
            changes=event.changes,
            groups=event.groups,
            asks=event.asks,
            tier=incident.tier,
            drill=incident.drill,
            incident=shown,
            truncated_alerts=incident.total + incident.truncated,
            said=event.said,
            vendor=event.vendor,
            about=about(incident, event.event),
            carried=incident.channels,
            scope=self._scope(event.vendor) if event.vendor else {},
            accepted_at=_behind(event.event, incident, view, self.now) if event.groups else self.now,
        )

    def _scope(self, vendor: str) -> dict[str, Any]:
        """What a vendor is told of the incident; one that answers for it no longer, of what it was before."""
        incident = self.incident if vendor == self.incident.vendor else self._before
        return {**scope_of(incident, vendor, self.plan), "revision": self.incident.revision}


def _behind(event: str, incident: Incident, view: View, now: Millis) -> Millis:
    """When the alert was accepted that an event is owed for; clocks are owed from when they are told."""
    if event == "opened":
        return incident.first_at
    if event in ("alerts_added", "tier_raised", "reopened") and view.joined is not None:
        return view.joined.first_at
    return now


def _background(incident: Incident, plan: Plan) -> dict[str, Any]:
    """What the texts say beside the snapshot's fields; never part of a body's ``incident``."""
    klass = plan.classes.get(incident.class_)
    service = plan.services.get(incident.decision.service)
    vendor = plan.vendors.get(incident.vendor)
    facts: dict[str, Any] = {"impact": incident.decision.impact, "told": list(incident.told)}
    if (plain := incident.decision.plain_title) is not None:
        facts["plain_title"] = {"en": plain.en, "zh": plain.zh}
    if incident.acknowledgements:
        last = incident.acknowledgements[-1]
        facts["acknowledged"] = {"by": last.by, "group": last.group}
        facts["acknowledgements"] = [{"group": given.group, "by": given.by} for given in incident.acknowledgements]
    if incident.decision.links:
        facts["plan_links"] = dict(incident.decision.links)
    if klass:
        facts["class_title"] = {"en": klass.title.en, "zh": klass.title.zh}
    if vendor:
        facts["vendor_title"] = {"en": vendor.title.en, "zh": vendor.title.zh}
        facts["contract"] = vendor.contract
    if service:
        facts["business_lines"] = list(service.business_lines)
        facts["customer_groups"] = list(service.customer_groups)
        facts["datasets"] = list(service.datasets)
    return facts
