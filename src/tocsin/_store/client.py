"""The connection to the store: running scripts, reading, and saying plainly when it is out of reach.

The client's own retries are off: it would run a timed-out command again without knowing whether it had run.
Every script is harmless if run twice, so whoever calls may try again.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Sequence
from functools import cache
from importlib import resources
from typing import Any, TypeVar

import hiredis
import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    ClusterDownError,
    MasterDownError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)

from tocsin._core.errors import ConfigurationError, StoreError, StoreMismatch, StoreUnavailable
from tocsin._core.times import Millis
from tocsin._store.codec import SCHEMA
from tocsin._store.keys import Keys

TIMEOUT = 2.0
"""Seconds after which the store counts as out of reach."""

_WORDS = "READONLY|OOM|LOADING|MISCONF|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|BUSY"
_NOT_NOW = re.compile(rf"(?:^|-)(?:{_WORDS})\b")
"""How the store says that it cannot write at present: at the beginning or, in Redis 6.2, after a script's line."""

_NOT_NOW_ERRORS = (ReadOnlyError, OutOfMemoryError, MasterDownError, ClusterDownError, TryAgainError)
"""The same where the client knows the word: it then leaves it out of the text."""

CONNECTIONS = 50
SCHEMES = ("redis://", "rediss://", "unix://")

_NAMESPACE = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)

T = TypeVar("T")
Arg = str | bytes | int | float


@cache
def source(script: str) -> str:
    """The text of a script, with the prelude before it."""
    folder = resources.files("tocsin._store") / "scripts"
    return "\n".join((folder / f"{name}.lua").read_text("utf-8") for name in ("_prelude", script))


class _Packing:
    """Packs commands by hiredis. The client's own asyncio connections do so in Python, a word at a time."""

    def pack_command(self, *args: Arg) -> list[bytes]:
        """A command as it is sent. A name of two words (``SCRIPT LOAD``) is two arguments."""
        words: Any = (*str(args[0]).split(), *args[1:])
        return [hiredis.pack_command(words)]


class Store:
    """One store, as all steps use it. Make it with ``Store.open``."""

    def __init__(self, client: redis.Redis, *, namespace: str, shards: int) -> None:
        self._client = client
        self._hashes: dict[str, str] = {}
        self._checked = False
        self.namespace = namespace
        self.shards = tuple(Keys(namespace, number) for number in range(shards))

    @classmethod
    def at(cls, url: str, *, namespace: str = "tocsin", shards: int = 1) -> Store:
        """The store at this URL; nothing is sent to it yet. Raises ``ConfigurationError`` for a bad URL."""
        if not url.startswith(SCHEMES):
            raise ConfigurationError(f"the store's URL must begin with one of {', '.join(SCHEMES)}")
        if shards < 1 or not _NAMESPACE.fullmatch(namespace):
            raise ConfigurationError(
                "the store's namespace is of letters, digits, - and _, and it has at least one shard"
            )
        try:
            pool = redis.BlockingConnectionPool.from_url(
                url,
                max_connections=CONNECTIONS,
                timeout=TIMEOUT,
                socket_timeout=TIMEOUT,
                socket_connect_timeout=TIMEOUT,
                retry=Retry(NoBackoff(), 0),
            )
        except ValueError as error:
            raise ConfigurationError(f"the store's URL cannot be read: {error}") from error
        kind = pool.connection_class
        pool.connection_class = type(kind.__name__, (_Packing, kind), {})
        return cls(redis.Redis.from_pool(pool), namespace=namespace, shards=shards)

    @classmethod
    async def open(cls, url: str, *, namespace: str = "tocsin", shards: int = 1) -> Store:
        """The store at this URL, checked. Raises also ``StoreUnavailable`` and ``StoreMismatch``."""
        store = cls.at(url, namespace=namespace, shards=shards)
        try:
            await store.check()
        except StoreError:
            await store.close()
            raise
        return store

    async def check(self) -> None:
        """Make sure, once, that the store is one that this version and these settings can work with.

        Every script is preceded by it. Raises ``StoreUnavailable``, and ``StoreMismatch``.
        """
        if self._checked:
            return
        meta = self.shards[0].meta
        pipe = self._client.pipeline(transaction=False)
        pipe.hsetnx(meta, "schema", SCHEMA)
        pipe.hsetnx(meta, "shards", len(self.shards))
        pipe.hmget(meta, ["schema", "shards"])
        schema, shards = (int(value) for value in (await self.call(pipe.execute()))[2])
        if schema != SCHEMA:
            raise StoreMismatch(f"the store has schema {schema}, this version works with {SCHEMA}")
        if shards != len(self.shards):
            raise StoreMismatch(
                f"the store was made with {shards} shard(s), the setting says {len(self.shards)}: "
                "the number is fixed when a store is first used"
            )
        self._checked = True

    def shard_of(self, key: str) -> Keys:
        """The shard that holds an incident key, given its digest."""
        return self.shards[int(key[:8], 16) % len(self.shards)]

    async def call(self, command: Awaitable[T]) -> T:
        """Await a command. Raises ``StoreUnavailable`` for whatever the store or the way to it answers."""
        try:
            return await command
        except (TimeoutError, RedisError, OSError) as error:
            raise StoreUnavailable(f"the store is out of reach: {type(error).__name__}: {error}") from error

    async def run(self, script: str, keys: Sequence[str], args: Sequence[Arg]) -> Any:
        """Run a script of ``scripts/`` by its name. Raises ``StoreUnavailable``; ``StoreError`` if it is faulty."""
        await self.check()
        try:
            digest = self._hashes.get(script)
            if digest is None:
                digest = self._hashes[script] = await self._client.script_load(source(script))
            try:
                return await self._client.evalsha(digest, len(keys), *keys, *args)
            except NoScriptError:
                # The store was restarted or flushed; sending the text once loads it there again.
                return await self._client.eval(source(script), len(keys), *keys, *args)
        except ResponseError as error:
            if isinstance(error, _NOT_NOW_ERRORS) or _NOT_NOW.search(str(error)):
                raise StoreUnavailable(f"the store takes nothing now: {type(error).__name__}: {error}") from error
            raise StoreError(f"the store refused {script}: {error}") from error
        except (TimeoutError, RedisError, OSError) as error:
            raise StoreUnavailable(f"the store is out of reach: {type(error).__name__}: {error}") from error

    async def run_all(self, script: str, calls: Sequence[tuple[Sequence[str], Sequence[Arg]]]) -> list[Any]:
        """Run a script several times in one round trip; each answer is the script's, or that call's
        ``StoreError``.

        Raises ``StoreUnavailable`` where the store does not answer at all.
        """
        digest = self._hashes.get(script)
        if digest is None or len(calls) == 1:
            return [await self._answer_of(script, keys, args) for keys, args in calls]
        pipe = self._client.pipeline(transaction=False)
        for keys, args in calls:
            pipe.evalsha(digest, len(keys), *keys, *args)
        answers = await self.call(pipe.execute(raise_on_error=False))
        return [
            await self._answer_of(script, *call) if isinstance(answer, Exception) else answer
            for call, answer in zip(calls, answers, strict=True)
        ]

    async def _answer_of(self, script: str, keys: Sequence[str], args: Sequence[Arg]) -> Any:
        """What a script answers, or its error: a call that failed among others is made again alone, since every script
        is harmless if run twice."""
        try:
            return await self.run(script, keys, args)
        except StoreError as error:
            return error

    def pipeline(self, *, of_one_instant: bool = False) -> Any:
        """Several reads in one round trip; run it with ``await store.call(pipe.execute())``.

        ``of_one_instant``, of the keys of one shard, no write comes in between.
        """
        return self._client.pipeline(transaction=of_one_instant)

    async def time(self) -> Millis:
        """The store's time."""
        seconds, micros = await self.call(self._client.time())
        return int(seconds) * 1_000 + int(micros) // 1_000

    async def ping(self) -> None:
        """Raises ``StoreUnavailable`` if the store does not answer."""
        await self.call(self._client.ping())

    async def troubles(self) -> Sequence[str]:
        """Why the store cannot be worked with at present; nothing where it can."""
        try:
            await self.check()
            await self.ping()
        except StoreError as error:
            return (str(error),)
        return ()

    async def close(self) -> None:
        """Give back the connections."""
        await self._client.aclose()
        await self._client.connection_pool.disconnect()
