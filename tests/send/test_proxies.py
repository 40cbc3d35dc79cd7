"""A channel behind a proxy, over TLS: the proxy sees where it goes and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
import uvloop
from tests.send.contract import StandingClock
from tests.send.receiver import PASSWORD, USER, Receiver, receiving
from tests.send.samples import message
from tests.support.certificates import certificate, server_context

from tocsin._core.errors import TrySendAgain
from tocsin._core.message import Sender
from tocsin._core.plan import Channel
from tocsin._core.secret import Secret
from tocsin.send.registry import KINDS, open_session


class Tunnel:
    """A proxy that speaks CONNECT. ``status`` is what it answers; ``heads`` are the requests that it got."""

    def __init__(self) -> None:
        self.heads: list[str] = []
        self.carried = b""
        self.status = "200 Connection established"
        self.address = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request; carry bytes both ways if that is a yes."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        writer.write(f"HTTP/1.1 {self.status}\r\n\r\n".encode())
        if self.status.startswith("200"):
            host, _, port = head.split()[1].rpartition(":")
            there_reader, there_writer = await asyncio.open_connection(host, int(port))
            await asyncio.gather(self._carry(reader, there_writer), self._carry(there_reader, writer))
        with contextlib.suppress(OSError):
            writer.close()
            await writer.wait_closed()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                self.carried += data
                writer.write(data)
                await writer.drain()
            writer.close()


@contextlib.asynccontextmanager
async def behind_a_tunnel() -> AsyncIterator[tuple[Tunnel, Receiver, Sender]]:
    """The proxy, a receiver that speaks TLS, and a channel that goes to the one by the other."""
    tunnel = Tunnel()
    server = await asyncio.start_server(tunnel.serve, "127.0.0.1", 0)
    tunnel.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with receiving(tls=server_context()) as receiver, open_session() as session:
        settings = {
            "url": receiver.address,
            "proxy": Secret(tunnel.address.replace("//", f"//{USER}:{PASSWORD}@")),
            "ca_file": certificate(),
        }
        channel = Channel(name="hook", type="webhook", settings=settings)
        yield tunnel, receiver, KINDS["webhook"].open(channel, session=session, clock=StandingClock())
    server.close()


async def test_tls_goes_through_the_proxy() -> None:
    """It is asked for the place, with its own password, and carries what it cannot read."""
    async with behind_a_tunnel() as (tunnel, receiver, sender):
        await sender.send(message())
        assert len(receiver.requests) == 1
        assert tunnel.heads[0].startswith(f"CONNECT {receiver.address.removeprefix('https://')} HTTP/1.1\r\n")
        assert "Proxy-Authorization: Basic " in tunnel.heads[0]
        assert "Proxy-Authorization" not in receiver.requests[0][0].headers
        assert b"payments" in receiver.requests[0][1]
        assert b"payments" not in tunnel.carried


def test_it_does_on_the_loop_of_the_service_too() -> None:
    """uvloop has a TLS of its own."""

    async def send() -> int:
        async with behind_a_tunnel() as (_, receiver, sender):
            await sender.send(message())
            return len(receiver.requests)

    assert uvloop.run(send()) == 1


@pytest.mark.parametrize("status", ["407 Who are you", "403 Forbidden", "502 Bad gateway"])
async def test_what_the_proxy_refuses_is_tried_again(status: str) -> None:
    """It is not the receiver who has said no."""
    async with behind_a_tunnel() as (tunnel, receiver, sender):
        tunnel.status = status
        with pytest.raises(TrySendAgain) as caught:
            await sender.send(message())
        assert str(caught.value) == f"{receiver.address}: the proxy {tunnel.address} answered {status[:3]}"
        assert receiver.requests == []
