"""What a notice is about, in words by which a channel or a group says which notices it carries: its ``match``. Pure.

A channel that carried the opening of an incident, or a raise, carries what follows, though the incident is not any more
as it was then: a page that was opened is closed again. What its ``match`` says of the event and the group holds always.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tocsin._core.events import BEGINS
from tocsin._core.incident import Delivery, Incident, Notice
from tocsin._core.matcher import Matcher, holds
from tocsin._core.model import Classification
from tocsin._core.plan import Channel, Group, Plan

NAMES = (
    "class", "tier", "event", "service", "vendor", "environment", "location", "rule", "impact", "state", "drill",
    "group",
)  # fmt: skip
"""What a ``match`` may speak of."""

EACH_TIME = frozenset({"event", "group"})
"""What is looked at anew for each notice."""


@dataclass(frozen=True, slots=True)
class About:
    """``words`` are all but the group. ``carried`` are the channels that carried the beginning."""

    words: Mapping[str, str]
    carried: tuple[str, ...] = ()

    def failed(self, match: Iterable[Matcher], group: str, channel: str = "") -> Matcher | None:
        """The first matcher that does not hold for a group's notice on a channel, if there is one."""
        has_begun = channel in self.carried
        looked_at = (matcher for matcher in match if not has_begun or matcher.name in EACH_TIME)
        return next((matcher for matcher in looked_at if not holds(matcher, self.word(matcher.name, group))), None)

    def word(self, name: str, group: str) -> str:
        """What it is about by one name; what is not known is empty."""
        return group if name == "group" else self.words.get(name, "")

    def takes(self, channel: Channel, group: Group | None, name: str) -> bool:
        """Whether a channel carries it for a group, or for the vendor if there is no group."""
        own = () if group is None else group.match
        return self.failed((*own, *channel.match), name, channel.name) is None


def about(incident: Incident, event: str) -> dict[str, str]:
    """What a notice of an event of an incident is about."""
    return {
        **decided(incident.decision),
        "class": incident.class_,
        "tier": incident.tier.value,
        "vendor": incident.vendor,
        "event": event,
        "state": incident.state,
        "drill": str(incident.drill).lower(),
    }


def decided(decision: Classification) -> dict[str, str]:
    """What the opening of an incident that is decided so would be about."""
    return {
        "class": decision.class_,
        "tier": decision.tier.value,
        "event": "opened",
        "service": decision.service,
        "vendor": decision.vendor,
        "environment": decision.environment,
        "location": decision.location,
        "rule": decision.rule,
        "impact": decision.impact,
        "state": "open",
        "drill": str(decision.drill).lower(),
    }


def begun(notice: Notice, deliveries: Iterable[Delivery], plan: Plan) -> tuple[str, ...]:
    """The channels by which a notice begins what they are to carry to the end: those on which a ``match`` has a say."""
    if notice.event not in BEGINS:
        return ()
    own = (delivery for delivery in deliveries if not delivery.fallback)
    return tuple(dict.fromkeys(delivery.channel for delivery in own if _is_choosy(delivery, plan)))


def _is_choosy(delivery: Delivery, plan: Plan) -> bool:
    groups = (plan.groups[name] for name in delivery.groups if name in plan.groups)
    return bool(plan.channels[delivery.channel].match) or any(group.match for group in groups)
