"""Payloads that could not be read, or not wholly: kept for a while, so that nothing is lost while a mapping is mended.

Each source has a ring: the newest 100 payloads and 8 MiB, for 30 days. A payload over 1 MiB is only begun, to be
looked at. They hold whatever was posted, secrets too: they are shown to those who may read, and never logged.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tocsin._core.errors import NotFound
from tocsin._core.ids import digest
from tocsin._core.times import DAY, Millis
from tocsin._store.client import Arg, Store
from tocsin._store.codec import decode, encode
from tocsin._store.keys import Keys

KEPT = 100
KEPT_BYTES = 8 * 1024 * 1024
KEPT_FOR = 30 * DAY
LARGEST = 1024 * 1024
"""Bytes of a payload that is kept whole."""

BEGINNING = 16 * 1024
"""Bytes that are kept of a larger one."""

ERRORS_KEPT = 20
_LONGEST_ERROR = 500


class RejectedPayload(msgspec.Struct, frozen=True, kw_only=True):
    """One payload. ``at`` is when it was last received, ``size`` its bytes, ``wrong`` the number of its errors."""

    id: str
    source: str
    at: Millis
    size: int
    cut: bool
    errors: tuple[str, ...]
    wrong: int


class RejectedPayloads:
    """The rings of all sources. Every method raises ``StoreUnavailable``."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys = store.shards[0]

    async def keep(self, source: str, content: bytes, errors: Sequence[str], at: Millis) -> None:
        """Keep a payload; of the same one posted again, the later time and its errors."""
        cut = len(content) > LARGEST
        payload = RejectedPayload(
            id=payload_id(source, content),
            source=source,
            at=at,
            size=len(content),
            cut=cut,
            errors=tuple(error[:_LONGEST_ERROR] for error in errors[:ERRORS_KEPT]),
            wrong=len(errors),
        )
        shown = content[:BEGINNING] if cut else content
        limits = (KEPT, KEPT_BYTES, KEPT_FOR)
        args: list[Arg] = [at, payload.id, source, encode(payload), shown, *limits]
        await self._store.run("rejected_keep", _names(self._keys, source), args)

    async def newest(self, source: str | None = None) -> list[RejectedPayload]:
        """All that are kept, or those of one source, the newest first."""
        pipe = self._store.pipeline()
        for name in [source] if source is not None else await self._sources():
            pipe.hvals(self._keys.rejected_heads(name))
        rows = await self._store.call(pipe.execute())
        found = [decode(RejectedPayload, head) for heads in rows for head in heads]
        return sorted(found, key=lambda payload: (payload.at, payload.id), reverse=True)

    async def find(self, payload_id: str) -> tuple[RejectedPayload, bytes]:
        """A payload and what is kept of its content. Raises ``NotFound``."""
        pipe = self._store.pipeline()
        for name in await self._sources():
            pipe.hget(self._keys.rejected_heads(name), payload_id)
            pipe.hget(self._keys.rejected_contents(name), payload_id)
        rows = await self._store.call(pipe.execute())
        for head, content in zip(rows[::2], rows[1::2], strict=True):
            if head is not None and content is not None:
                return decode(RejectedPayload, head), content
        raise NotFound(f"there is no rejected payload {payload_id}; it may have been replayed, or made room for others")

    async def remove(self, payload: RejectedPayload) -> None:
        """Take a payload out, unless it was posted again since it was read."""
        args: list[Arg] = [payload.at, payload.id, payload.source]
        await self._store.run("rejected_remove", _names(self._keys, payload.source), args)

    async def _sources(self) -> list[str]:
        pipe = self._store.pipeline()
        pipe.zrange(self._keys.rejected, 0, -1)
        (names,) = await self._store.call(pipe.execute())
        return [name.decode() for name in names]


def payload_id(source: str, content: bytes) -> str:
    """The id of a payload: of the source and every byte."""
    return digest((source, content.decode("latin-1")), size=10)


def _names(keys: Keys, source: str) -> list[str]:
    return [keys.rejected, keys.rejected_of(source), keys.rejected_heads(source), keys.rejected_contents(source)]
