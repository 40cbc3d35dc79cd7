"""What may be told of an address and of what went wrong on the way there: never a credential."""

from __future__ import annotations

import base64
import os
import socket
import ssl
from collections.abc import Iterable, Iterator
from typing import Any

import aiohttp
from yarl import URL

from tocsin._core.clean import one_line


def place_of(url: URL) -> str:
    """Scheme, host and port: what may be told of an address."""
    return f"{url.scheme}://{url.host_subcomponent}:{url.port}"


def credentials(urls: Iterable[URL], secrets: Iterable[str]) -> list[str]:
    """All texts that an answer may quote back and that may be secret, the longest first."""

    def candidates() -> Iterator[str]:
        for url in urls:
            yield from (str(url), url.raw_path_qs, url.path_qs, url.raw_path, url.path)
            yield from (part for part in (*url.parts, *url.raw_parts) if len(part) >= 8)
            yield from (url.query_string, url.raw_query_string, *url.query.values())
            yield from (url.user or "", url.raw_user or "", url.password or "", url.raw_password or "")
            if url.user is not None:
                yield base64.b64encode(f"{url.user}:{url.password or ''}".encode()).decode("ascii")
        for secret in secrets:
            yield from (secret, *secret.split())

    return sorted({text for text in candidates() if len(text) >= 4}, key=len, reverse=True)


def what_broke(error: Exception, proxy: URL | None) -> str:
    """What went wrong on the wire, in our words: the library's own may quote the whole address."""
    if proxy is None:
        return _broken(error)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy {place_of(proxy)} answered {error.status}"
    if isinstance(error, (aiohttp.ClientProxyConnectionError, aiohttp.ClientConnectorDNSError)):
        return f"the proxy {place_of(proxy)}: {_broken(error)}"
    return _broken(error)


def _broken(error: Exception) -> str:
    match error:
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError() | ssl.SSLError():
            return f"TLS failed: {_tls(error.__cause__ or error)}"
        case aiohttp.ClientConnectorDNSError() | socket.gaierror():
            return "the name cannot be resolved"
        case aiohttp.ServerDisconnectedError():
            return "the connection was closed without an answer"
        case aiohttp.ClientConnectorError() | OSError():
            return _system_says(error)
        case aiohttp.ClientResponseError():
            return "the answer is no HTTP"
        case _:
            return f"the request failed ({type(error).__name__})"


def _tls(error: Any) -> str:
    return one_line(str(getattr(error, "verify_message", "") or getattr(error, "reason", "") or "no details"), 100)


def _system_says(error: Any) -> str:
    cause = getattr(error, "os_error", error)
    return os.strerror(cause.errno).lower() if cause.errno and cause.errno > 0 else type(cause).__name__
