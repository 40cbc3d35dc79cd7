"""Acting: ``POST /api/v1/incidents/{id}/actions``, and ``POST /api/v1/incidents`` to declare one.

In comes JSON, on goes an ``Action`` or a ``Declaration`` that makes sense by itself; whether the incident takes it is
decided where it is committed. The answer is the incident as it then is.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec
from aiohttp import web
from msgspec.structs import replace

from tocsin._core.action import ACTIONS, ACTS, Acknowledge, Action
from tocsin._core.clock import Clock
from tocsin._core.declaration import Asked, Declaration
from tocsin._core.errors import Unprocessable
from tocsin._core.fields import read
from tocsin._core.ids import normal_incident_id
from tocsin._core.incident import Incident
from tocsin._core.plan import Plan, Token
from tocsin.view import shapes
from tocsin.view.given import object_of, way_of
from tocsin.view.who import LONGEST_NAME, actor_of

COMMON = ("action", "by", "group", "if_revision")
"""What every action takes beside its own fields."""


class ActionRoutes:
    """The routes. ``act`` and ``declare`` do what is asked for; ``token`` is the one that a request bears, if
    any."""

    def __init__(
        self,
        *,
        act: Callable[[Action], Awaitable[Incident]],
        declare: Callable[[Asked], Awaitable[Incident]],
        token: Callable[[web.Request], Token | None],
        plan: Callable[[], Plan],
        clock: Clock,
    ) -> None:
        self._act = act
        self._declare = declare
        self._token = token
        self._plan = plan
        self._clock = clock

    def routes(self) -> Sequence[tuple[web.RouteDef, str]]:
        """The routes, with the right they need."""
        return (
            (web.post("/api/v1/incidents/{id}/actions", self.post), "act"),
            (web.post("/api/v1/incidents", self.declare), "act"),
        )

    async def post(self, request: web.Request) -> web.Response:
        """Act; answers the incident."""
        given = object_of(await request.read(), '{"action": "acknowledge", "by": "zhang.wei", …}')
        incident = normal_incident_id(request.match_info["id"])
        action = read_action(given, incident, self._plan(), token=self._token(request))
        return self._answer(await self._act(replace(action, via=way_of(request, action.via))), 200)

    async def declare(self, request: web.Request) -> web.Response:
        """Declare an incident; answers it. The same ``Idempotency-Key`` again answers the same incident."""
        given = object_of(await request.read(), '{"class": "cyber_attack", "title": "…", "by": "zhang.wei", …}')
        name = request.headers.get("Idempotency-Key", "") or secrets.token_hex(16)
        asked = read_declaration(given, self._plan(), token=self._token(request), request=name)
        return self._answer(await self._declare(replace(asked, via=way_of(request, asked.via))), 201)

    def _answer(self, incident: Incident, status: int) -> web.Response:
        item = shapes.incident_item(incident, self._plan().language, self._clock.now())
        return web.Response(body=msgspec.json.encode(item) + b"\n", content_type="application/json", status=status)


def _is_group(name: object, plan: Plan) -> bool:
    return isinstance(name, str) and name in plan.groups


def read_action(given: Mapping[str, Any], incident: str, plan: Plan, *, token: Token | None) -> Action:
    """The action that a body asks for; raises ``Unprocessable`` with every fault."""
    problems: list[tuple[str, str]] = []
    name, act = given.get("action"), None
    kind = ACTS.get(name) if isinstance(name, str) else None
    if kind is None:
        problems.append(("action", f"must be one of: {', '.join(ACTIONS)}"))
    else:
        act, found = read(kind, {field: value for field, value in given.items() if field not in COMMON})
        problems += found
    who, group = actor_of(given.get("by"), token, plan.people), given.get("group") or ""
    is_needed = kind is Acknowledge and not plan.people
    if not _is_group(group, plan) and (group or is_needed):
        problems.append(("group", f"must be one of: {', '.join(plan.groups)}"))
    if who.fault:
        problems.append(("by", who.fault))
    revision = given.get("if_revision")
    if revision is not None and (not isinstance(revision, int) or isinstance(revision, bool) or revision < 0):
        problems.append(("if_revision", "must be the number of the revision that you saw"))
    if problems or act is None:
        raise Unprocessable("this is no action; nothing was done", problems)
    return Action(
        incident=incident, act=act, by=who.by, group=group, if_revision=revision, via=who.via, verified=who.verified
    )


def read_declaration(given: Mapping[str, Any], plan: Plan, *, token: Token | None, request: str) -> Asked:
    """The declaration that a body asks for; raises ``Unprocessable`` with every fault."""
    own = {field: value for field, value in given.items() if field not in ("by", "group")}
    declaration, problems = read(Declaration, own)
    who, group = actor_of(given.get("by"), token, plan.people), given.get("group") or ""
    if who.fault:
        problems.append(("by", who.fault))
    if group and not _is_group(group, plan):
        problems.append(("group", f"must be one of: {', '.join(plan.groups)}"))
    if not request.isprintable() or len(request) > LONGEST_NAME:
        problems.append(("Idempotency-Key", f"must be at most {LONGEST_NAME} printable characters"))
    if problems or declaration is None:
        raise Unprocessable("nothing was declared", problems)
    return Asked(declaration=declaration, by=who.by, group=group, request=request, via=who.via, verified=who.verified)
