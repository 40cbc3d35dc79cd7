"""A request's body: bounded in size and in time, and decompressed under the same bounds.

aiohttp's own decompression is switched off (``server.py``): a few hundred kilobytes of gzip cost it tens of
megabytes each before it refuses them, and broken gzip is an error of the server there. Here decompression
stops one byte over the limit, few run at once, and large ones run beside the event loop.
"""

from __future__ import annotations

import asyncio
import zlib

from aiohttp import web

from tocsin.accept.problem import HttpProblem

MAX_BODY = 16 * 1024 * 1024
"""Bytes of a body, after decompression."""

AT_ONCE = 2
"""Compressed bodies that are unpacked at the same time; others wait."""

_BODY = web.RequestKey("body", bytes)

_BESIDE = 32 * 1024
"""Compressed bytes from which on unpacking leaves the event loop."""


class Bodies:
    """Reads bodies. ``limit`` is in bytes after decompression, ``timeout`` in seconds for the whole body."""

    def __init__(self, *, limit: int = MAX_BODY, timeout: float = 30.0) -> None:
        self.limit = limit
        self._timeout = timeout
        self._unpacking = asyncio.Semaphore(AT_ONCE)

    async def raw(self, request: web.Request) -> bytes:
        """The bytes as sent; later calls of this or of ``request.read()`` get the same."""
        if _BODY in request:
            return request[_BODY]
        if (request.content_length or 0) > self.limit:
            raise self._too_large()
        try:
            async with asyncio.timeout(self._timeout):
                request[_BODY] = body = await request.read()
                return body
        except TimeoutError:
            message = f"the body did not arrive within {self._timeout:g} seconds"
            raise HttpProblem(408, message, close=True) from None
        except ConnectionError:
            raise HttpProblem(400, "the sender hung up in mid-body", close=True) from None

    async def unpacked(self, request: web.Request) -> bytes:
        """The bytes after undoing a Content-Encoding of gzip or deflate; others are refused."""
        body = await self.raw(request)
        encodings = [part.strip().lower() for part in request.headers.get("Content-Encoding", "").split(",")]
        encodings = [encoding for encoding in encodings if encoding not in ("", "identity")]
        if not encodings:
            return body
        if len(encodings) > 1 or encodings[0] not in ("gzip", "x-gzip", "deflate"):
            message = f"Content-Encoding {', '.join(encodings)[:64]} is not supported; send gzip, deflate or none"
            raise HttpProblem(415, message, headers={"Accept-Encoding": "gzip, deflate"})
        unpack = inflate if encodings[0] == "deflate" else gunzip
        async with self._unpacking:
            try:
                if len(body) < _BESIDE:
                    unpacked = unpack(body, self.limit)
                else:
                    unpacked = await asyncio.to_thread(unpack, body, self.limit)
            except zlib.error:
                raise HttpProblem(400, f"the body is not sound {encodings[0]}") from None
        if len(unpacked) > self.limit:
            raise self._too_large()
        return unpacked

    def _too_large(self) -> HttpProblem:
        message = f"the body is larger than {self.limit} bytes after decompression; post fewer alerts at a time"
        return HttpProblem(413, message, close=True)


def gunzip(body: bytes, limit: int) -> bytes:
    """Unpack gzip, one member after another. At most ``limit + 1`` bytes: one more means too large."""
    parts: list[bytes] = []
    room = limit + 1
    while body and room > 0:
        unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        part = unpacker.decompress(body, room)
        parts.append(part)
        room -= len(part)
        if room > 0 and not unpacker.eof:
            raise zlib.error("it breaks off")
        body = unpacker.unused_data.lstrip(b"\0")
    return b"".join(parts)


def inflate(body: bytes, limit: int) -> bytes:
    """Unpack deflate, with the zlib header that it should have or, as some send it, without."""
    for wbits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        unpacker = zlib.decompressobj(wbits=wbits)
        try:
            unpacked = unpacker.decompress(body, limit + 1)
        except zlib.error:
            continue
        if unpacker.eof or len(unpacked) > limit:
            return unpacked
    raise zlib.error("neither with nor without a header")
