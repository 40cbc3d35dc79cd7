"""Which rules matched, how often and when last; which never did; and the share that none decided. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tocsin._core.plan import Plan, Rule
from tocsin._core.times import format_time
from tocsin._store.coverage import Coverage, Matches

_NEVER = Matches(0, 0)


def coverage_head(counted: Coverage, plan: Plan) -> dict[str, Any]:
    """What was counted in all. ``other`` are the alerts whose class no rule decided."""
    head: dict[str, Any] = {"plan": plan.hash}
    if counted.since is not None:
        head["since"] = format_time(counted.since)
    head |= {"alerts": counted.alerts, "dropped": counted.dropped, "other": counted.unclassified}
    if counted.alerts:
        head["other_ratio"] = round(counted.unclassified / counted.alerts, 4)
    return head


def coverage_items(counted: Coverage, plan: Plan) -> Iterator[dict[str, Any]]:
    """The plan's rules in their order, then those that matched once and are not in the plan any more, by name."""
    for rule in plan.rules:
        yield _item(rule.name, counted, rule)
    for name in sorted(counted.rules.keys() - {rule.name for rule in plan.rules}):
        yield _item(name, counted, None)


def _item(name: str, counted: Coverage, rule: Rule | None) -> dict[str, Any]:
    """One rule. A rule that drops has no share: it counts posts, repeated ones too, and not alerts fired anew."""
    matches = counted.rules.get(name, _NEVER)
    item: dict[str, Any] = {"rule": name, "in_plan": rule is not None, "matches": matches.count}
    if rule is not None:
        item |= {"place": rule.place, "drops": rule.drop is not None}
        if rule.drop is None and counted.alerts:
            item["ratio"] = round(min(1.0, matches.count / counted.alerts), 4)
    if matches.count:
        item["last_matched_at"] = format_time(matches.last)
    return item
