"""What incidents should do, in miniature: one key, no store, no scripts, no queues. Written from the contract.

It is asked the same as the product: news of alerts, and the time. It answers which events are owed to whom.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tocsin._core.plan import GROUPS
from tocsin._core.times import HOUR, MINUTE, SECOND, Millis

RANK = {"low": 1, "medium": 2, "high": 3}
WAIT = {"low": 5 * MINUTE, "medium": 30 * SECOND, "high": 0}
TELL = {"low": ("technical",), "medium": ("command", "technical", "business"), "high": GROUPS}
LATE, EXPIRES, SETTLE, REOPEN = 2 * MINUTE, 5 * MINUTE, 5 * MINUTE, 4 * HOUR
ADDED_EVERY, AUTO_RESTORE = 5 * MINUTE, 10 * MINUTE
ACK_WITHIN = {"medium": 30 * MINUTE, "high": 5 * MINUTE}
AGAIN_EVERY = 15 * MINUTE
RTO = {"low": 72 * HOUR, "medium": 24 * HOUR, "high": 4 * HOUR}
BACKDATE = 1 * HOUR

Owed = tuple[str, str, tuple[str, ...]]
"""An event, its reason, and the groups it is owed to."""


@dataclass
class ModelAlert:
    """One alert as last heard of."""

    firing: bool
    until: Millis | None
    heard: Millis
    ended: Millis | None = None
    end_heard: Millis | None = None


@dataclass
class ModelIncident:
    """The present incident."""

    tier: str
    announce_at: Millis
    first: Millis
    started: Millis
    warned: int = 0
    members: set[str] = field(default_factory=set)
    told: tuple[str, ...] = ()
    announced: bool = False
    cleared_at: Millis | None = None
    clear_told: bool = False
    clearings: int = 0
    pending: int = 0
    added_at: Millis | None = None
    opened_at: Millis = 0
    escalated_at: Millis | None = None
    is_acknowledged: bool = False
    said: set[str] = field(default_factory=set)


class Model:
    """Takes news and time; ``owed`` grows."""

    def __init__(self) -> None:
        self.alerts: dict[str, ModelAlert] = {}
        self.incident: ModelIncident | None = None
        self.owed: list[Owed] = []
        self.opened = 0
        self.zero_at: Millis = 0
        self._joined: list[tuple[str, str, Millis, Millis]] = []
        self._lost: set[str] = set()

    def fires(self) -> int:
        """How many alerts fire."""
        return sum(alert.firing for alert in self.alerts.values())

    def firing(self, name: str, tier: str, *, start: Millis, at: Millis, expires: bool) -> str:
        """News that an alert fires."""
        alert = self.alerts.get(name)
        until = at + EXPIRES if expires else None
        if alert and alert.heard > at:
            return "r"
        if alert and alert.firing:
            alert.until, alert.heard = until, at
            return "r"
        if (
            alert
            and alert.ended is not None
            and alert.end_heard is not None
            and start <= alert.ended
            and at - alert.end_heard < LATE
        ):
            return "r"
        if not self.fires():
            self._lost.clear()
        self._lost.discard(name)
        self.alerts[name] = ModelAlert(True, until, at)
        self._joined.append((name, tier, at, start))
        return "n"

    def resolved(self, name: str, *, at: Millis) -> str:
        """News that an alert ended."""
        alert = self.alerts.get(name)
        if alert and alert.heard > at:
            return "r"
        fired = alert is not None and alert.firing
        self._lost.discard(name)
        self.alerts[name] = ModelAlert(False, None, at, ended=at, end_heard=at)
        if fired:
            self.zero_at = max(self.zero_at, at)
        return "e" if fired else "r"

    def acknowledge(self, group: str) -> None:
        """A group says that it has the incident."""
        incident = self.incident
        if incident is None or group in incident.said:
            return
        incident.said.add(group)
        incident.is_acknowledged |= group in ("technical", "command")
        if incident.announced:
            self._tell("acknowledged", "", ("command", "technical"))

    def look(self, now: Millis) -> None:
        """What falls due by now."""
        self._expire(now)
        joined, self._joined = self._joined, []
        incident = self.incident
        if joined and incident and self._is_over(incident, joined[0][2]):
            self._tell("closed", "unconfirmed")
            incident = self.incident = None
        if joined and incident is None:
            incident = self._open(joined)
        elif joined and incident:
            self._join(incident, joined)
        if self.incident:
            self._signals(self.incident, now)
            self._clocks(self.incident, now)

    @staticmethod
    def _is_over(incident: ModelIncident, fired: Millis) -> bool:
        return incident.announced and incident.cleared_at is not None and fired - incident.cleared_at > REOPEN

    def _expire(self, now: Millis) -> None:
        for name, alert in self.alerts.items():
            if alert.firing and alert.until is not None and alert.until <= now:
                alert.firing = False
                self._lost.add(name)
                self.zero_at = max(self.zero_at, alert.until)

    def _open(self, joined: list[tuple[str, str, Millis, Millis]]) -> ModelIncident:
        tier = max((each[1] for each in joined), key=lambda tier: RANK[tier])
        first, start = joined[0][2], min(each[3] for each in joined)
        started = start if first - BACKDATE <= start < first else first
        self.opened += 1
        members = {each[0] for each in joined}
        self.incident = ModelIncident(tier, first + WAIT[tier], first, started, members=members)
        return self.incident

    def _join(self, incident: ModelIncident, joined: list[tuple[str, str, Millis, Millis]]) -> None:
        for name, tier, _, _ in joined:
            incident.pending += name not in incident.members
            incident.members.add(name)
            if RANK[tier] > RANK[incident.tier]:
                incident.tier = tier
                incident.announce_at = min(incident.announce_at, incident.first + WAIT[tier])
                if incident.announced:
                    self._tell("tier_raised", "worse_alert", TELL[tier])
                    incident.pending = 0

    def _signals(self, incident: ModelIncident, now: Millis) -> None:
        if self.fires():
            if incident.cleared_at is not None and incident.clear_told:
                self._tell("reopened", "")
                incident.pending = 0
            incident.cleared_at, incident.clear_told = None, False
        else:
            incident.cleared_at = self.zero_at

    def _clocks(self, incident: ModelIncident, now: Millis) -> None:
        if not incident.announced and now >= incident.announce_at:
            if not self.fires() and self.zero_at <= incident.announce_at:
                self.incident = None
                return
            incident.announced, incident.pending, incident.opened_at = True, 0, now
            self._tell("opened", "", TELL[incident.tier])
        if not incident.announced:
            return
        if incident.cleared_at is not None:
            due = incident.cleared_at + (SETTLE if incident.clearings else 0)
            if not incident.clear_told and now >= due:
                incident.clear_told, incident.pending = True, 0
                incident.clearings += 1
                self._tell("cleared", self._reason())
            if incident.tier == "low" and now >= incident.cleared_at + AUTO_RESTORE:
                self._tell("closed", "recovered" if self._reason() == "resolved" else "unconfirmed")
                self.incident = None
        elif incident.pending and (incident.added_at is None or now >= incident.added_at + ADDED_EVERY):
            incident.pending, incident.added_at = 0, now
            self._tell("alerts_added", "", ("technical",))
        if incident.cleared_at is None and not incident.is_acknowledged and incident.tier in ACK_WITHIN:
            again = incident.escalated_at
            due = incident.opened_at + ACK_WITHIN[incident.tier] if again is None else again + AGAIN_EVERY
            if now >= due:
                incident.escalated_at = now
                self._tell("escalated", "unacknowledged", ("command",))
        if self.incident and incident.cleared_at is None:
            self._recovery_time(incident, now)

    def _recovery_time(self, incident: ModelIncident, now: Millis) -> None:
        used = (now - incident.started) * 100 // RTO[incident.tier]
        reached = max((percent for percent in (0, 50, 75, 90, 100) if percent <= used), default=0)
        if reached <= incident.warned:
            return
        incident.warned = reached
        groups = ("technical",) if reached == 50 else ("command", "technical")
        event, reason = ("rto_missed", "") if reached == 100 else ("rto_warning", str(reached))
        self._tell(event, reason, groups)

    def _reason(self) -> str:
        return "not_seen" if self._lost else "resolved"

    def _tell(self, event: str, reason: str, groups: tuple[str, ...] = ()) -> None:
        assert self.incident
        incident = self.incident
        everyone = tuple(group for group in GROUPS if group in {*incident.told, *groups})
        own = ("alerts_added", "escalated", "acknowledged", "rto_warning", "rto_missed")
        whom = groups if event in own else everyone
        incident.told = everyone
        self.owed.append((event, reason, whom))
