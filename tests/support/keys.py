"""Keys that a test left behind without an end: every key has a TTL, or a reason in the file of key names."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Mapping

import redis

_KIND = re.compile(r"\{[^{}]*\}:(?P<kind>[^:]+)")


def persistent_kinds() -> Mapping[str, str]:
    """The kinds of keys that may live for ever, and why."""
    reasons: Mapping[str, str] = importlib.import_module("tocsin._store.keys").PERSISTENT
    return reasons


def endless_keys(url: str) -> list[str]:
    """All keys in the store that have no TTL."""
    with redis.Redis.from_url(url, decode_responses=True) as client:
        keys = list(client.scan_iter(count=1000))
        pipe = client.pipeline(transaction=False)
        for key in keys:
            pipe.pttl(key)
        return sorted(key for key, ttl in zip(keys, pipe.execute(), strict=True) if ttl == -1)


def leaked(keys: Iterable[str], allowed: Mapping[str, str]) -> list[str]:
    """Those keys without a TTL that no stated reason covers."""
    return [key for key in keys if (found := _KIND.match(key)) is None or not allowed.get(found["kind"])]
