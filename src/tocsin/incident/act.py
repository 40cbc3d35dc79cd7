"""A person's act: the same claim, decision and commit as the loop's, so that one waits for the other.

In goes an ``Action``, or the declaration of an incident; out comes the incident as it then is. What is answered is
recorded. What was not answered may be done again, and does no harm if it had been recorded.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from msgspec.structs import replace

from tocsin._core.action import Action, Merge, Note
from tocsin._core.clock import Clock
from tocsin._core.declaration import Declared
from tocsin._core.errors import Busy, Conflict, Forbidden, NotFound, StoreError, Unprocessable
from tocsin._core.ids import normal_incident_id
from tocsin._core.incident import Incident
from tocsin._core.plan import Plan
from tocsin._core.view import Claim
from tocsin._store import incidents as stored
from tocsin._store.client import Store
from tocsin._store.keys import Keys
from tocsin._store.listing import find_incident
from tocsin.incident.actions import changed_since, check, is_late, superseded
from tocsin.incident.loop import IncidentLoop
from tocsin.incident.rights import check_rights, resolved

TRIES, PAUSE = 50, 0.05
"""How often a key that another holds is tried for, and the seconds between: 2.5 s in all."""


class Acts:
    """Does what people ask for. ``loop`` decides and commits; ``process`` is a name that no other has."""

    def __init__(
        self, *, store: Store, clock: Clock, loop: IncidentLoop, plan: Callable[[], Plan], process: str
    ) -> None:
        self._store = store
        self._clock = clock
        self._loop = loop
        self._plan = plan
        self._process = process
        self._count = 0

    async def act(self, action: Action) -> Incident:
        """Do it, at once; answers the incident.

        Raises ``NotFound``, ``Unprocessable``, ``Forbidden``, ``Conflict``, ``Busy`` and ``StoreUnavailable``.
        """
        action = resolved(action, self._plan())
        entries = None
        if isinstance(action.act, Merge):
            action, entries = await self._merging(action, action.act)
        for _ in range(TRIES):
            keys, incident = await find_incident(self._store, action.incident)
            if not is_late(incident, action):
                check(incident, action)
                check_rights(action, incident)
            claim = await self._claimed(keys, incident.key, incident.id)
            done = await self._acted(keys, claim, action, entries) if claim else None
            if done:
                return done
            await self._clock.sleep(PAUSE)
        raise Busy(f"{action.incident} is being worked on all the time; nothing was recorded, so try again")

    async def declare(self, declared: Declared, key: str) -> Incident:
        """Open an incident on a key; answers it, and the one that is there if the same request opened it.

        Raises ``Conflict`` if another is open there, ``Busy`` and ``StoreUnavailable``.
        """
        keys = self._store.shard_of(key)
        for _ in range(TRIES):
            claim = await self._claimed(keys, key, "")
            done = await self._declared(keys, claim, declared) if claim else None
            if done:
                return done
            await self._clock.sleep(PAUSE)
        raise Busy("others work on the same thing all the time; nothing was declared, so try again")

    async def _declared(self, keys: Keys, claim: Claim, declared: Declared) -> Incident | None:
        present = claim.incident
        if present is None or present.closed_at is not None:
            changed = await self._settled(keys, claim, declared)
            return changed[-1] if changed else None
        await self._release(keys, claim)
        if present.request == declared.asked.request:
            return present
        current = {"id": present.id, "revision": present.revision, "state": present.state}
        message = f"{present.id} is open about the same ({present.key_text}); act upon that, or name another service"
        raise Conflict(message, current)

    async def _merging(self, action: Action, act: Merge) -> tuple[Action, int]:
        """The merge with its incident's proper name, put on record with the incident that goes on; and how many entries
        the timeline of the one that ends had before that. It must have no more when it ends: one of them might say that
        the other was merged into it meanwhile, and both would be closed.

        Raises ``Unprocessable`` where there is none such.
        """
        into = normal_incident_id(act.into)
        if into == action.incident:
            raise Unprocessable("nothing was done", [("into", "is the same incident")])
        try:
            _, other = await find_incident(self._store, into)
        except NotFound as error:
            raise Unprocessable("nothing was done", [("into", str(error))]) from None
        if other.closed_at is not None:
            raise Unprocessable("nothing was done", [("into", f"{into} is closed; merge into one that goes on")])
        _, incident = await find_incident(self._store, action.incident)
        if other.drill != incident.drill:
            raise Unprocessable("nothing was done", [("into", "a drill and what is real are never one incident")])
        merge = replace(action, act=replace(act, into=into))
        if is_late(incident, action):
            return merge, incident.timeline_entries
        check(incident, action)
        check_rights(action, incident)
        note = Note(text=f"{action.incident} is a part of this incident and was merged into it")
        await self.act(replace(action, incident=into, act=note, if_revision=None))
        return merge, incident.timeline_entries

    async def _claimed(self, keys: Keys, key: str, incident: str) -> Claim | None:
        """The key under lease; ``None`` while another holds it. Raises ``Conflict`` where the key has gone on to
        another incident."""
        now = self._clock.now()
        if not await stored.make_due_now(self._store, keys, key, incident, now):
            raise Conflict(
                f"{incident} was closed, and what it was about has gone on since; act upon the incident that is open, "
                "or declare one",
                {"allowed": []},
            )
        self._count += 1
        claims = await stored.claim(self._store, keys, [key], token=f"{self._process}-act-{self._count}", now=now)
        self._loop.expired(claims.expired)
        return claims.claims[0] if claims.claims else None

    async def _acted(self, keys: Keys, claim: Claim, action: Action, entries: int | None) -> Incident | None:
        """Decide and commit; ``None`` if another was quicker. ``entries`` are those that the timeline must have."""
        if claim.incident is not None and claim.incident.id != action.incident:
            await self._given_back(keys, claim)  # another has opened meanwhile: look again
            return None
        try:
            incident = claim.incident
            if incident is None:
                # Closed, and its key is free: this lease is the only one that may write it.
                _, incident = await find_incident(self._store, action.incident)
                claim = replace(claim, incident=incident)
            late = is_late(incident, action)
            if not late:
                check(incident, action)
                check_rights(action, incident)
                if entries not in (None, incident.timeline_entries):
                    raise changed_since(incident)
        except (Conflict, Forbidden, NotFound, StoreError):
            await asyncio.shield(self._given_back(keys, claim))
            raise
        changed = await self._settled(keys, claim, action)
        if changed is None:
            return None
        after = next((each for each in changed if each.id == action.incident), incident)
        if late:
            raise superseded(after, action)
        return after

    async def _settled(self, keys: Keys, claim: Claim, action: Action | Declared) -> tuple[Incident, ...] | None:
        """Decide and commit. Whatever else happens, the lease is given back."""
        is_settled = False
        try:
            changed = await self._loop.settle(keys, claim, action)
            is_settled = True
        finally:
            if not is_settled:
                await asyncio.shield(self._given_back(keys, claim))
        return changed

    async def _given_back(self, keys: Keys, claim: Claim) -> None:
        with contextlib.suppress(StoreError):
            await self._release(keys, claim)

    async def _release(self, keys: Keys, claim: Claim) -> None:
        await stored.release(self._store, keys, claim, due=self._clock.now(), failed=False)
