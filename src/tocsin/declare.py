"""The way of an incident that a person declares: it begins where their word is classified, in a rule's place."""

from __future__ import annotations

from tocsin._core.clock import Clock
from tocsin._core.declaration import Asked, Declared
from tocsin._core.incident import Incident
from tocsin.classify.declare import classify_declared
from tocsin.dedup.identity import key_digest
from tocsin.incident.act import Acts
from tocsin.incident.rights import check_declarer
from tocsin.plan import Current


class Declarations:
    """Takes declarations by the plan in force. ``acts`` commits them."""

    def __init__(self, *, current: Current, clock: Clock, acts: Acts) -> None:
        self._current = current
        self._clock = clock
        self._acts = acts

    async def take(self, asked: Asked) -> Incident:
        """Open the incident, and answer it. Raises ``Unprocessable``, and what ``Acts.declare`` raises."""
        edition, now = self._current.edition, self._clock.now()
        check_declarer(asked, edition.plan)
        decision = classify_declared(asked.declaration, edition.plan, edition.classifier, by=asked.by, now=now)
        return await self._acts.declare(Declared(asked=asked, decision=decision), key_digest(decision.key))
