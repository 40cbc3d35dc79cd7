"""The middleware before every route: who may come in, with what kind of body, and errors as problem+json.

In comes a request, on goes one that is allowed, with its body read within the limits and its caller known
(``caller``). A route tells the right that it needs when it is
added (``server.create_app``), so that routes of other folders are guarded without knowing this one.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from tocsin._core.plan import Token
from tocsin.accept.access import Right, caller_of, is_loopback_host, needs_login
from tocsin.accept.body import Bodies
from tocsin.accept.ports import Measures, Policy
from tocsin.accept.problem import HttpProblem, problem_of, respond

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_CALLER = web.RequestKey("caller", object)

MAX_FORM = 256 * 1024
"""Bytes of a form."""

MAX_SIGNED = 1024 * 1024
"""Bytes of what a tool posts."""

_FORM = "application/x-www-form-urlencoded"

_PROVED = (Right.LINK, Right.SIGNED)
"""What a foreign page in a person's browser cannot do: it knows no link, and makes no signature."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class Guard:
    """Admits or refuses. ``loopback`` says that the service listens on this machine alone."""

    def __init__(self, *, policy: Policy, measures: Measures, loopback: bool, bodies: Bodies) -> None:
        self.bodies = bodies
        self._policy = policy
        self._measures = measures
        self._loopback = loopback
        self._needs: dict[Any, Right] = {}

    def need(self, handler: Any, right: Right) -> None:
        """Note the right that a route's handler needs."""
        if self._needs.setdefault(handler, right) is not right:
            raise ValueError(f"{handler!r} serves routes that need different rights")

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Admit the request and answer every error as problem+json."""
        try:
            await self._admit(request)
            return await handler(request)
        except Exception as error:
            problem = problem_of(error)
            if problem is None:
                if isinstance(error, web.HTTPException):
                    raise
                log.exception("a request failed", extra={"method": request.method, "path": self._shown_path(request)})
                problem = HttpProblem(500, "a fault in Tocsin; its log has the details")
            self._measures.refused(problem.status)
            return respond(problem)

    async def _admit(self, request: web.Request) -> None:
        right = self._needs.get(request.match_info.handler)
        if self._loopback and right not in _PROVED:  # the page behind a link looks at Origin itself
            self._check_cross_site(request)
        request[_CALLER] = self._check_login(request, right)
        if request.method in _SAFE or request.match_info.http_exception is not None:
            return
        if right is Right.LINK:
            await self._read_form(request)
            return
        if right is Right.SIGNED:
            await self._read(request, MAX_SIGNED)
            return
        check_content_type(request)
        await self.bodies.raw(request)

    def _shown_path(self, request: web.Request) -> str:
        """The path, without what is a secret in it."""
        if self._needs.get(request.match_info.handler) is not Right.LINK:
            return request.path
        resource = request.match_info.route.resource
        return resource.canonical if resource else ""

    async def _read_form(self, request: web.Request) -> None:
        given = request.headers.get("Content-Type", "")
        if given.partition(";")[0].strip().lower() != _FORM:
            raise HttpProblem(415, f"this path takes forms; send {_FORM}", close=True)
        await self._read(request, MAX_FORM)

    async def _read(self, request: web.Request, most: int) -> None:
        if (request.content_length or 0) > most or len(await self.bodies.raw(request)) > most:
            raise HttpProblem(413, f"the body is larger than {most} bytes", close=True)

    def _check_cross_site(self, request: web.Request) -> None:
        if not is_loopback_host(request.headers.getall("Host", [])):
            message = "the Host header must name this machine (127.0.0.1, localhost or [::1]): it listens for it alone"
            raise HttpProblem(403, message)
        if request.method not in _SAFE and "Origin" in request.headers:
            raise HttpProblem(403, "posts from web pages (with an Origin header) are refused on loopback")

    def _check_login(self, request: web.Request, right: Right | None) -> Token | None:
        tokens, people = self._policy.tokens(), self._policy.people()
        if right in (Right.NONE, *_PROVED) or not needs_login(tokens, people):
            return None
        authorization = request.headers.get("Authorization")
        caller = caller_of(authorization, tokens, people)
        if caller is None:
            challenge = 'Bearer realm="tocsin"' + (', error="invalid_token"' if authorization else "")
            message = "the token is not known" if authorization else "a token is needed: Authorization: Bearer TOKEN"
            raise HttpProblem(401, message, headers={"WWW-Authenticate": challenge}, close=True)
        if right is not None and right not in caller.may:
            rights = ", ".join(sorted(caller.may)) or "nothing"
            whose = f"the token of {caller.name}" if caller.is_person else f"the token {caller.name}"
            message = f"{whose} may do: {rights}; this needs: {right}"
            raise HttpProblem(403, message, close=True)
        return caller


def caller(request: web.Request) -> Token | None:
    """The token that an admitted request bears; ``None`` where no login was asked for."""
    token = request[_CALLER]
    return token if isinstance(token, Token) else None


def check_content_type(request: web.Request) -> None:
    """Take ``application/json`` and ``application/*+json``; none at all only if no web page posts."""
    given = request.headers.get("Content-Type")
    if given is None:
        if "Origin" in request.headers:
            raise HttpProblem(415, "a Content-Type is needed: application/json", close=True)
        return
    media_type = given.partition(";")[0].strip().lower()
    if media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json")):
        return
    raise HttpProblem(415, f"Content-Type {given[:64]!r} is not taken; send application/json", close=True)
