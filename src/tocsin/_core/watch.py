"""What the plan watches over by the clock: stages of escalation, heartbeats of others, and our own sign of life."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tocsin._core.matcher import Matcher
from tocsin._core.model import Tier
from tocsin._core.secret import Secret
from tocsin._core.source import Source
from tocsin._core.times import MINUTE, Millis

Unless = Literal["acknowledged", "contained", "restored"]
"""What keeps a stage from speaking, once it has been done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Groups that are told ``after`` a time from the telling of the opening, or ``at`` a share of the recovery time,
    ``unless`` something has been done by then; and again every so often.

    One of ``after`` and ``at`` is given. ``repeat_every`` is ``None`` for a stage that speaks once.
    """

    name: str
    after: Millis | None = None
    at: float | None = None
    unless: Unless | None = None
    tell: tuple[str, ...]
    repeat_every: Millis | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """Alerts of which one must be heard ``every`` so often, and what their silence is."""

    name: str
    match: tuple[Matcher, ...]
    every: Millis
    class_: str
    tier: Tier


SILENCE = Source(name="heartbeat", type="heartbeat", replica_labels=(), expires="never")
"""Who says that a heartbeat is not heard: Tocsin itself. No plan has a source of this name, and nobody posts to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watchdog:
    """Somebody else's dead man's switch, which hears from us ``every`` so often while we are well, by a ``proxy`` if
    there is one."""

    url: str | Secret
    every: Millis = MINUTE
    proxy: str | Secret | None = None
