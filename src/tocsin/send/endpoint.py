"""One HTTP address to call: what every kind of channel that speaks HTTP is built on, and our own sign of life.

In: a body and its headers. Out: the beginning of the answer, if that was a yes (2xx). 5xx, 429, and whatever
goes wrong on the wire, is ``TrySendAgain``; everything else, redirects too, is ``SendRefused``. An error names
scheme, host and port of the address, never more: path, query, user, header values and secrets may all be
credentials, and are blotted out of what the receiver answered, too.
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Self

import aiohttp
import msgspec
from yarl import URL

from tocsin._core.clean import one_line
from tocsin._core.clock import Clock
from tocsin._core.errors import ConfigurationError, SendError, SendRefused, TrySendAgain
from tocsin._core.plan import Channel
from tocsin._core.secret import Secret
from tocsin._core.times import HOUR, SECOND, Millis
from tocsin.send.guard import refusal
from tocsin.send.wire import credentials, place_of, what_broke

DEFAULT_TIMEOUT: Millis = 10 * SECOND
LONGEST_RETRY_AFTER = HOUR / SECOND
"""Seconds. A receiver that asks for more is asked again after this; a delivery is given up after an hour anyway."""

_READ_AT_MOST = 4096
_READ_FOR = 1.0
"""Bytes and seconds spent on an answer's body: enough for an error's text, too little to be held up by it."""

_EXCERPT = 200
_SHORTEST = 8
_SIGNED = 64
"""Values of the addresses that were called last which no error shows, and how long one is at least."""

_SECONDS = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII)


class Endpoint:
    """An address of a channel. ``secrets`` are further texts that no error may show; ``read`` is how many bytes of an
    answer are wanted. ``proxy`` is an HTTP proxy by which it is called; ``authorities`` are certificates in PEM that
    vouch for it in place of the system's; ``success`` are the statuses that are a yes, all 2xx if none is named. The
    session is not closed here."""

    def __init__(
        self,
        url: URL,
        *,
        session: aiohttp.ClientSession,
        clock: Clock,
        timeout: Millis = DEFAULT_TIMEOUT,
        secrets: Iterable[str] = (),
        read: int = _READ_AT_MOST,
        proxy: URL | None = None,
        authorities: str = "",
        success: Collection[int] = (),
    ) -> None:
        self.url = url
        self._where = place_of(url)
        self._seconds = timeout / SECOND
        self._proxy = proxy
        self._hidden = credentials((url,) if proxy is None else (url, proxy), secrets)
        self._signed: deque[str] = deque(maxlen=_SIGNED)
        self._tls = ssl.create_default_context(cadata=authorities) if authorities else True
        self._success = success
        self._session = session
        self._clock = clock
        self._read = read

    @classmethod
    def of(
        cls,
        channel: Channel,
        *,
        session: aiohttp.ClientSession,
        clock: Clock,
        default: str = "",
        secrets: Iterable[str] = (),
        read: int = _READ_AT_MOST,
        success: Collection[int] = (),
    ) -> Self:
        """The address of a channel by its settings: ``url`` (where it has none, ``default``), ``timeout``, ``proxy``,
        ``ca_file``. Raises ``ConfigurationError`` where they cannot work."""
        settings = channel.settings
        place = f"channels.{channel.name}"
        proxy = revealed(settings.get("proxy", ""))
        return cls(
            address(f"{place}.url", settings.get("url", default)),
            session=session,
            clock=clock,
            timeout=settings.get("timeout", DEFAULT_TIMEOUT),
            secrets=secrets,
            read=read,
            proxy=address(f"{place}.proxy", proxy) if proxy else None,
            authorities=settings.get("ca_file", ""),
            success=success,
        )

    async def post(self, body: bytes, headers: Mapping[str, str], *, to: URL | None = None) -> bytes:
        """POST once. Raises ``TrySendAgain`` or ``SendRefused``; cancelling it ends the request."""
        return await self.call("POST", body, headers, to=to)

    async def get(self, to: URL | None = None) -> bytes:
        """GET once; the same otherwise. ``to`` is as in ``call``."""
        return await self.call("GET", None, {}, to=to)

    async def call(
        self, method: str, body: bytes | None, headers: Mapping[str, str], *, to: URL | None = None
    ) -> bytes:
        """Call once, by any method; ``to`` is another address of the same tool. Raises as ``post`` does."""
        timeout = aiohttp.ClientTimeout(total=self._seconds)
        headers = {**headers, "Accept-Encoding": "identity"}
        url = self.url if to is None else to
        assert url.origin() == self.url.origin(), "errors name the place of the first"
        if to is not None:  # what was added to the address for this call may be a signature
            self._signed.extend(value for value in _values(to) if len(value) >= _SHORTEST)
        try:
            async with self._session.request(
                method,
                url,
                data=body,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
                proxy=self._proxy,
                ssl=self._tls,
            ) as response:
                answer = await _beginning(response, self._read)
                self._judge(response, answer)
                return answer
        except TimeoutError:
            raise TrySendAgain(f"{self._where} did not answer within {self._seconds:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if private := refusal(error):
                raise SendRefused(f"{self._where}: {private}") from None
            raise TrySendAgain(f"{self._where}: {what_broke(error, self._proxy)}") from None

    def again(self, said: str, *, retry_after: float | None = None) -> TrySendAgain:
        """The error for a 2xx in which the tool says that it could not take it now; ``said`` in its words."""
        wait = None if retry_after is None else min(max(retry_after, 0.0), LONGEST_RETRY_AFTER)
        return TrySendAgain(f"{self._where} did not take it: {self.shown(said)}", retry_after=wait)

    def refused(self, said: str) -> SendRefused:
        """The error for a 2xx in which the tool says that it will never take it; ``said`` in its words."""
        return SendRefused(f"{self._where} refused it: {self.shown(said)}")

    def _judge(self, response: aiohttp.ClientResponse, answer: bytes) -> None:
        if response.status in (self._success or range(200, 300)):
            return
        error = self._no(response, answer)
        error.answer = answer
        raise error

    def _no(self, response: aiohttp.ClientResponse, answer: bytes) -> SendError:
        status = response.status
        excerpt = self.shown(answer.decode("utf-8", "replace"))
        text = f"{self._where} answered {status}" + (f": {excerpt}" if excerpt else "")
        if status == 429 or 500 <= status < 600 or (status == 407 and self._proxy is not None):
            return TrySendAgain(text, retry_after=_retry_after(response.headers.get("Retry-After", ""), self._clock))
        if 200 <= status < 300:
            return TrySendAgain(f"{text} (which is none of the statuses of `success`)")
        if 300 <= status < 400:
            text += " (redirects are not followed; put the final address into the url)"
        return SendRefused(text)

    def shown(self, said: str) -> str:
        """What the other side said, without credentials, on one line and short."""
        text = one_line(said, _READ_AT_MOST)
        for credential in (*self._hidden, *self._signed):
            text = text.replace(credential, "<secret>")
        return one_line(text, _EXCERPT)


def _values(url: URL) -> Iterator[str]:
    """What an address asks with, as it is meant and as it is written there."""
    yield from url.query.values()
    yield from (pair.partition("=")[2] for pair in url.raw_query_string.split("&"))


def address(place: str, value: str | Secret) -> URL:
    """The address at this place of the plan. Raises ``ConfigurationError`` for what is no http or https address."""
    try:
        url = URL(revealed(value).strip())
        known = url.scheme in ("http", "https") and bool(url.host)
    except ValueError:
        known = False
    if not known:
        raise ConfigurationError(f"{place} is no http or https address; write one as in https://hooks.example/tocsin")
    return url


def in_json(value: object) -> bytes:
    """A body in JSON; what is no Unicode in it becomes a question mark."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def answered(answer: bytes) -> Mapping[str, Any]:
    """An answer in JSON; empty where it is none, or no object."""
    try:
        read = msgspec.json.decode(answer)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def revealed(value: str | Secret) -> str:
    """The text of a setting that may be secret."""
    return value.reveal() if isinstance(value, Secret) else value


def bearer(channel: Channel) -> dict[str, str]:
    """The header that shows a channel's ``token``; none where it has none. Raises ``ConfigurationError`` where no
    header can hold it."""
    token = revealed(channel.settings.get("token", "")).strip()
    if not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigurationError(f"channels.{channel.name}.token is no token: write one word, without spaces")
    return {"Authorization": f"Bearer {token}"} if token else {}


async def _beginning(response: aiohttp.ClientResponse, most: int) -> bytes:
    """The first bytes of the answer's body, or those that came in time. The rest is never waited for."""
    read = b""
    try:
        async with asyncio.timeout(_READ_FOR):
            while len(read) < most and (chunk := await response.content.read(most - len(read))):
                read += chunk
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError):
        pass  # the status is what counts, and that has come
    return b"" if response.headers.get("Content-Encoding") else read


def _retry_after(text: str, clock: Clock) -> float | None:
    """Seconds from a ``Retry-After`` that holds seconds or an HTTP date; ``None`` where it holds neither."""
    text = text.strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), LONGEST_RETRY_AFTER)
    try:
        at = parsedate_to_datetime(text)
        seconds = at.replace(tzinfo=at.tzinfo or UTC).timestamp() - clock.now() / SECOND
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)
