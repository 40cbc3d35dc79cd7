"""A real server on loopback with a pretended pipeline behind it, for the tests of step 1."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web
from tests.adapt.mappings import source_of

from tocsin._core.errors import InvalidRequest, NotFound
from tocsin._core.model import Batch, Receipt
from tocsin._core.people import Person
from tocsin._core.plan import Token
from tocsin._core.secret import Secret
from tocsin._core.source import Source
from tocsin.accept.body import Bodies
from tocsin.accept.guard import Guard, caller
from tocsin.accept.health import HealthRoutes
from tocsin.accept.intake import IntakeRoutes
from tocsin.accept.ports import Policy
from tocsin.accept.server import Server, create_app
from tocsin.adapt import ADAPTERS

NOW = 1_780_000_000_000

ALERT = {"labels": {"alertname": "Down"}}
GROUP = {"version": "4", "alerts": [ALERT | {"status": "firing"}]}

SOURCES = {
    name: Source(name=name, type=type_)
    for name, type_ in (
        ("prometheus", "prometheus"),
        ("alertmanager", "alertmanager"),
        ("prom-bj", "prometheus"),
        ("zabbix-dc", "zabbix"),
    )
}
SOURCES["tool"] = source_of("{type: mapping, labels: {alertname: name}, identity: id}")


class StillClock:
    """A clock that stands."""

    def now(self) -> int:
        """Always the same instant."""
        return NOW

    def monotonic(self) -> float:
        """Always the same instant."""
        return 1.0

    async def sleep(self, seconds: float) -> None:
        """Nobody waits here."""
        raise AssertionError(f"asked to sleep {seconds} s")


class Counted:
    """Measures that are remembered."""

    def __init__(self) -> None:
        self.batches: list[tuple[str, Batch]] = []
        self.seconds: list[float] = []
        self.statuses: list[int] = []
        self.unread: list[str] = []

    def received(self, source: str, batch: Batch) -> None:
        """Remember a batch."""
        self.batches.append((source, batch))

    def unreadable(self, source: str) -> None:
        """Remember a payload that could not be read."""
        self.unread.append(source)

    def ingested(self, seconds: float) -> None:
        """Remember a duration."""
        self.seconds.append(seconds)

    def refused(self, status: int) -> None:
        """Remember a refusal."""
        self.statuses.append(status)


class Kept:
    """A ring that is only remembered."""

    def __init__(self) -> None:
        self.payloads: list[tuple[str, bytes, list[str]]] = []

    async def keep(self, source: str, content: bytes, errors: Sequence[str], at: int) -> None:
        """Remember a payload."""
        assert at == NOW
        self.payloads.append((source, content, list(errors)))


class PretendedIntake:
    """Takes all as new; raises ``error`` if set; waits for ``gate`` if it is closed."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.error: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.entered = asyncio.Event()

    async def take(self, batch: Batch) -> Receipt:
        """Keep the batch."""
        self.entered.set()
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        self.batches.append(batch)
        return Receipt(received=batch.received, new=len(batch.alerts), rejected=batch.rejected)


@dataclass
class Running:
    """A server that runs, and what stands behind it. Change ``tokens`` or ``reasons`` and the next request sees it."""

    client: aiohttp.ClientSession
    server: Server
    port: int
    intake: PretendedIntake
    counted: Counted
    ring: Kept
    tokens: dict[str, Token]
    reasons: list[str]

    async def post(self, path: str, **request: Any) -> tuple[int, Any]:
        """Post, and return status and JSON."""
        async with self.client.post(path, **request) as response:
            return response.status, await response.json(content_type=None)

    async def raw(self, *lines: str, body: bytes = b"") -> str:
        """Send a request written by hand on a connection of its own; the answer, headers and all."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write("\r\n".join((*lines, "", "")).encode() + body)
        answer = await reader.read(65536)
        writer.close()
        await writer.wait_closed()
        return answer.decode()


def token(name: str, *may: str, source: str | None = None) -> Token:
    """A token whose value is ``<name>-secret``."""
    return Token(name=name, may=frozenset(may), token=Secret(f"{name}-secret"), source=source)


def bearer(name: str) -> dict[str, str]:
    """The header that bears ``token(name)``."""
    return {"Authorization": f"Bearer {name}-secret"}


@asynccontextmanager
async def running(
    *,
    tokens: Sequence[Token] = (),
    people: Sequence[Person] = (),
    loopback: bool = True,
    limit: int = 16 * 1024 * 1024,
    timeout: float = 30.0,
) -> AsyncIterator[Running]:
    """Serve intake, health and a few routes of other folders until the block ends."""
    kept = {each.name: each for each in tokens}
    intake, counted, ring = PretendedIntake(), Counted(), Kept()
    known = {each.name: each for each in people}
    policy = Policy(sources=lambda: SOURCES, tokens=lambda: kept, people=lambda: known)
    bodies = Bodies(limit=limit, timeout=timeout)
    guard = Guard(policy=policy, measures=counted, loopback=loopback, bodies=bodies)
    taking = IntakeRoutes(
        intake=intake, decoders=ADAPTERS, policy=policy, ring=ring, measures=counted, bodies=bodies, clock=StillClock()
    )
    reasons: list[str] = []

    async def not_ready() -> Sequence[str]:
        return reasons

    app = create_app(
        guard=guard,
        routes=[
            *taking.routes(),
            *HealthRoutes(not_ready=not_ready).routes(),
            (web.get("/api/v1/things", _who), "read"),
            (web.get("/api/v1/things/{id}", _refuse), "read"),
            (web.post("/api/v1/things/{id}/retry", _act), "act"),
            (web.get("/broken", _broken), "read"),
            (web.get("/r/{token}", _link), "link"),
            (web.post("/r/{token}", _link), "link"),
        ],
    )
    server = Server(app, drain=2.0)
    port = await server.start("127.0.0.1", 0)
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
            yield Running(client, server, port, intake, counted, ring, kept, reasons)
    finally:
        intake.gate.set()
        await server.stop()


async def _who(request: web.Request) -> web.Response:
    return web.json_response({"caller": _name(request)})


async def _act(request: web.Request) -> web.Response:
    return web.json_response({"caller": _name(request), "body": await request.text()})


async def _link(request: web.Request) -> web.Response:
    if request.match_info["token"] == "swordfish":
        raise RuntimeError("broken")
    return web.json_response({"token": request.match_info["token"], "body": await request.text()})


def _name(request: web.Request) -> str | None:
    token = caller(request)
    return token.name if token is not None else None


async def _refuse(request: web.Request) -> web.Response:
    if request.match_info["id"] == "none":
        raise NotFound("no thing of this id")
    if request.match_info["id"] == "gone":
        raise web.HTTPConflict(text="somebody was faster")
    raise InvalidRequest("limit", "must be a number")


async def _broken(_: web.Request) -> web.Response:
    raise RuntimeError("the password is swordfish")
