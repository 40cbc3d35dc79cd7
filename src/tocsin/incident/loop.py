"""The loop that runs ``decide``: claims due keys under a lease, and commits what was decided in one step.

Killed anywhere, it loses nothing: the lease runs out, and the next to claim the key finds all as it was.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Mapping
from math import inf
from typing import Protocol

import msgspec

from tocsin._core.about import begun
from tocsin._core.action import Action
from tocsin._core.clock import Clock, sleep_unless
from tocsin._core.declaration import Declared
from tocsin._core.errors import StoreError
from tocsin._core.incident import AlertRecord, Delivery, Fallback, Incident, Notice
from tocsin._core.model import Classification
from tocsin._core.plan import Plan
from tocsin._core.times import SECOND, Millis
from tocsin._core.view import Claim
from tocsin._core.why import Why
from tocsin._store import incidents as stored
from tocsin._store import views
from tocsin._store.client import Store
from tocsin._store.incidents import Commit
from tocsin._store.keys import Keys
from tocsin.incident.decide import Decision, decide, with_alerts

log = logging.getLogger(__name__)

AT_ONCE = 16
"""Keys claimed at once while alerts come in: whoever comes next waits for all of them."""

CLOCKS_AT_ONCE = 64
"""Keys claimed at once, in steps, while those claimed have no new alerts, as when many clocks are due together."""

POLL: Millis = 1 * SECOND
TURNS_UNLOOKED = 4
"""Turns in a row that go by what this process has just made due, before the queues themselves are looked at again."""

LONGEST_BACKOFF: Millis = 60 * SECOND
IDS_TRIED = 100


class Router(Protocol):
    """Step 6, as this loop uses it."""

    def deliveries(self, notice: Notice, now: Millis) -> tuple[tuple[Delivery, ...], tuple[tuple[str, int], ...]]:
        """A notice's deliveries, and for each of its groups how many of them are the group's."""
        ...

    def fallback(self, entry: Fallback, key: str, now: Millis) -> tuple[Delivery, ...]:
        """The deliveries of a notice to a group's fallback channels."""
        ...


class Meter(Protocol):
    """What is counted here."""

    def expired(self, by_source: Mapping[str, int]) -> None:
        """Alerts whose time ran out without a resolution."""
        ...

    def suppressed(self, reasons: Iterable[str]) -> None:
        """Changes of which nobody was told, by reason."""
        ...


Explain = Callable[[AlertRecord | None, Classification, Millis], Why]
"""Why an alert's classification is what it is, to be kept."""


class IncidentLoop:
    """Works one store's due queues, all shards. ``wake`` tells it of a key that is due."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        plan: Callable[[], Plan],
        router: Router,
        explain: Explain,
        meter: Meter,
        owed: Callable[[Iterable[Delivery]], None],
        process: str,
    ) -> None:
        self._store = store
        self._clock = clock
        self._plan = plan
        self._router = router
        self._explain = explain
        self._meter = meter
        self._owed = owed
        self._process = process
        self._turns = 0
        self._due: dict[Keys, dict[str, Millis]] = {keys: {} for keys in store.shards}
        self._unlooked = dict.fromkeys(store.shards, 0)
        self._at_once = dict.fromkeys(store.shards, AT_ONCE)
        self._noted_at = dict.fromkeys(store.shards, 0)
        self._rests_until: dict[Keys, float] = dict.fromkeys(store.shards, inf)
        self._awake = {keys: asyncio.Event() for keys in store.shards}
        self._draining = False

    def wake(self, due: Iterable[tuple[str, Millis]]) -> None:
        """Keys that this process has just made due, with the time."""
        for key, at in due:
            keys = self._store.shard_of(key)
            self._due[keys][key] = min(at, self._due[keys].get(key, at))
            if at < self._rests_until[keys]:
                self._awake[keys].set()

    def expired(self, by_source: Mapping[str, int]) -> None:
        """Count alerts that a claim outside this loop found expired."""
        self._meter.expired(by_source)

    def drain(self) -> None:
        """End ``run`` after the keys at hand."""
        self._draining = True
        for event in self._awake.values():
            event.set()

    async def run(self) -> None:
        """Work until drained."""
        async with asyncio.TaskGroup() as group:
            for keys in self._store.shards:
                group.create_task(self._work(keys), name=f"incidents-{keys.urgent}")

    async def _work(self, keys: Keys) -> None:
        failures = 0
        while not self._draining:
            try:
                wait = await self.turn(keys)
                failures = 0
            except StoreError as error:
                failures += 1
                wait = min(100 * 2**failures, 5 * SECOND)
                log.warning("incidents wait for the store", extra={"error": str(error), "failures": failures})
            if wait > 0 and not self._draining:
                self._rests_until[keys] = self._clock.now() + wait
                await sleep_unless(self._awake[keys], self._clock, wait / SECOND)
                self._rests_until[keys] = inf

    async def turn(self, keys: Keys) -> Millis:
        """Work on what is due now in a shard; answers how long there is nothing to do. Raises ``StoreError``."""
        now = self._clock.now()
        hot = self._due[keys]
        ready = [key for key, at in hot.items() if at <= now]
        for key in ready:
            del hot[key]
        if len(ready) >= AT_ONCE:
            # Too many to begin with any: the store knows which are urgent, and what others left.
            ready = []
        next_at: Millis | None = None
        if ready and self._unlooked[keys] < TURNS_UNLOOKED:
            self._unlooked[keys] += 1
        else:
            self._unlooked[keys] = 0
            found, next_at = await stored.due_keys(self._store, keys, now, self._at_once[keys] - len(ready))
            ready += (key for key in found if key not in ready)
        if not ready:
            if now - self._noted_at[keys] >= POLL:
                # An empty claim still notes that alerts can be taken now.
                await stored.claim(self._store, keys, (), token="", now=now)
                self._noted_at[keys] = now
            upcoming = [at - now for at in (next_at, *hot.values()) if at is not None]
            return max(1, min([*upcoming, POLL]))
        await self._claim(keys, ready, now)
        return 0

    async def _claim(self, keys: Keys, ready: list[str], now: Millis) -> None:
        self._turns += 1
        token = f"{self._process}-{self._turns}"
        claims = await stored.claim(self._store, keys, ready, token=token, now=now)
        is_clocks = len(ready) >= AT_ONCE and not any(claim.view.joined for claim in claims.claims)
        self._at_once[keys] = min(CLOCKS_AT_ONCE, 2 * self._at_once[keys]) if is_clocks else AT_ONCE
        self._meter.expired(claims.expired)
        for key in claims.aside:
            log.error("an incident key failed too often and was set aside", extra={"key": key})
        results = await asyncio.gather(*(self._reconcile(keys, claim) for claim in claims.claims))
        if any(results):
            raise next(error for error in results if error)

    async def _reconcile(self, keys: Keys, claim: Claim) -> StoreError | None:
        """One key. A failure of the store is answered, not raised, so that the other keys' work is not cut off."""
        try:
            await self.settle(keys, claim)
        except StoreError as error:
            return error
        except asyncio.CancelledError:
            with contextlib.suppress(StoreError):
                await asyncio.shield(stored.release(self._store, keys, claim, due=self._clock.now(), failed=False))
            raise
        except Exception:
            log.exception("an incident key failed", extra={"key": claim.key, "tries": claim.tries})
            pause = min(SECOND * 2**claim.tries, LONGEST_BACKOFF)
            try:
                await stored.release(self._store, keys, claim, due=self._clock.now() + pause, failed=True)
            except StoreError as error:
                return error
        return None

    async def settle(
        self, keys: Keys, claim: Claim, action: Action | Declared | None = None
    ) -> tuple[Incident, ...] | None:
        """Decide about a claimed key, and commit; answers what was changed, or ``None`` if another was quicker.

        Raises ``StoreError``.
        """
        for counter in range(IDS_TRIED):
            now = self._clock.now()
            plan = self._plan()
            decision = decide(claim.incident, claim.view, plan, now, counter=counter, action=action)
            if decision.notices and not claim.view.alerts:
                # Deciding needs no alert's record, however many have come; telling shows the newest.
                claim = await views.with_alerts(self._store, keys, claim)
            decision = with_alerts(decision, claim.view)
            explained = await self._explained(keys, claim, decision, now)
            change = self._commit(claim, decision, explained, plan, now)
            verdict = await stored.commit(self._store, keys, change, now)
            if verdict == "taken":
                continue
            if verdict == "ok":
                self._meter.suppressed(decision.suppressed)
                self._owed(change.deliveries)
                return decision.incidents
            if verdict == "stale":
                await stored.release(self._store, keys, claim, due=now, failed=False)
            return None
        raise AssertionError(f"no free incident id for {claim.key}")

    async def _explained(
        self, keys: Keys, claim: Claim, decision: Decision, now: Millis
    ) -> tuple[tuple[str, Why], ...]:
        """Why an incident is graded as it is now, where that has just been decided."""
        joined = claim.view.joined
        graded = [each.id for each in decision.incidents if joined is not None and each.decision is joined.top]
        if joined is None or not graded:
            return ()
        alert = next((each for each in claim.view.alerts if each.identity == joined.top_identity), None)
        if alert is None:  # not among the newest that were loaded to be told of, or nobody is told yet
            alert = await views.alert_of(self._store, keys, joined.top_identity)
        return ((graded[-1], self._explain(alert, joined.top, now)),)

    def _commit(
        self, claim: Claim, decision: Decision, explained: tuple[tuple[str, Why], ...], plan: Plan, now: Millis
    ) -> Commit:
        deliveries: list[Delivery] = []
        owing: list[tuple[str, int, str, int]] = []
        stats = list(decision.stats)
        carried: dict[str, tuple[str, ...]] = {}
        for notice in decision.notices:
            made, owed = self._router.deliveries(notice, now)
            deliveries += made
            if began := begun(notice, made, plan):
                carried[notice.incident_id] = (*carried.get(notice.incident_id, ()), *began)
            owing += ((notice.incident_id, notice.sequence, group, count) for group, count in owed)
            stats += ((f"notices|{group}|{notice.event}", 1) for group in notice.told if not notice.drill)
        for entry in decision.fallbacks:
            deliveries += self._router.fallback(entry, claim.key, now)
        return Commit(
            claim=claim,
            incidents=tuple(_carried_by(each, carried.get(each.id, ())) for each in decision.incidents),
            opened=decision.opened,
            notices=decision.notices,
            explained=explained,
            deliveries=tuple(deliveries),
            owing=tuple(owing),
            timeline=decision.timeline,
            stats=tuple(stats),
            clock=decision.clock,
            reopen_within=plan.incidents.reopen_within,
        )


def _carried_by(incident: Incident, channels: tuple[str, ...]) -> Incident:
    """The incident, which remembers the channels that are to carry what follows."""
    known = tuple(dict.fromkeys((*incident.channels, *channels)))
    return incident if known == incident.channels else msgspec.structs.replace(incident, channels=known)
