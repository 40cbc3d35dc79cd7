"""The routes by which alerts come in, and what they answer.

In: a body of a source of the plan. Out: the receipt. ``/api/v2/alerts`` answers 400 as soon as one alert was
rejected, as Alertmanager does (its clients do not post again); ``/ingest/*`` only if nothing could be kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec
from aiohttp import web

from tocsin._core.clock import Clock
from tocsin._core.errors import Unreadable
from tocsin._core.model import Batch, Receipt
from tocsin._core.plan import Token
from tocsin._core.source import Source
from tocsin._core.times import Millis
from tocsin.accept.access import Right
from tocsin.accept.body import Bodies
from tocsin.accept.guard import caller
from tocsin.accept.ports import Decoder, Intake, Measures, Policy, Ring
from tocsin.accept.problem import HttpProblem

API_SOURCE = "prometheus"
"""The source of what is posted to ``/api/v2/alerts``."""


BESIDE = 64 * 1024
"""Bytes from which on a payload is mapped beside the event loop."""


@dataclass(frozen=True, kw_only=True)
class IntakeRoutes:
    """The routes of intake; ``decoders`` are by a source's type."""

    intake: Intake
    decoders: Mapping[str, Decoder]
    policy: Policy
    ring: Ring
    measures: Measures
    bodies: Bodies
    clock: Clock

    def routes(self) -> Sequence[tuple[web.RouteDef, str]]:
        """The routes, each with the right it needs."""
        return (
            (web.post("/api/v2/alerts", self.alerts), Right.INGEST),
            (web.post("/ingest/{source}", self.ingest), Right.INGEST),
            (web.post("/ingest/{source}/api/v2/alerts", self.ingest_alerts), Right.INGEST),
        )

    async def alerts(self, request: web.Request) -> web.Response:
        """Alertmanager's API v2."""
        receipt = await self._take(request, self._source(API_SOURCE))
        return answer(receipt, 400 if receipt.rejected else 200)

    async def ingest(self, request: web.Request) -> web.Response:
        """Any source of the plan."""
        receipt = await self._take(request, self._source(request.match_info["source"]))
        return answer(receipt, 400 if nothing_kept(receipt) else 200)

    async def ingest_alerts(self, request: web.Request) -> web.Response:
        """A Prometheus with a path prefix of its own, which is thereby a source of its own."""
        source = self._source(request.match_info["source"])
        if source.type != "prometheus":
            message = f"source {source.name} is of type {source.type}: post to /ingest/{source.name}"
            raise HttpProblem(404, message)
        receipt = await self._take(request, source)
        return answer(receipt, 400 if nothing_kept(receipt) else 200)

    async def taken(self, body: bytes, source: Source, received_at: Millis) -> Receipt:
        """Read a payload and take its alerts in. What cannot be read is kept in the source's ring before it is
        answered: a payload as a whole, or one of which a mapping refused an alert. Raises ``Unreadable``."""
        began = self.clock.monotonic()
        try:
            batch = await self._read(body, source, received_at)
        except Unreadable as error:
            self.measures.unreadable(source.name)
            await self.ring.keep(source.name, body, [f"{error.path}: {error}"], received_at)
            raise
        self.measures.received(source.name, batch)
        receipt = await self.intake.take(batch) if batch.alerts else kept_nothing(batch)
        if batch.rejected and source.mapping is not None:
            errors = [rejection.error for rejection in batch.rejected]
            await self.ring.keep(source.name, body, errors, received_at)
        self.measures.ingested(self.clock.monotonic() - began)
        return receipt

    async def _take(self, request: web.Request, source: Source) -> Receipt:
        check_bound(caller(request), source.name)
        body = await self.bodies.unpacked(request)
        return await self.taken(body, source, self.clock.now())

    async def _read(self, body: bytes, source: Source, received_at: Millis) -> Batch:
        """Mappings are evaluated in Python, so that a large payload is read beside the event loop."""
        decode = partial(self.decoders[source.type], body, source=source, received_at=received_at)
        if source.mapping is not None and len(body) > BESIDE:
            return await asyncio.to_thread(decode)
        return decode()

    def _source(self, name: str) -> Source:
        sources = self.policy.sources()
        source = sources.get(name)
        if source is None:
            message = f"no source of this name; the plan has: {', '.join(sorted(sources)) or 'none'}"
            raise HttpProblem(404, message)
        if source.type not in self.decoders:
            message = f"source {name} is of type {source.type}, which cannot be read"
            raise HttpProblem(404, message)
        return source


def check_bound(token: Token | None, source: str) -> None:
    """A token that is bound to a source posts to that one only."""
    if token is not None and token.source is not None and token.source != source:
        message = f"the token {token.name} may post to source {token.source} only: /ingest/{token.source}"
        raise HttpProblem(403, message)


def kept_nothing(batch: Batch) -> Receipt:
    """The receipt for a batch of which no alert is left to store."""
    return Receipt(received=batch.received, rejected=batch.rejected)


def nothing_kept(receipt: Receipt) -> bool:
    """Whether there were alerts and all of them were rejected."""
    return 0 < receipt.received == len(receipt.rejected)


def answer(receipt: Receipt, status: int) -> web.Response:
    """The receipt as JSON."""
    body = {
        "received": receipt.received,
        "new": receipt.new,
        "repeated": receipt.repeated,
        "resolved": receipt.resolved,
        "dropped": receipt.dropped,
        "rejected": [{"index": rejection.index, "error": rejection.error} for rejection in receipt.rejected],
    }
    return web.Response(body=msgspec.json.encode(body) + b"\n", status=status, content_type="application/json")
