"""What is watched by the clock, as a rule file writes it: heartbeats of others, and our own sign of life."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tocsin._core.model import Tier
from tocsin._core.secret import Secret
from tocsin._core.times import MINUTE
from tocsin._core.watch import Heartbeat, Watchdog
from tocsin._plan.entry import Entry, TierName
from tocsin._plan.fields import ClassName, Matchers, Positive, Url


class HeartbeatEntry(Entry):
    """Alerts that must be heard again and again, and what their silence is."""

    match: Annotated[list[Matchers], Field(min_length=1)]
    """Matchers that must all hold of an alert that is a sign of life; required."""
    every: Positive
    """Silence for so long is an incident; longer than its sender's pause between repeats; required."""
    class_: Annotated[ClassName, Field(alias="class")]
    """The class of that incident: one of `classes`, shipped or your own; required."""
    tier: TierName
    """Its tier: `high`, `medium` or `low`; required."""


class WatchdogEntry(Entry):
    """Somebody else's dead man's switch."""

    url: Url
    """The address that is called, by GET, while Tocsin is well; likely a secret, so `{env: NAME}`."""
    every: Positive | None = None
    """How often; 1m by default."""


def heartbeat(name: str, entry: HeartbeatEntry) -> Heartbeat:
    """A heartbeat as the plan holds it."""
    match = tuple(matcher for text in entry.match for matcher in text)
    return Heartbeat(name=name, match=match, every=entry.every, class_=entry.class_, tier=Tier(entry.tier))


def watchdog(entry: WatchdogEntry | None, proxy: str | Secret | None) -> Watchdog | None:
    """The dead man's switch as the plan holds it, called by the plan's proxy if it has one."""
    if entry is None:
        return None
    return Watchdog(url=entry.url, every=MINUTE if entry.every is None else entry.every, proxy=proxy)
