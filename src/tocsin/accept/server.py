"""The web server: an application made of guarded routes, listening and ending in good order."""

from __future__ import annotations

import logging
from collections.abc import Iterable, MutableMapping
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from tocsin._core.errors import ConfigurationError
from tocsin.accept.access import Right
from tocsin.accept.guard import Guard

log = logging.getLogger(__name__)

KEEPALIVE = 75.0
"""Seconds for which an idle connection is kept; aiohttp's default is an hour."""

LINGER = 2.0
"""Seconds for which a refused body is still read, so that its sender gets to see the answer."""

GuardedRoute = tuple[web.RouteDef, str]
"""A route and the right it needs: ``ingest``, ``read``, ``act``, ``none``, ``link`` or ``signed`` (a ``Right``)."""


def create_app(*, routes: Iterable[GuardedRoute], guard: Guard) -> web.Application:
    """An application of these routes behind the guard."""
    app = web.Application(middlewares=[guard.middleware], client_max_size=guard.bodies.limit)
    for route, right in routes:
        guard.need(route.handler, Right(right))
        app.router.add_routes([route])
    return app


class ConnectionLog(logging.LoggerAdapter[logging.Logger]):
    """Where aiohttp reports on connections: what is no HTTP (a port scan, TLS on a plain port) is not an error."""

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        """Change nothing."""
        return msg, kwargs

    def exception(self, msg: object, *args: object, **details: Any) -> None:
        """Log at debug level, without traceback, what a client did wrong; anything else as it is."""
        fault = details.get("exc_info")
        if isinstance(fault, HttpProcessingError):
            self.debug("not a sound HTTP request", extra={"error": fault.message})
        else:
            super().exception(msg, *args, **details)


class Server:
    """Runs an application. ``drain`` is how many seconds ``stop`` gives to requests under way."""

    def __init__(self, app: web.Application, *, drain: float = 5.0) -> None:
        self._runner = web.AppRunner(
            app,
            access_log=None,
            logger=ConnectionLog(log, {}),
            keepalive_timeout=KEEPALIVE,
            shutdown_timeout=drain,
            handler_cancellation=False,
            lingering_time=LINGER,
            auto_decompress=False,
        )

    async def start(self, host: str, port: int) -> int:
        """Listen; the port is the one asked for or, for 0, the one that was free."""
        await self._runner.setup()
        host = host.removeprefix("[").removesuffix("]")
        try:
            await web.TCPSite(self._runner, host or None, port).start()
        except OSError as error:
            await self._runner.cleanup()
            reason = error.strerror or str(error)
            raise ConfigurationError(
                f"cannot listen on {host}:{port}: {reason}; choose another with --listen"
            ) from error
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Take no new connections or requests, finish those under way, close all."""
        await self._runner.cleanup()
