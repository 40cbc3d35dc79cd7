"""The watch over keys that tests leave behind."""

from __future__ import annotations

from redis.asyncio import Redis
from tests.support.keys import endless_keys, leaked


async def test_only_keys_without_an_end_are_found(redis: Redis, store_url: str) -> None:
    """A key with a TTL is none of its business; one without is named."""
    await redis.set("{t:0}:alert:a", "1", px=60_000)
    await redis.set("{t:0}:alert:b", "1")
    assert endless_keys(store_url) == ["{t:0}:alert:b"]
    await redis.delete("{t:0}:alert:b")


def test_a_stated_reason_covers_its_kind_alone() -> None:
    """A kind with a reason may stay, with or without a rest; any other, a strange name or an empty reason may not."""
    keys = ["{t:0}:due", "{t:0}:due:urgent", "{t:0}:dues", "due", "{t:0}:held"]
    assert leaked(keys, {"due": "a queue", "held": ""}) == ["{t:0}:dues", "due", "{t:0}:held"]
