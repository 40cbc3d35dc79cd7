"""The rings of rejected payloads: what is kept, for how long, and what makes room."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from tocsin._core.errors import NotFound
from tocsin._core.times import DAY, MINUTE
from tocsin._store.client import Store
from tocsin._store.rejected import BEGINNING, ERRORS_KEPT, KEPT, KEPT_BYTES, KEPT_FOR, LARGEST, RejectedPayloads

NOW = 1_780_000_000_000


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    """A store of two shards: the rings are in the first."""
    store = await Store.open(store_url, shards=2)
    yield store
    await store.close()


@pytest.fixture
def kept(store: Store) -> RejectedPayloads:
    """The rings."""
    return RejectedPayloads(store)


async def contents(kept: RejectedPayloads, source: str | None = None) -> list[bytes]:
    """What is kept, the newest first."""
    return [(await kept.find(payload.id))[1] for payload in await kept.newest(source)]


async def test_a_payload_is_kept_with_its_errors(kept: RejectedPayloads) -> None:
    """Whole, byte by byte, until it is taken out."""
    await kept.keep("jira", b"\xff{", ["$: no JSON"], NOW)
    (payload,) = await kept.newest()
    assert (payload.source, payload.at, payload.size, payload.cut) == ("jira", NOW, 2, False)
    assert (payload.errors, payload.wrong) == (("$: no JSON",), 1)
    assert await kept.find(payload.id) == (payload, b"\xff{")
    await kept.remove(payload)
    await kept.remove(payload)
    assert await kept.newest() == []
    with pytest.raises(NotFound):
        await kept.find(payload.id)


async def test_sources_have_rings_of_their_own(kept: RejectedPayloads) -> None:
    """The same bytes of two sources are two payloads; a list is of all sources or of one."""
    await kept.keep("a", b"1", ["x"], NOW)
    await kept.keep("b", b"1", ["x"], NOW + 1)
    assert [payload.source for payload in await kept.newest()] == ["b", "a"]
    assert [payload.source for payload in await kept.newest("a")] == ["a"]
    assert await kept.newest("c") == []


async def test_the_same_payload_posted_again_is_kept_once(kept: RejectedPayloads) -> None:
    """With its later time and the errors of then; an older time changes nothing."""
    for at, error in ((NOW, "first"), (NOW + 5, "later"), (NOW + 2, "late")):
        await kept.keep("a", b"1", [error], at)
    (payload,) = await kept.newest()
    assert (payload.at, payload.errors) == (NOW + 5, ("later",))


async def test_what_was_posted_again_meanwhile_stays(kept: RejectedPayloads) -> None:
    """A replay takes out only what it has read."""
    await kept.keep("a", b"1", ["x"], NOW)
    (payload,) = await kept.newest()
    await kept.keep("a", b"1", ["x"], NOW + 1)
    await kept.remove(payload)
    assert len(await kept.newest()) == 1


async def test_the_newest_stay(kept: RejectedPayloads) -> None:
    """At most a hundred of a source; another source's are not touched."""
    await kept.keep("b", b"other", ["x"], NOW)
    for number in range(KEPT + 3):
        await kept.keep("a", str(number).encode(), ["x"], NOW + number)
    assert await contents(kept, "a") == [str(number).encode() for number in reversed(range(3, KEPT + 3))]
    assert await contents(kept, "b") == [b"other"]


async def test_bytes_are_bounded_too(kept: RejectedPayloads) -> None:
    """Large payloads make room sooner."""
    for number in range(10):
        await kept.keep("a", bytes([number]) * LARGEST, ["x"], NOW + number)
    assert [content[0] for content in await contents(kept)] == [9, 8, 7, 6, 5, 4, 3, 2]
    assert sum(map(len, await contents(kept))) == KEPT_BYTES


async def test_a_larger_payload_is_only_begun(kept: RejectedPayloads) -> None:
    """And says so."""
    await kept.keep("a", b"x" * (LARGEST + 1), ["y" * 10_000] * (ERRORS_KEPT + 1), NOW)
    (payload,) = await kept.newest()
    assert (payload.cut, payload.size, payload.wrong) == (True, LARGEST + 1, ERRORS_KEPT + 1)
    assert len((await kept.find(payload.id))[1]) == BEGINNING
    assert len(payload.errors) == ERRORS_KEPT
    assert max(map(len, payload.errors)) == 500


async def test_nothing_is_kept_for_ever(kept: RejectedPayloads, store: Store, redis: Redis) -> None:
    """Entries go after 30 days, and every key has an end."""
    await kept.keep("old", b"1", ["x"], NOW)
    await kept.keep("a", b"1", ["x"], NOW)
    await kept.keep("a", b"2", ["x"], NOW + KEPT_FOR + MINUTE)
    assert await contents(kept) == [b"2"]
    keys = store.shards[0]
    for name in (keys.rejected, keys.rejected_of("a"), keys.rejected_heads("a"), keys.rejected_contents("a")):
        assert 29 * DAY < await redis.pttl(name) <= KEPT_FOR
