"""The API for reading: incidents, deliveries and the rules' coverage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from aiohttp import web

from tocsin._core.clock import Clock
from tocsin._core.errors import InvalidRequest, NotFound
from tocsin._core.ids import is_of_before, normal_incident_id
from tocsin._core.incident import Delivery, Incident
from tocsin._core.model import Tier
from tocsin._core.plan import Plan
from tocsin._core.timeline import entry_item
from tocsin._core.times import format_duration
from tocsin._store.client import Store
from tocsin._store.coverage import coverage
from tocsin._store.listing import Page, deliveries_of, list_deliveries, list_incidents, show_incident
from tocsin._store.whole import Whole
from tocsin.view import shapes
from tocsin.view.coverage import coverage_head, coverage_items

STATES = ("active", "open", "acknowledged", "contained", "restored", "closed")
DELIVERY_STATES = ("waiting", "accepted", "dead", "superseded")
LIMIT, MOST = 100, 500

LEFT = (
    "those that closed more than {} ago leave the store. Look in the archive files (incidents-YYYY-MM.jsonl, by month "
    "of closing); with --drop-expired they are dropped"
)
"""Where an incident may be that is older than the retention."""


class View:
    """The reading routes. Every handler raises ``StoreUnavailable`` where the store is out of reach."""

    def __init__(self, *, store: Store, clock: Clock, plan: Callable[[], Plan]) -> None:
        self._store = store
        self._clock = clock
        self._plan = plan

    def routes(self) -> Sequence[tuple[web.RouteDef, str]]:
        """The routes, each with the right it needs."""
        return (
            (web.get("/api/v1/incidents", self.incidents), "read"),
            (web.get("/api/v1/incidents/{id}", self.incident), "read"),
            (web.get("/api/v1/incidents/{id}/timeline", self.timeline), "read"),
            (web.get("/api/v1/deliveries", self.deliveries), "read"),
            (web.get("/api/v1/rules/coverage", self.coverage), "read"),
        )

    async def incidents(self, request: web.Request) -> web.Response:
        """A page of incidents, filtered."""
        query = request.query
        state = _choice(query, "state", STATES)
        tier = _choice(query, "tier", tuple(tier.value for tier in Tier))

        def wanted(incident: Incident) -> bool:
            return (
                (not state or incident.state == state or (state == "active" and incident.state != "closed"))
                and (not tier or incident.tier.value == tier)
                and ("class" not in query or incident.class_ == query["class"])
                and ("service" not in query or query["service"] in incident.services)
            )

        try:
            page = await list_incidents(
                self._store,
                wanted,
                closed=(state == "closed") if state else None,
                cursor=query.get("cursor", ""),
                limit=_limit(query),
            )
        except ValueError as error:
            raise InvalidRequest("cursor", str(error)) from error
        language, now = self._plan().language, self._clock.now()
        return _page(page, lambda incident: shapes.incident_item(incident, language, now))

    async def incident(self, request: web.Request) -> web.Response:
        """One incident with its timeline, its deliveries and why it is as it is."""
        whole = await self._whole(request)
        return _json(shapes.whole_item(whole, self._plan().language, self._clock.now()))

    async def timeline(self, request: web.Request) -> web.Response:
        """A page of an incident's timeline, the earliest entry first, and where its chain ends."""
        first, limit = _number(request.query.get("cursor", "0")), _limit(request.query)
        whole = await self._whole(request)
        entries = whole.timeline[first : first + limit]
        following = str(first + limit) if first + limit < len(whole.timeline) else None
        items = [entry_item(entry) for entry in entries]
        return _json({"items": items, "next": following, "chain": shapes.chain_item(whole.incident)})

    async def _whole(self, request: web.Request) -> Whole:
        """The incident that is asked for. Raises ``NotFound``, which says where one may be that is so old."""
        incident_id = normal_incident_id(request.match_info["id"])
        try:
            return await show_incident(self._store, incident_id)
        except NotFound as error:
            retention = self._plan().incidents.retention
            if not is_of_before(incident_id, self._clock.now() - retention):
                raise
            raise NotFound(f"{error} any more: {LEFT.format(format_duration(retention))}") from None

    async def deliveries(self, request: web.Request) -> web.Response:
        """A page of deliveries, filtered, newest first."""
        query = request.query
        state = _choice(query, "state", DELIVERY_STATES)
        cursor, limit = query.get("cursor", ""), _limit(query)

        def wanted(delivery: Delivery) -> bool:
            return (not state or delivery.state == state) and (
                "channel" not in query or delivery.channel == query["channel"]
            )

        try:
            if "incident" in query:
                incident = normal_incident_id(query["incident"])
                page = await deliveries_of(self._store, incident, wanted, cursor=cursor, limit=limit)
            else:
                page = await list_deliveries(self._store, wanted, dead=state == "dead", cursor=cursor, limit=limit)
        except ValueError as error:
            raise InvalidRequest("cursor", str(error)) from error
        return _page(page, shapes.delivery_item)

    async def coverage(self, request: web.Request) -> web.Response:
        """A page of the plan's rules with what each matched, headed by what was counted in all."""
        first = _number(request.query.get("cursor", "0"))
        limit = _limit(request.query)
        counted, plan = await coverage(self._store), self._plan()
        items = list(coverage_items(counted, plan))
        following = str(first + limit) if first + limit < len(items) else None
        return _json({**coverage_head(counted, plan), "items": items[first : first + limit], "next": following})


def _number(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 10):
        raise InvalidRequest("cursor", "this is no cursor of this list; begin again without one")
    return int(cursor)


def _choice(query: Mapping[str, str], name: str, choices: Sequence[str]) -> str:
    value = query.get(name, "")
    if value and value not in choices:
        raise InvalidRequest(name, f"must be one of {', '.join(choices)}")
    return value


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit", str(LIMIT))
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= MOST):
        raise InvalidRequest("limit", f"must be a whole number from 1 to {MOST}")
    return int(text)


def _page(page: Page[Any], shape: Callable[[Any], dict[str, Any]]) -> web.Response:
    return _json({"items": [shape(item) for item in page.items], "next": page.next})


def _json(value: object) -> web.Response:
    return web.Response(body=msgspec.json.encode(value) + b"\n", content_type="application/json")
