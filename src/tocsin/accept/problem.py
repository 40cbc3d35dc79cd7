"""Errors as clients see them: ``application/problem+json`` with every problem and its path.

In comes an exception, out goes a response. What is not listed here is a fault of ours: 500, without detail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

import msgspec
from aiohttp import web
from aiohttp.web_exceptions import HTTPException

from tocsin._core.errors import (
    Busy,
    Conflict,
    Forbidden,
    InvalidRequest,
    NotFound,
    StoreUnavailable,
    Unprocessable,
    Unreadable,
)

CONTENT_TYPE = "application/problem+json"

RETRY_AFTER = 5
"""Seconds after which a sender may try again when the store is out of reach."""

STATUSES = (400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 500, 503)
"""The statuses with which Tocsin answers errors."""

_FOREIGN = {
    404: "nothing here; the paths are listed in the documentation of the HTTP interface",
    405: "this path does not take that method; the Allow header names those it takes",
    413: "the body is too large",
}


class HttpProblem(Exception):
    """A request that is answered with an error. ``problems`` are pairs of path and message; ``current`` says of a
    conflict how things are."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        problems: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        current: Mapping[str, object] | None = None,
        close: bool = False,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.problems = problems
        self.headers = headers
        self.current = current
        self.close = close


def respond(problem: HttpProblem) -> web.Response:
    """The answer to a problem."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "problems": [{"path": path, "message": message} for path, message in problem.problems],
    }
    if problem.current is not None:
        body["current"] = problem.current
    response = web.Response(
        body=msgspec.json.encode(body) + b"\n",
        status=problem.status,
        headers=problem.headers,
        content_type=CONTENT_TYPE,
    )
    if problem.close:
        response.force_close()
    return response


def problem_of(error: Exception) -> HttpProblem | None:
    """The problem that an exception stands for, or ``None`` if it is a fault of ours."""
    problem: HttpProblem | None = None
    match error:
        case HttpProblem():
            problem = error
        case Unreadable() | InvalidRequest():
            problem = HttpProblem(400, f"{error.path}: {error}", problems=[(error.path, str(error))])
        case StoreUnavailable():
            detail = "the store is out of reach; nothing was taken, so post the same again"
            problem = HttpProblem(503, detail, headers={"Retry-After": str(RETRY_AFTER)})
        case Unprocessable():
            problem = HttpProblem(422, str(error), problems=error.problems)
        case Forbidden():
            problem = HttpProblem(403, str(error))
        case Conflict():
            problem = HttpProblem(409, str(error), current=error.current)
        case Busy():
            problem = HttpProblem(503, str(error), headers={"Retry-After": "1"})
        case NotFound():
            problem = HttpProblem(404, str(error))
        case web.RequestPayloadError():
            problem = HttpProblem(400, "the body broke off, or its transfer encoding is wrong", close=True)
        case HTTPException() if error.status >= 400:
            problem = _of_http_exception(error)
    return problem


def _of_http_exception(error: HTTPException) -> HttpProblem:
    kept = ("Allow", "Retry-After", "WWW-Authenticate")
    headers = {name: error.headers[name] for name in kept if name in error.headers}
    # aiohttp's own text is "404: Not Found"; anything else was written by a handler.
    own = error.text == f"{error.status}: {error.reason}"
    detail = _FOREIGN.get(error.status, error.reason) if own or not error.text else error.text
    return HttpProblem(error.status, detail, headers=headers, close=error.status == 413)
