"""A proxy before a Redis server that counts commands, so that a crash can be put at any one of them.

It forwards one command of a connection at a time and waits for its reply, so each command has a clear
before and after. It reads just enough of the protocol to know where a command or a reply ends.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

Hook = Callable[[int, str], bool | None]
"""Given a command's number (from 1, over all connections) and its name; ``True`` breaks the connection there."""

_LIMIT = 1 << 24


class Proxy:
    """Forwards to the store ``upstream`` (a ``unix://`` or ``redis://`` URL); clients are given ``url``.

    ``before`` is called before a command is forwarded: if it breaks the connection, Redis never sees the
    command. ``after`` is called when Redis has answered: if it breaks, Redis has done the work and the client
    never learns so. Both may be changed at any time. ``commands`` holds the names of all commands so far.
    """

    def __init__(self, upstream: str, *, before: Hook | None = None, after: Hook | None = None) -> None:
        self.commands: list[str] = []
        self.before = before
        self.after = after
        self._upstream = urlsplit(upstream)
        self._port = 0
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def url(self) -> str:
        """Where it listens; the same again after it was cut and opened."""
        return f"redis://127.0.0.1:{self._port}"

    async def __aenter__(self) -> Proxy:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.cut()

    async def open(self) -> None:
        """Begin to listen; also again after ``cut``."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port, limit=_LIMIT)
        self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Break all connections and refuse new ones, as if the server were gone."""
        if self._server is None:
            return
        self._server.close()
        for writer in tuple(self._connections):
            writer.transport.abort()
        await self._server.wait_closed()
        self._server = None

    async def quiet(self) -> None:
        """Wait until no client is connected and nothing of theirs is on its way to the server any more."""
        await self._idle.wait()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._upstream.scheme == "unix":
            return await asyncio.open_unix_connection(unquote(self._upstream.path), limit=_LIMIT)
        return await asyncio.open_connection(self._upstream.hostname, self._upstream.port or 6379, limit=_LIMIT)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        self._idle.clear()
        upstream: asyncio.StreamWriter | None = None
        try:
            answers, upstream = await self._connect()
            while await self._pass_one(reader, writer, answers, upstream):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass  # one side is gone, and with it the other
        finally:
            self._connections.discard(writer)
            for each in (writer, upstream):
                if each is not None:
                    each.transport.abort()
                    with contextlib.suppress(OSError):
                        await each.wait_closed()
            if not self._connections:
                self._idle.set()

    async def _pass_one(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        answers: asyncio.StreamReader,
        upstream: asyncio.StreamWriter,
    ) -> bool:
        """Pass one command and its reply; whether the connection goes on."""
        command = await read_value(reader)
        name = command.split(b"\r\n", 3)[2].decode("ascii", "replace").upper()
        self.commands.append(name)
        number = len(self.commands)
        if self.before is not None and self.before(number, name):
            return False
        upstream.write(command)
        await upstream.drain()
        reply = await read_value(answers)
        if self.after is not None and self.after(number, name):
            return False
        writer.write(reply)
        await writer.drain()
        return True


async def read_value(reader: asyncio.StreamReader) -> bytes:
    """The bytes of one command or reply, in the second or third version of the protocol."""
    head = await reader.readuntil(b"\r\n")
    kind, rest = head[:1], head[1:-2]
    if kind in b"$=!":
        return head + (await reader.readexactly(int(rest) + 2) if int(rest) >= 0 else b"")
    if kind in b"*~>%|":
        inside = int(rest) * (2 if kind in b"%|" else 1)
        values = [head, *[await read_value(reader) for _ in range(inside)]]
        if kind in b"|>":  # attributes and pushes come before the reply itself
            values.append(await read_value(reader))
        return b"".join(values)
    return head
