"""``POST /api/v1/incidents/{id}/actions``: what a person does about an incident.

In comes JSON, on goes an ``Action`` that makes sense by itself; whether the incident takes it is decided where it is
committed. The answer is the incident as it then is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec
from aiohttp import web

from tocsin._core.action import ACTIONS, Action
from tocsin._core.clock import Clock
from tocsin._core.errors import Unprocessable, Unreadable
from tocsin._core.ids import normal_incident_id
from tocsin._core.incident import Incident
from tocsin._core.plan import Plan
from tocsin.view import shapes

LONGEST_NAME = 100
FIELDS = ("action", "by", "group", "if_revision")


class ActionRoutes:
    """The route. ``act`` does what is asked for; ``caller`` names the token that a request bears, ``""`` without."""

    def __init__(
        self,
        *,
        act: Callable[[Action], Awaitable[Incident]],
        caller: Callable[[web.Request], str],
        plan: Callable[[], Plan],
        clock: Clock,
    ) -> None:
        self._act = act
        self._caller = caller
        self._plan = plan
        self._clock = clock

    def routes(self) -> Sequence[tuple[web.RouteDef, str]]:
        """The route, with the right it needs."""
        return ((web.post("/api/v1/incidents/{id}/actions", self.post), "act"),)

    async def post(self, request: web.Request) -> web.Response:
        """Act; answers the incident."""
        plan = self._plan()
        given = _object(await request.read())
        incident_id = normal_incident_id(request.match_info["id"])
        action = read_action(given, incident_id, groups=tuple(plan.groups), caller=self._caller(request))
        incident = await self._act(action)
        item = shapes.incident_item(incident, plan.language, self._clock.now())
        return web.Response(body=msgspec.json.encode(item) + b"\n", content_type="application/json")


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        given = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Unreadable("the body is no JSON") from None
    if not isinstance(given, dict):
        raise Unreadable('the body must be an object, as in {"action": "acknowledge", "by": "zhang.wei", …}')
    return given


def read_action(given: Mapping[str, Any], incident: str, *, groups: Collection[str], caller: str) -> Action:
    """The action that a body asks for; raises ``Unprocessable`` with every fault. ``caller`` is the token's name."""
    problems: list[tuple[str, str]] = []
    if given.get("action") not in ACTIONS:
        problems.append(("action", f"must be one of: {', '.join(ACTIONS)}"))
    if given.get("group") not in groups:
        problems.append(("group", f"must be one of: {', '.join(groups)}"))
    by = given.get("by", caller)
    if fault := _fault_of_name(by, caller):
        problems.append(("by", fault))
    revision = given.get("if_revision")
    if revision is not None and (not isinstance(revision, int) or isinstance(revision, bool) or revision < 0):
        problems.append(("if_revision", "must be the number of the revision that you saw"))
    unknown = f"is no field of an action; there are {', '.join(FIELDS)}"
    problems += ((name[:64], unknown) for name in given if name not in FIELDS)
    if problems:
        raise Unprocessable("this is no action; nothing was done", problems)
    return Action(incident=incident, action=given["action"], by=by, group=given["group"], if_revision=revision)


def _fault_of_name(by: object, caller: str) -> str:
    if not isinstance(by, str) or not by.strip():
        return "must name the person who acts"
    if by != by.strip() or not by.isprintable() or len(by) > LONGEST_NAME:
        return f"must be one line of at most {LONGEST_NAME} characters, without blanks around it"
    if by.lower().startswith("system:"):
        return "must be a person; names that begin with system: are Tocsin's own"
    if caller and by != caller:
        return f"must be {caller}, whose token this is, or left out"
    return ""
