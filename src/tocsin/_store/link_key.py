"""The key that answer links are signed with: minted once for a store, so that all its services share it."""

from __future__ import annotations

import secrets

from tocsin._core.link import KEY_BYTES
from tocsin._store.client import Store

_FIELD = "link-key"


async def link_key(store: Store) -> bytes:
    """The store's key. Who asks first mints it. Raises ``StoreUnavailable``.

    It leaves this process in no way but as the seals that it makes.
    """
    await store.check()
    meta = store.shards[0].meta
    pipe = store.pipeline()
    pipe.hsetnx(meta, _FIELD, secrets.token_bytes(KEY_BYTES))
    pipe.hget(meta, _FIELD)
    found: bytes = (await store.call(pipe.execute()))[1]
    return found
