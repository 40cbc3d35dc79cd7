"""A person's act: the same claim, decision and commit as the loop's, so that one waits for the other.

In goes an ``Action``, out comes the incident as it then is. What is answered is recorded. What was not answered may be
done again, and does no harm if it had been recorded.
"""

from __future__ import annotations

import asyncio
import contextlib

from tocsin._core.action import Action
from tocsin._core.clock import Clock
from tocsin._core.errors import Busy, StoreError
from tocsin._core.incident import Incident
from tocsin._core.view import Claim
from tocsin._store import incidents as stored
from tocsin._store.client import Store
from tocsin._store.keys import Keys
from tocsin._store.listing import find_incident
from tocsin.incident.actions import check
from tocsin.incident.loop import IncidentLoop

TRIES, PAUSE = 50, 0.05
"""How often a key that another holds is tried for, and the seconds between: 2.5 s in all."""


class Acts:
    """Does what people ask for. ``loop`` decides and commits; ``process`` is a name that no other has."""

    def __init__(self, *, store: Store, clock: Clock, loop: IncidentLoop, process: str) -> None:
        self._store = store
        self._clock = clock
        self._loop = loop
        self._process = process
        self._count = 0

    async def act(self, action: Action) -> Incident:
        """Do it, at once; answers the incident.

        Raises ``NotFound``, ``Conflict``, ``Busy`` and ``StoreUnavailable``.
        """
        for _ in range(TRIES):
            keys, incident = await find_incident(self._store, action.incident)
            check(incident, action)
            claim = await self._claimed(keys, incident)
            done = await self._done(keys, claim, action) if claim else None
            if done:
                return done
            await self._clock.sleep(PAUSE)
        raise Busy(f"{action.incident} is being worked on all the time; nothing was recorded, so try again")

    async def _claimed(self, keys: Keys, incident: Incident) -> Claim | None:
        """The incident's key under lease; ``None`` while another holds it."""
        now = self._clock.now()
        if not await stored.make_due_now(self._store, keys, incident.key, incident.id, now):
            return None
        self._count += 1
        claims = await stored.claim(
            self._store, keys, [incident.key], token=f"{self._process}-act-{self._count}", now=now
        )
        self._loop.expired(claims.expired)
        return claims.claims[0] if claims.claims else None

    async def _done(self, keys: Keys, claim: Claim, action: Action) -> Incident | None:
        """Decide and commit; ``None`` if another was quicker. Whatever else happens, the lease is given back."""
        is_settled = False
        try:
            if claim.incident is None or claim.incident.id != action.incident:
                return None
            check(claim.incident, action)
            changed = await self._loop.settle(keys, claim, action)
            is_settled = True
        finally:
            if not is_settled:
                with contextlib.suppress(StoreError):
                    await asyncio.shield(self._release(keys, claim))
        if changed is None:
            return None
        return next((incident for incident in changed if incident.id == action.incident), claim.incident)

    async def _release(self, keys: Keys, claim: Claim) -> None:
        await stored.release(self._store, keys, claim, due=self._clock.now(), failed=False)
