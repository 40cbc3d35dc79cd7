"""The decision about one alert as a value, and as the JSON of the API."""

from __future__ import annotations

from typing import Any

import msgspec

from tocsin._core.model import Classification, Dropped
from tocsin._core.times import SECOND
from tocsin.classify.tried import Tried


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """What the plan decides about one alert, and why.

    ``decision`` is what it says; ``groups`` and ``channels`` are told when an incident opens by it. ``tried`` are the
    rules in order up to the deciding one; ``untried`` counts those that were left out of a kept explanation.
    """

    decision: Classification | Dropped
    groups: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    tried: tuple[Tried, ...] = ()
    untried: int = 0
    plan: str = ""


def item_of(explanation: Explanation) -> dict[str, Any]:
    """The object of ``POST /api/v1/explain``, JSON-ready."""
    decision = explanation.decision
    item: dict[str, Any] = {}
    if isinstance(decision, Dropped):
        item["rule"] = decision.by if decision.reason.value == "rule" else ""
        item["dropped"] = {"reason": decision.reason.value, "by": decision.by, "why": decision.why}
    else:
        item |= decided_item(decision)
        item["dropped"] = None
    item |= {
        "groups": list(explanation.groups),
        "channels": list(explanation.channels),
        "reasons": list(explanation.reasons),
        "tried": [tried_item(each) for each in explanation.tried],
        "plan": explanation.plan,
    }
    if explanation.untried:
        item["tried_left_out"] = explanation.untried
    return item


def decided_item(decision: Classification) -> dict[str, Any]:
    """What a classification says, JSON-ready, without its reasons."""
    item: dict[str, Any] = {
        "rule": decision.rule,
        "class": decision.class_,
        "tier": decision.tier.value,
        "impact": decision.impact,
        "importance": decision.importance,
        "outage": decision.outage,
        "rto_seconds": decision.rto // SECOND,
        "wait_seconds": decision.wait / SECOND,
        "service": decision.service,
        "environment": decision.environment,
        "location": decision.location,
        "vendor": decision.vendor,
        "title": {"en": decision.title.en, "zh": decision.title.zh},
        "incident_key": decision.key_text,
        "drill": decision.drill,
    }
    if decision.subtype:
        item["subtype"] = decision.subtype
    return item


def tried_item(tried: Tried) -> dict[str, Any]:
    """One rule that was tried, JSON-ready."""
    item: dict[str, Any] = {"rule": tried.rule, "place": tried.place, "matched": tried.matched}
    if tried.matched:
        return {**item, "note": tried.note}
    return {**item, "failed": tried.failed, "saw": tried.saw}
