"""What makes two messages the same alert, and until when one counts as firing. Pure."""

from __future__ import annotations

from functools import lru_cache

from tocsin._core.ids import digest
from tocsin._core.model import Alert
from tocsin._core.source import Source
from tocsin._core.times import MINUTE, Millis
from tocsin._core.watch import SILENCE

EXPIRES: dict[str, Millis | None] = {"prometheus": 5 * MINUTE, "alertmanager": None}
"""How long after its last news an alert of a kind of source still counts as firing; ``None``: until it ends."""


def identity(alert: Alert, source: Source) -> str:
    """``<source>:<digest of the labels>``, without the labels that tell the replicas of a source apart; a source may
    also say by which values its alerts are known."""
    if alert.identity:
        return f"{alert.source}:{digest((alert.source, *alert.identity))}"
    parts = [alert.source]
    for name, value in sorted(alert.labels.items()):
        if name not in source.replica_labels:
            parts.append(name)
            parts.append(value)
    return f"{alert.source}:{digest(parts)}"


@lru_cache(maxsize=4096)
def key_digest(parts: tuple[tuple[str, str], ...]) -> str:
    """The digest under which an incident key is stored."""
    return digest(part for pair in parts for part in pair)


def fires_until(alert: Alert, source: Source) -> Millis | None:
    """When a firing alert expires unless it is heard of again; ``None`` if never."""
    if source.expires == "never":
        return None
    if source.expires is not None:
        return alert.received_at + source.expires
    if source.type == "alertmanager":
        # It repeats a group only every repeat_interval, so silence means nothing.
        return None
    if alert.ends_at is not None and alert.ends_at > alert.received_at:
        return alert.ends_at
    after = EXPIRES.get(source.type)
    return None if after is None else alert.received_at + after


def speaks_once(source: Source) -> bool:
    """Whether nobody repeats what a source says, so that its silence means nothing."""
    return source.type in ("mapping", SILENCE.type)


def ended_at(alert: Alert) -> Millis:
    """When a resolved alert ended: as it says, or on receipt if it does not or names the future."""
    if alert.ends_at is None or alert.ends_at > alert.received_at:
        return alert.received_at
    return alert.ends_at
