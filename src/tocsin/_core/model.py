"""An alert, and what was decided about it: the values that go from step to step.

All are immutable. Times are milliseconds since the epoch, durations milliseconds (``_core.times``).
"""

from __future__ import annotations

from enum import Enum, StrEnum

import msgspec

from tocsin._core.times import Millis


class Tier(StrEnum):
    """How much an incident matters. Compare by ``rank``, never by the text."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """1 for low, 2 for medium, 3 for high; 0 stands for no tier at all."""
        return _RANKS[self]


_RANKS = {Tier.LOW: 1, Tier.MEDIUM: 2, Tier.HIGH: 3}


class Text(msgspec.Struct, frozen=True):
    """A text in both languages of the house."""

    en: str
    zh: str

    def in_(self, language: str) -> str:
        """The text in ``en`` or ``zh``."""
        return self.zh if language == "zh" else self.en


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One alert as a source said it, after adapting.

    ``labels`` are the alert's own without empty ones; the source's fixed labels are not among them.
    ``starts_at`` and ``ends_at`` are ``None`` where absent or the zero time. ``firing`` is already
    decided: by the payload's status where it has one, else by ``ends_at`` against ``received_at``.
    ``truncated`` is the number of further alerts that the sender left out of this one's group.
    ``identity`` is what makes two messages the same alert where its source says so; else its labels do.
    """

    source: str
    labels: dict[str, str]
    annotations: dict[str, str] = {}
    firing: bool
    starts_at: Millis | None = None
    ends_at: Millis | None = None
    generator_url: str = ""
    received_at: Millis
    truncated: int = 0
    identity: tuple[str, ...] = ()


class Classification(msgspec.Struct, frozen=True, kw_only=True, rename={"class_": "class"}):
    """What the plan says about one alert, and why. ``key`` is the incident key, part by part; ``matched`` are all
    rules that matched, in order, of which ``rule`` decided. ``plain_title`` is the title for groups that see no raw
    labels, where ``title`` shows one. ``sla_limit`` binds in an outage only; nothing but a person raises the tier above
    ``max_tier``."""

    rule: str
    class_: str
    subtype: str = ""
    tier: Tier
    impact: str
    importance: str
    outage: bool
    operational: bool
    rto: Millis
    sla_limit: Millis | None = None
    max_tier: Tier | None = None
    wait: Millis
    title: Text
    plain_title: Text | None = None
    links: dict[str, str] = {}
    service: str = ""
    environment: str = ""
    location: str = ""
    vendor: str = ""
    key: tuple[tuple[str, str], ...]
    drill: bool = False
    matched: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    plan: str = ""

    @property
    def key_text(self) -> str:
        """The incident key for people: ``subject=payments environment=prod location=``."""
        return " ".join(f"{name}={value}" for name, value in self.key)


class DropReason(Enum):
    """Why an alert was dropped; the value is the metric's ``reason``."""

    RULE = "rule"
    ENVIRONMENT = "environment"
    HEARTBEAT = "heartbeat"


class Dropped(msgspec.Struct, frozen=True):
    """An alert that the plan says to drop: by which rule, environment or heartbeat, and its stated reason.

    ``heard`` are all heartbeats of which it is a sign of life while it fires; ``by`` is the first of them.
    """

    reason: DropReason
    by: str
    why: str
    heard: tuple[str, ...] = ()


class RejectReason(StrEnum):
    """Why an alert could not be taken; the value is the metric's ``reason``."""

    NOT_AN_OBJECT = "not_an_object"
    NO_LABELS = "no_labels"
    TOO_MANY_LABELS = "too_many_labels"
    LABEL = "label"
    LABEL_TOO_LONG = "label_too_long"
    ANNOTATION = "annotation"
    STATUS = "status"
    TIME = "time"
    ENDS_BEFORE_START = "ends_before_start"
    IDENTITY = "identity"
    EXPRESSION = "expression"
    PAYLOAD = "payload"


class Rejection(msgspec.Struct, frozen=True):
    """An alert that cannot be taken: its place in the batch, a closed word for the metric, and the error."""

    index: int
    reason: RejectReason
    error: str


class Batch(msgspec.Struct, frozen=True):
    """What an adapter made of one payload. ``received`` counts the payload's alerts, rejected ones too."""

    received: int
    alerts: tuple[Alert, ...]
    rejected: tuple[Rejection, ...] = ()


class Receipt(msgspec.Struct, kw_only=True):
    """The answer to a batch; ``received`` is the sum of the others."""

    received: int = 0
    new: int = 0
    repeated: int = 0
    resolved: int = 0
    dropped: int = 0
    rejected: tuple[Rejection, ...] = ()
