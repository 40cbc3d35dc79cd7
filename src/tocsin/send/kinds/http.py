"""Channel kind ``http``: one request of any shape, for what has no kind of its own: tickets, text messages, calls.

Settings: ``url``, ``method`` (POST where left out), ``path``, ``query`` and ``body`` (templates), ``content_type``,
``headers``, ``secrets`` (for the templates), ``on`` (what differs for an event), ``success`` (statuses), and two
expressions over the answer in JSON: ``accepted`` must hold, ``thread`` is what later requests about the incident know.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus

import aiohttp
import msgspec
from yarl import URL

from tocsin import __version__
from tocsin._core.clock import Clock
from tocsin._core.errors import ConfigurationError, SendRefused
from tocsin._core.expression import Evaluation, EvaluationError, Expression
from tocsin._core.message import Message
from tocsin._core.plan import Channel
from tocsin.send.endpoint import Endpoint, revealed
from tocsin.send.headers import own_headers
from tocsin.send.kind import Kind
from tocsin.send.request import Request, forms_of
from tocsin.send.sandbox import TemplateFailed
from tocsin.send.template import TemplateFault

_READ = 64 * 1024
_LONGEST_THREAD = 200


class Http:
    """An ``http`` channel. The session is shared between channels and not closed here."""

    def __init__(self, channel: Channel, *, session: aiohttp.ClientSession, clock: Clock) -> None:
        settings = channel.settings
        self._name = channel.name
        self._secrets = {name: revealed(value) for name, value in settings.get("secrets", {}).items()}
        self._headers = own_headers(channel.name, settings.get("headers", {}))
        self._accepted: Expression | None = settings.get("accepted")
        self._thread: Expression | None = settings.get("thread")
        try:
            self._form, self._on = forms_of(settings)
        except TemplateFault as fault:
            raise ConfigurationError(f"channels.{channel.name}: {fault}") from None
        self._endpoint = Endpoint.of(
            channel,
            session=session,
            clock=clock,
            secrets=(*_spellings(self._secrets.values()), *self._headers.values()),
            read=_READ,
            success=settings.get("success", ()),
        )

    async def send(self, message: Message) -> str:
        """Ask once; answers the thread that the tool's answer holds. Raises ``TrySendAgain`` or ``SendRefused``."""
        try:
            request = self._on.get(message.event, self._form).fill(message, self._secrets)
        except TemplateFailed as error:
            said = self._endpoint.shown(str(error))
            raise SendRefused(f"the request of {self._name} cannot be filled in: {said}") from None
        headers = {"User-Agent": f"Tocsin/{__version__}", "Idempotency-Key": message.id, **self._headers}
        if request.body is not None:
            headers["Content-Type"] = request.content_type
        answer = await self._endpoint.call(request.method, request.body, headers, to=self._address(request))
        said = answer.decode("utf-8", "replace")
        if self._accepted is not None and not _holds(_found(self._accepted, answer)):
            raise self._endpoint.again(f"`accepted` does not hold for its answer: {said}")
        thread = None if self._thread is None else _found(self._thread, answer)
        is_name = isinstance(thread, (str, int)) and not isinstance(thread, bool)
        return str(thread)[:_LONGEST_THREAD] if is_name else message.thread

    async def check(self) -> bool:
        """Nobody knows what could be asked."""
        return False

    async def close(self) -> None:
        """Nothing of its own is open."""

    def _address(self, request: Request) -> URL:
        url = self._endpoint.url
        if request.path:
            url = url.with_path(url.raw_path.rstrip("/") + request.path, encoded=True, keep_query=True)
        return url.extend_query(request.query) if request.query else url


def _spellings(secrets: Any) -> Iterator[str]:
    """Secrets as they may stand in a request, and so in what an answer quotes of it."""
    for secret in secrets:
        yield from (secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1])


def _found(expression: Expression, answer: bytes) -> Any:
    """What the expression finds in an answer, which is a text where it is no JSON."""
    try:
        read = msgspec.json.decode(answer)
    except (msgspec.DecodeError, RecursionError):
        read = answer.decode("utf-8", "replace")
    try:
        return Evaluation(read).search(expression, read)
    except EvaluationError:
        return None


def _holds(value: Any) -> bool:
    """Whether JMESPath takes a value as true."""
    return not (value is None or value is False or value in ("", [], {}))


KIND = Kind(open=Http, merges=False)
