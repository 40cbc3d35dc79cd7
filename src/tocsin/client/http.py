"""A running Tocsin, asked over HTTP: JSON in and out, and every failure said in words a person can act on.

Plain and synchronous. Takes no proxy from the environment, follows no redirect, and shows of the address no more
than scheme, host and port.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import SplitResult, quote, urlencode, urlsplit

from tocsin import __version__
from tocsin._core.clean import one_line
from tocsin._core.errors import NotFound, TocsinError

DEFAULT_URL = "http://127.0.0.1:9095"
TIMEOUT = 30.0
"""Seconds without a byte."""

_LARGEST = 64 * 1024 * 1024


class Refused(TocsinError):
    """The service says no. ``problem`` is what it answered, ``{}`` if that was no JSON object."""

    def __init__(self, status: int, problem: Mapping[str, Any], message: str) -> None:
        super().__init__(message)
        self.status = status
        self.problem = problem


class Client:
    """One service. ``token`` is sent as a bearer token where it is not empty."""

    def __init__(self, url: str = DEFAULT_URL, token: str = "", *, timeout: float = TIMEOUT) -> None:
        self._parts = _service(url)
        self._where = f"{self._parts.scheme}://{_host_and_port(self._parts)}"
        self._token = token.strip()
        if not (self._token.isascii() and self._token.isprintable()):
            raise TocsinError("the token holds characters that no token has; look how --token or TOCSIN_TOKEN is set")
        self._timeout = timeout
        self.now = ""
        """The service's time at its last answer, as RFC 3339; ``""`` before there was one."""

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """GET; the answer's JSON."""
        given = {name: value for name, value in (query or {}).items() if value}
        return self._read(*self._ask("GET", path + (f"?{urlencode(given)}" if given else "")))

    def text(self, path: str, query: Mapping[str, str], kind: str) -> str:
        """GET; the answer's text, which is of this content type."""
        status, data = self._ask("GET", path + (f"?{urlencode(query)}" if query else ""), accept=kind)
        if not 200 <= status < 300:
            self._read(status, data)
        return data.decode("utf-8", "replace")

    def post(self, path: str, body: Any = None) -> Any:
        """POST a JSON body; the answer's JSON."""
        return self._read(*self._ask("POST", path, json.dumps({} if body is None else body)))

    def pages(self, path: str, query: Mapping[str, str]) -> Iterator[Any]:
        """Every page of a list, following ``next`` to the end."""
        cursor, seen = "", set()
        while cursor not in seen:
            seen.add(cursor)
            page = self.get(path, {**query, "cursor": cursor})
            yield page
            cursor = str(page.get("next") or "")
            if not cursor:
                return
        raise TocsinError(f"{self._where} pages in a circle: the same cursor came twice")

    def _ask(
        self, method: str, path: str, body: str | None = None, *, accept: str = "application/json"
    ) -> tuple[int, bytes]:
        kind = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(self._parts.hostname or "", self._parts.port, timeout=self._timeout)
        try:
            headers = self._headers(accept, body is not None)
            connection.request(method, self._parts.path.rstrip("/") + path, body, headers)
            response = connection.getresponse()
            self.now = _rfc3339(response.getheader("Date") or "")
            return response.status, response.read(_LARGEST)
        except ConnectionRefusedError:
            raise TocsinError(
                f"no Tocsin answers at {self._where}. Start one with `tocsin serve`, "
                "or say where it is with --url or TOCSIN_URL"
            ) from None
        except TimeoutError:
            raise TocsinError(f"{self._where} did not answer within {self._timeout:g} s") from None
        except (OSError, http.client.HTTPException) as error:
            why = getattr(error, "strerror", None) or getattr(error, "reason", None) or type(error).__name__
            raise TocsinError(f"{self._where} cannot be reached: {one_line(str(why))}") from None
        finally:
            connection.close()

    def _headers(self, accept: str, has_body: bool) -> dict[str, str]:
        headers = {"Accept": accept, "User-Agent": f"Tocsin/{__version__}"}
        if has_body:
            headers["Content-Type"] = "application/json"
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        return headers

    def _read(self, status: int, data: bytes) -> Any:
        try:
            answer = json.loads(data)
        except (ValueError, RecursionError):
            answer = None
        if 200 <= status < 300 and isinstance(answer, dict):
            return answer
        problem = answer if isinstance(answer, dict) else {}
        text = problem_text(problem)
        if status == 404 and text:
            raise NotFound(text)
        if status in (401, 403):
            text = f"{text or 'not allowed'} (who you are is said with --token or TOCSIN_TOKEN)"
        text = text or f"{self._where} answered {status} without saying why; is that a Tocsin?"
        raise Refused(status, problem, text)


def _rfc3339(date: str) -> str:
    """A time as HTTP's headers write it, to the second; ``""`` if it is none."""
    try:
        return f"{parsedate_to_datetime(date):%Y-%m-%dT%H:%M:%SZ}"
    except ValueError:
        return ""


def segment(text: str) -> str:
    """One part of a path: what a person typed cannot reach another place."""
    return quote(text, safe="")


def _service(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        known = False
    if not known:
        raise TocsinError(f"the address of the service is written as in {DEFAULT_URL} (--url or TOCSIN_URL)")
    if parts.username is not None:
        raise TocsinError("no user or password belongs into --url; a token goes into --token or TOCSIN_TOKEN")
    return parts


def _host_and_port(parts: SplitResult) -> str:
    return one_line(parts.netloc.rpartition("@")[2])


def problem_text(problem: Mapping[str, Any], names: Mapping[str, str] | None = None) -> str:
    """A problem+json answer as lines: what is wrong, then each of its problems with its place, by another name where
    ``names`` has one."""
    said = [one_line(str(problem[name]), 500) for name in ("title", "detail") if problem.get(name)]
    lines = [": ".join(dict.fromkeys(said))]
    for item in problem.get("problems") or ():
        if isinstance(item, dict):
            place, message = (one_line(str(item.get(name) or ""), 300) for name in ("path", "message"))
            place = (names or {}).get(place, place)
            lines.append(f"  {place}: {message}" if place else f"  {message}")
    current = problem.get("current")
    if isinstance(current, dict) and "revision" in current:
        lines.append(f"  it is at revision {one_line(str(current['revision']))} now")
    allowed = current.get("allowed") if isinstance(current, dict) else None
    verbs = [one_line(str(name)).replace("_", "-") for name in allowed or ()]
    if not all(verb in lines[0] for verb in verbs):
        lines.append(f"  it takes now: {', '.join(verbs)}")
    return "\n".join(line for line in lines if line)
