"""The loop that compacts closed incidents, and moves those past their time to the archive, or drops them.

An incident is removed from the store only when its line is on disk. Killed in between, the next adds the line again:
the archive may hold an incident twice, and never misses one. One process at a time works on a shard, under a lease;
without it two would do no harm but write the same lines.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import msgspec

from tocsin._core.clock import Clock, sleep_unless
from tocsin._core.errors import StoreError, StoreMismatch
from tocsin._core.plan import Plan
from tocsin._core.times import DAY, HOUR, MINUTE, SECOND, Millis, format_duration
from tocsin._store import retention as stored
from tocsin._store.client import Store
from tocsin._store.keys import Keys
from tocsin._store.retention import Counted, Moment
from tocsin._store.whole import Found, Whole, find_whole
from tocsin.retention.files import ArchiveFiles, file_name

log = logging.getLogger(__name__)

AT_ONCE = 20
"""Incidents worked on in one turn."""

LEASE: Millis = 5 * MINUTE
POLL: Millis = 1 * MINUTE
BREATH: Millis = 100
"""Between turns while there is more to do, so that it takes little from those who tell."""

LATER: Millis = 1 * HOUR
"""When an incident that may still change, or that cannot be read, is looked at again."""


class Meter(Protocol):
    """What is counted here."""

    def archive_failed(self) -> None:
        """Lines could not be written; what they hold stays in the store."""
        ...


class RetentionLoop:
    """Works one store's closed incidents, all shards. ``files`` is the archive; without it, what is past the retention
    is dropped if ``drop``, else kept. ``shape`` makes an incident's line."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        plan: Callable[[], Plan],
        files: ArchiveFiles | None,
        drop: bool,
        shape: Callable[[Whole, Millis], dict[str, Any]],
        meter: Meter,
        process: str,
    ) -> None:
        self._store = store
        self._clock = clock
        self._plan = plan
        self._files = files
        self._drop = drop
        self._shape = shape
        self._meter = meter
        self._process = process
        self._later: dict[str, Millis] = {}
        self._awake = asyncio.Event()
        self._draining = False
        self._fails = False
        self._told_kept = False

    def drain(self) -> None:
        """End ``run`` after the turn at hand."""
        self._draining = True
        self._awake.set()

    async def run(self) -> None:
        """Work until drained, then give the leases back."""
        while not self._draining:
            try:
                more = any([await self.turn(keys) for keys in self._store.shards])
            except StoreError as error:
                more = False
                log.warning("closed incidents wait for the store", extra={"error": str(error)})
            if not self._draining:
                await sleep_unless(self._awake, self._clock, (BREATH if more else POLL) / SECOND)
        now = self._clock.now()
        with contextlib.suppress(StoreError):
            for keys in self._store.shards:
                await stored.lease(self._store, keys, self._process, now=now, until=now)

    async def turn(self, keys: Keys) -> bool:
        """Work on some of a shard's closed incidents; answers whether there may be more. Raises ``StoreError``."""
        now = self._clock.now()
        if not await stored.lease(self._store, keys, self._process, now=now, until=now + LEASE):
            return False
        moment = Moment(now, self._plan().incidents.reopen_within)
        compacted = await self._compact(keys, moment)
        ended = await self._end(keys, moment)
        return compacted or ended

    async def _compact(self, keys: Keys, moment: Moment) -> bool:
        names = await stored.to_compact(self._store, keys, moment.now, AT_ONCE)
        for name in names:
            if not await self._compacted(keys, name, moment):
                await stored.postpone(self._store, keys, name, moment.now + LATER)
        return len(names) == AT_ONCE

    async def _compacted(self, keys: Keys, name: str, moment: Moment) -> bool:
        """Whether it was done. One that fails must hold up no other."""
        try:
            found = await self._find(keys, name)
            if found is None or await stored.removable(self._store, keys, found, moment) != "ok":
                return False
            archived_in = ""
            if self._files and not found.compact and await stored.too_large(found):
                archived_in = file_name(found.whole.incident.closed_at or 0)
                line = self._line(found.whole, moment)
                if not line or not await self._written(self._files, archived_in, [line]):
                    return False
            # Where there is no archive, and no word to drop, nothing may be lost: it stays whole.
            whole = self._files is None and not self._drop
            verdict = await stored.compact(self._store, keys, found, moment, whole=whole, archived_in=archived_in)
        except StoreError:
            raise
        except Exception:
            log.exception("an incident could not be compacted", extra={"incident": name})
            return False
        return verdict == "ok"

    async def _end(self, keys: Keys, moment: Moment) -> bool:
        """What is past its time."""
        retention = self._plan().incidents.retention
        self._later = {name: at for name, at in self._later.items() if at > moment.now}
        limit = AT_ONCE + len(self._later)
        old = await stored.closed_before(self._store, keys, moment.now - retention, limit)
        if self._files is None and not self._drop:
            self._say_kept(len(old), retention)
            return False
        names = [name for name in old if name not in self._later][:AT_ONCE]
        ready = [
            found for name in names if (found := await self._find(keys, name)) and await self._may(keys, found, moment)
        ]
        if self._files is None:
            await self._remove(keys, ready, "dropped", moment)
        else:
            await self._archive(self._files, keys, ready, moment)
        return len(names) == AT_ONCE and not self._fails

    async def _archive(self, files: ArchiveFiles, keys: Keys, ready: Sequence[Found], moment: Moment) -> None:
        there = [found for found in ready if found.whole.archived_in]
        await self._remove(keys, there, "archived", moment)
        months: dict[str, list[tuple[Found, bytes]]] = defaultdict(list)
        for found in ready:
            if not found.whole.archived_in and (line := self._line(found.whole, moment)):
                months[file_name(found.whole.incident.closed_at or 0)].append((found, line))
        for name, of_month in months.items():
            if not await self._written(files, name, [line for _, line in of_month]):
                return
            await self._remove(keys, [found for found, _ in of_month], "archived", moment)

    async def _written(self, files: ArchiveFiles, name: str, lines: Sequence[bytes]) -> bool:
        """Whether lines are on disk now. What cannot be written stays in the store, and is tried again."""
        error: OSError | None = None
        try:
            await asyncio.to_thread(files.append, name, lines)
        except OSError as failure:
            error = failure
            self._meter.archive_failed()
        self._tell_log(error, files)
        return error is None

    def _line(self, whole: Whole, moment: Moment) -> bytes:
        """An incident as its line; nothing where that fails, which must hold up no other."""
        try:
            return msgspec.json.encode(self._shape(whole, moment.now))
        except Exception:
            name = whole.incident.id
            log.exception("an incident could not be archived and stays in the store", extra={"incident": name})
            self._later[name] = moment.now + LATER
            return b""

    async def _remove(self, keys: Keys, ready: Iterable[Found], counted: Counted, moment: Moment) -> None:
        removed = []
        for found in ready:
            if await stored.remove(self._store, keys, found, moment, counted) == "ok":
                removed.append(found.whole.incident.id)
            else:
                self._later[found.whole.incident.id] = moment.now + LATER
        if removed:
            level = logging.WARNING if counted == "dropped" else logging.INFO
            log.log(level, f"incidents past the retention were {counted}", extra={"incidents": removed})

    async def _may(self, keys: Keys, found: Found, moment: Moment) -> bool:
        """Whether an incident may be removed; what may still change is looked at again later."""
        may = await stored.removable(self._store, keys, found, moment) == "ok"
        if not may:
            self._later[found.whole.incident.id] = moment.now + LATER
        return may

    async def _find(self, keys: Keys, name: str) -> Found | None:
        """An incident of an index; one that is not there any more leaves the index."""
        try:
            found = await find_whole(self._store, keys, name)
        except StoreMismatch as error:
            self._later[name] = self._clock.now() + DAY
            log.error("a closed incident cannot be read", extra={"incident": name, "error": str(error)})
            return None
        if found is None:
            log.error("a closed incident is not in the store any more", extra={"incident": name})
            await stored.forget(self._store, keys, name)
        return found

    def _tell_log(self, error: OSError | None, files: ArchiveFiles) -> None:
        """One line when writing begins to fail, and one when it works again."""
        where = str(files.directory)
        if error is not None and not self._fails:
            reason = error.strerror or str(error)
            log.error("incidents cannot be archived and stay in the store", extra={"directory": where, "error": reason})
        elif error is None and self._fails:
            log.info("incidents are archived again", extra={"directory": where})
        self._fails = error is not None

    def _say_kept(self, number: int, retention: Millis) -> None:
        if number and not self._told_kept:
            self._told_kept = True
            log.warning(
                "closed incidents past the retention are kept in the store; name an --archive-dir for them, "
                "or drop them with --drop-expired",
                extra={"retention": format_duration(retention)},
            )
