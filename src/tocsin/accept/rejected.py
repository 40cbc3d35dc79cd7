"""Payloads that could not be read: looking at them, and taking them in again once the mapping is mended.

A replayed payload is read by the plan in force and taken in as if it had been understood at once: it keeps the
time at which it was received, so that it undoes nothing that came later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import web

from tocsin._core.errors import InvalidRequest, Unreadable
from tocsin._core.model import Receipt
from tocsin._core.times import format_time
from tocsin._store.rejected import RejectedPayload, RejectedPayloads
from tocsin.accept.access import Right
from tocsin.accept.guard import caller
from tocsin.accept.intake import IntakeRoutes, answer, check_bound
from tocsin.accept.problem import HttpProblem

LIMIT, MOST = 100, 500


@dataclass(frozen=True, kw_only=True)
class RejectedRoutes:
    """The routes of the rings. What is replayed is posted to ``intake`` again."""

    kept: RejectedPayloads
    intake: IntakeRoutes

    def routes(self) -> Sequence[tuple[web.RouteDef, str]]:
        """The routes, each with the right it needs."""
        return (
            (web.get("/api/v1/rejected", self.page), Right.READ),
            (web.get("/api/v1/rejected/{id}", self.one), Right.READ),
            (web.post("/api/v1/rejected/{id}/replay", self.replay), Right.ACT),
        )

    async def page(self, request: web.Request) -> web.Response:
        """A page of what is kept, the newest first, without the payloads themselves."""
        limit, after = _limit(request.query), request.query.get("cursor", "")
        found = await self.kept.newest(request.query.get("source") or None)
        if after:
            at, _, name = after.partition(".")
            if not (at.isascii() and at.isdecimal() and name):
                raise InvalidRequest("cursor", "the cursor is none of ours; take it from the `next` of the page before")
            found = [payload for payload in found if (payload.at, payload.id) < (int(at), name)]
        more = f"{found[limit - 1].at}.{found[limit - 1].id}" if len(found) > limit else None
        return _json({"items": [_item(payload) for payload in found[:limit]], "next": more})

    async def one(self, request: web.Request) -> web.Response:
        """One of them, with what was posted."""
        payload, content = await self.kept.find(request.match_info["id"])
        return _json({**_item(payload), "content": content.decode("utf-8", "replace")})

    async def replay(self, request: web.Request) -> web.Response:
        """Read it by the present plan, and take its alerts in; answers the receipt, as a post to ``/ingest`` does."""
        payload, content = await self.kept.find(request.match_info["id"])
        check_bound(caller(request), payload.source)
        if payload.cut:
            message = f"only the beginning of its {payload.size} bytes is kept, so it cannot be replayed"
            raise HttpProblem(409, f"{message}; let it be posted again")
        source = self.intake.policy.sources().get(payload.source)
        if source is None or source.type not in self.intake.decoders:
            raise HttpProblem(409, f"the plan has no source {payload.source} any more")
        try:
            receipt = await self.intake.taken(content, source, payload.at)
        except Unreadable as error:
            problems = [(error.path, str(error))]
            raise HttpProblem(422, "it still cannot be read", problems=problems) from None
        if receipt.rejected:
            raise _still_rejected(receipt)
        await self.kept.remove(payload)
        return answer(receipt, 200)


def _still_rejected(receipt: Receipt) -> HttpProblem:
    kept = receipt.received - len(receipt.rejected)
    message = f"{len(receipt.rejected)} of its {receipt.received} alerts still cannot be read"
    problems = [(f"[{rejection.index}]", rejection.error) for rejection in receipt.rejected]
    return HttpProblem(422, f"{message}; the others were taken" if kept else message, problems=problems)


def _item(payload: RejectedPayload) -> dict[str, Any]:
    return {
        "id": payload.id,
        "source": payload.source,
        "at": format_time(payload.at),
        "size": payload.size,
        "cut": payload.cut,
        "errors": list(payload.errors),
        "errors_total": payload.wrong,
    }


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit", str(LIMIT))
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= MOST):
        raise InvalidRequest("limit", f"must be a whole number from 1 to {MOST}")
    return int(text)


def _json(value: object) -> web.Response:
    return web.Response(body=msgspec.json.encode(value) + b"\n", content_type="application/json")
