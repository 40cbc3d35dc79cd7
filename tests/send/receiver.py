"""The other side of a channel that speaks HTTP: a real server on loopback, which quotes back all that it was sent, so
that a secret in an error would be seen."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Any

from aiohttp import web

CREDENTIALS = ("Us3rname", "Passw0rd", "PathT0kenPathT0ken", "Qu3ryT0ken", "H3aderT0ken", "Sign1ngKey")
USER, PASSWORD, PATH, QUERY, HEADER, SIGNING = CREDENTIALS


class Receiver:
    """The other side. ``answer`` says what to do with a request; ``over`` is set when the test is."""

    def __init__(self) -> None:
        self.requests: list[tuple[web.BaseRequest, bytes]] = []
        self.over = asyncio.Event()
        self.came = asyncio.Event()
        self.answer: Callable[[web.BaseRequest], Any] = self.say(200)
        self.address = ""
        self.yes: bytes | None = None

    @property
    def secret_address(self) -> str:
        """Its address with a credential in every part that can hold one."""
        return self.address.replace("//", f"//{USER}:{PASSWORD}@") + f"/hooks/{PATH}?token={QUERY}"

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Keep the request, then answer as told."""
        self.requests.append((request, await request.read()))
        self.came.set()
        response: web.StreamResponse = await self.answer(request)
        return response

    def say(self, status: int, **headers: str) -> Callable[[web.BaseRequest], Any]:
        """Answer with this status, quoting the request back with a few control characters."""

        async def answer(request: web.BaseRequest) -> web.Response:
            if status < 300 and self.yes is not None:
                return web.Response(status=status, body=self.yes, headers=headers)
            quoted = f"no\x1b[31m\r\n\x00 way: {request.path_qs} {dict(request.headers)} {self.address} "
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return web.Response(status=status, text=quoted + " ".join(CREDENTIALS) + "x" * 5000, headers=named)

        return answer

    def reply(self, body: bytes) -> Callable[[web.BaseRequest], Any]:
        """Answer 200 with this body."""

        async def answer(request: web.BaseRequest) -> web.Response:
            return web.Response(body=body)

        return answer

    def stall(self) -> Callable[[web.BaseRequest], Any]:
        """Say nothing until the test is over."""

        async def answer(request: web.BaseRequest) -> web.Response:
            await self.over.wait()
            return web.Response()

        return answer

    def drip(self, status: int) -> Callable[[web.BaseRequest], Any]:
        """Answer with the status at once and with a byte now and then, for ever."""

        async def answer(request: web.BaseRequest) -> web.StreamResponse:
            response = web.StreamResponse(status=status)
            await response.prepare(request)
            while not self.over.is_set():
                await response.write(b"x")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.over.wait(), 0.02)
            return response

        return answer

    def flood(self, status: int) -> Callable[[web.BaseRequest], Any]:
        """Answer with the status and with a body that does not end."""

        async def answer(request: web.BaseRequest) -> web.StreamResponse:
            response = web.StreamResponse(status=status)
            await response.prepare(request)
            while not self.over.is_set():
                await response.write(b"y" * 65536)
            return response

        return answer

    def hang_up(self) -> Callable[[web.BaseRequest], Any]:
        """Close the connection without a word."""

        async def answer(request: web.BaseRequest) -> web.Response:
            assert request.transport is not None
            request.transport.close()
            return web.Response()

        return answer


@contextlib.asynccontextmanager
async def receiving(*, tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A receiver that listens on loopback."""
    receiver = Receiver()
    runner = web.ServerRunner(web.Server(receiver.handle, access_log=None), handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    receiver.address = f"http{'s' if tls else ''}://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield receiver
    finally:
        receiver.over.set()
        await runner.cleanup()


def free_port() -> int:
    """A port of loopback at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
