"""The links of notices, and what a token that comes back says: both by the key that the store keeps."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from tocsin._core.incident import Delivery
from tocsin._core.link import Link, link_of, read_token, token_of
from tocsin._store.client import Store
from tocsin._store.link_key import link_key


class AnswerLinks:
    """``external_url`` is asked for at each link: where people reach Tocsin, with the path that a proxy puts before."""

    def __init__(self, *, store: Store, external_url: Callable[[], str]) -> None:
        self._store = store
        self._external_url = external_url
        self._key = b""

    async def key(self) -> bytes:
        """The key, fetched once. Raises ``StoreUnavailable``."""
        if not self._key:
            self._key = await link_key(self._store)
        return self._key

    @property
    def origin(self) -> str:
        """The origin of the pages that people see, as browsers name it."""
        parts = urlsplit(self._external_url())
        return f"{parts.scheme}://{parts.netloc}".lower()

    def link(self, delivery: Delivery) -> str:
        """The address at which this delivery is answered; ``""`` where it is not known where people reach Tocsin, or
        the key has not been fetched yet."""
        url = self._external_url().rstrip("/")
        return f"{url}/r/{token_of(link_of(delivery), self._key)}" if url and self._key else ""

    async def read(self, token: str) -> Link:
        """What a token says. Raises ``BadLink``, and ``StoreUnavailable``."""
        return read_token(token, await self.key())
