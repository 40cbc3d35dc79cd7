"""The option to call no private address: for a service whose plan is written by people who may not reach all it can.

Looked at is the address that a connection is about to be made to, after the name was resolved: so a name that points
inside is refused, and so is one that points elsewhere each time it is asked. What goes by a proxy is resolved there,
and so the proxy is the one that has to refuse; only what is written as a private address is refused here too.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

import aiohttp

OPTION = "--refuse-private-channels"

_METADATA = frozenset({ip_address("168.63.129.16")})
"""Addresses of clouds that tell secrets to whoever asks from within, and look public; the others are link-local."""

_NAT64 = IPv6Network("64:ff9b::/96")


class PrivateAddress(OSError):
    """A connection to an address that is not public. Its text names the address."""

    def __init__(self, address: str) -> None:
        super().__init__(f"{address} is no public address, and the service was started with {OPTION}")


class GuardedConnector(aiohttp.TCPConnector):
    """Connects to public addresses and to proxies only."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, socket_factory=_socket_to)
        self._to_proxies = aiohttp.TCPConnector(**options)

    async def connect(
        self, req: aiohttp.ClientRequest, traces: Any, timeout: aiohttp.ClientTimeout
    ) -> aiohttp.connector.Connection:
        """A connection. Raises ``PrivateAddress``, within aiohttp's own error or not."""
        if req.proxy is None:
            return await super().connect(req, traces, timeout)
        host = (req.url.host or "").rstrip(".")
        if host == "localhost" or host.endswith(".localhost") or not is_public(host, unknown=True):
            raise PrivateAddress(host)
        return await self._to_proxies.connect(req, traces, timeout)

    async def close(self, *, abort_ssl: bool = False) -> None:
        """Close all connections."""
        await self._to_proxies.close(abort_ssl=abort_ssl)
        await super().close(abort_ssl=abort_ssl)


def is_public(address: str, *, unknown: bool = False) -> bool:
    """Whether an address is one of the internet's; what is no address is ``unknown``."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return unknown
    return all(each.is_global and not each.is_multicast and each not in _METADATA for each in _meant(found))


def is_guarded(session: aiohttp.ClientSession) -> bool:
    """Whether what is called by this session must be public."""
    return isinstance(session.connector, GuardedConnector)


def refusal(error: Exception) -> PrivateAddress | None:
    """The refusal that an error of a request stands for."""
    found = (getattr(error, "os_error", None), error.__cause__, error)
    return next((each for each in found if isinstance(each, PrivateAddress)), None)


def _meant(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """The address, and those of IPv4 that it leads to."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    inner = [address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        inner.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [address, *(each for each in inner if each is not None)]


def _socket_to(info: Any) -> socket.socket:
    family, kind, protocol, _, where = info
    if not is_public(str(where[0])):
        raise PrivateAddress(str(where[0]))
    return socket.socket(family, kind, protocol)
