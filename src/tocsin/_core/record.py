"""What is known of an incident beside its signals: the first record, the assessment, changes, estimates and the vendor.

Parts of ``Incident``, stored with it. An empty text, or an empty list, is not known yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import msgspec

from tocsin._core.times import Millis

Impact = Literal["wide", "partial", "narrow"]
"""How far it reaches, by which with the importance of a service the tier is found."""

SUBTYPES: Mapping[str, tuple[str, ...]] = MappingProxyType({"data_breach_loss": ("leak", "loss", "both", "unknown")})
"""Classes whose incidents are always of one of some subtypes: what is not said is the last."""

Continuity = Literal["none", "degraded", "partly_down", "down"]
"""What has become of the business that goes on: untouched, worse, partly or wholly at a stand."""

ResponsibleParty = Literal["client", "contractor", "joint", "third_party"]


def subtype_of(class_: str, said: str) -> str:
    """The subtype of an incident of a class, of which this was said; ``""`` where it has none."""
    known = SUBTYPES.get(class_, ())
    return said or (known[-1] if known else "")


def is_subtype(class_: str, said: str) -> bool:
    """Whether the class takes this subtype; most take any."""
    return class_ not in SUBTYPES or said in SUBTYPES[class_]


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What people, the catalogue and the alerts have said so far."""

    location: str = ""
    affected_business: tuple[str, ...] = ()
    impact_scope: str = ""
    known_cause: str = ""
    interim_measures: str = ""
    systems: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    business_lines: tuple[str, ...] = ()
    customer_groups: tuple[str, ...] = ()
    direct_impact: str = ""
    indirect_impact: str = ""
    potential_risks: str = ""
    continuity: Continuity | None = None
    measures_done: tuple[str, ...] = ()
    measures_planned: tuple[str, ...] = ()
    responsible_party: ResponsibleParty = "client"

    @property
    def completeness(self) -> float:
        """The share of the first record's six fields that are known; the first, the time, always is."""
        others = (
            self.location, self.affected_business, self.impact_scope, self.known_cause, self.interim_measures,
        )  # fmt: skip
        return (1 + sum(bool(field) for field in others)) / (1 + len(others))


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """When it should be over, who said so, and when they did."""

    at: Millis
    by: str
    said_at: Millis


class Progress(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The last update."""

    at: Millis
    by: str
    goal: str
    progress: str
    risks: str
    next_step: str = ""


class ChangeRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An emergency change. What nobody has said is empty or ``None``."""

    number: int
    at: Millis
    by: str
    what: str
    scope: str = ""
    approver: str = ""
    rollback_plan: str = ""
    assessed: bool | None = None
    tested: bool | None = None
    result: str = ""

    @property
    def flags(self) -> tuple[str, ...]:
        """What must not be missing and is."""
        missing = [name for name in ("approver", "rollback_plan") if not getattr(self, name)]
        if self.scope == "large" and not self.assessed:
            missing.append("assessment")
        return tuple(missing)


class VendorTerms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the vendor's contract promises for this incident, and what it did. A promise that does not exist is
    ``None``. ``rto_outcome`` is ``met`` or ``missed`` once it stands."""

    vendor: str
    contract: str = ""
    acknowledge_by: Millis | None = None
    restore_by: Millis | None = None
    acknowledged_at: Millis | None = None
    acknowledged_by: str = ""
    restored_at: Millis | None = None
    rto_outcome: str = ""
