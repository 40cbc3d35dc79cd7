"""What the matching rules say together: the first that matches decides, those that go on add to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tocsin._core.model import Dropped, DropReason, Tier
from tocsin._core.plan import Rule
from tocsin._core.times import Millis, format_time

_FIELDS = (
    "class_",
    "subtype",
    "impact",
    "tier",
    "outage",
    "service",
    "vendor",
    "title",
    "links",
    "wait",
    "rto",
    "incident_by",
)


@dataclass(slots=True)
class Verdict:
    """The fields that rules set (the first to set one wins), the lowest cap, and who said so."""

    fields: dict[str, Any] = field(default_factory=dict)
    by: dict[str, Rule] = field(default_factory=dict)
    max_tier: Tier | None = None
    capped_by: str = ""
    rule: str = ""
    matched: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def get(self, name: str) -> Any:
        """What rules say of a field, ``None`` if nothing."""
        return self.fields.get(name)

    def take(self, rule: Rule) -> None:
        """Add what one rule says."""
        self.matched.append(rule.name)
        for name in _FIELDS:
            value = getattr(rule, name)
            if value is not None and name not in self.fields:
                self.fields[name], self.by[name] = value, rule
        if rule.max_tier is not None and (self.max_tier is None or rule.max_tier.rank < self.max_tier.rank):
            self.max_tier, self.capped_by = rule.max_tier, f"rule {rule.name}"


def judge(matching: Iterable[Rule], now: Millis) -> Verdict | Dropped:
    """Go through the rules that match, in order."""
    verdict = Verdict()
    for rule in matching:
        if rule.drop is not None:
            if rule.until is None or now < rule.until:
                return Dropped(DropReason.RULE, rule.name, rule.drop)
            verdict.reasons.append(
                f"rule {rule.name} ({rule.place}) dropped such alerts until {format_time(rule.until)}"
            )
            continue
        verdict.take(rule)
        if not rule.continue_:
            verdict.rule = rule.name
            verdict.reasons.append(f"rule {rule.name} ({rule.place}) matches and decides")
            return verdict
        verdict.reasons.append(f"rule {rule.name} ({rule.place}) matches and goes on")
    if "class_" in verdict.by:
        verdict.rule = verdict.by["class_"].name
    else:
        verdict.reasons.append("no rule says what it is, so its class is other")
    return verdict
