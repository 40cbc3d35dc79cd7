"""Bodies that are large, slow, packed or broken."""

from __future__ import annotations

import asyncio
import gzip
import json
import tracemalloc
import zlib

import aiohttp
import pytest
from tests.accept.running import ALERT, Running, running

from tocsin.accept.body import gunzip, inflate

BODY = json.dumps([ALERT]).encode()
LIMIT = 64 * 1024


def raw_deflate(body: bytes) -> bytes:
    """Deflate without the header that it should have."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


async def packed(run: Running, body: bytes, encoding: str) -> int:
    """Post a body that claims this encoding; the status."""
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    async with run.client.post("/api/v2/alerts", data=body, headers=headers) as answer:
        assert answer.status == 200 or answer.content_type == "application/problem+json"
        return answer.status


def gzipped(data: bytes) -> bytes:
    """The same bytes at each call: gzip's own header has the time in it, and these name the tests."""
    return gzip.compress(data, mtime=0)


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (gzipped(BODY), "gzip", 200),
        (gzipped(BODY), "GZip", 200),
        (gzipped(BODY[:9]) + gzipped(BODY[9:]), "gzip", 200),
        (gzipped(BODY) + b"\0" * 16, "gzip", 200),
        (zlib.compress(BODY), "deflate", 200),
        (raw_deflate(BODY), "deflate", 200),
        (BODY, "identity", 200),
        (gzipped(b" " * LIMIT), "gzip", 400),
        (BODY, "gzip", 400),
        (gzipped(BODY)[:-4], "gzip", 400),
        (gzipped(BODY) + b"rest", "gzip", 400),
        (gzipped(BODY)[:-8] + b"\0" * 8, "gzip", 400),
        (BODY, "deflate", 400),
        (zlib.compress(BODY)[:-5], "deflate", 400),
        (b"", "gzip", 400),
        (BODY, "br", 415),
        (BODY, "zstd", 415),
        (gzipped(gzipped(BODY)), "gzip, gzip", 415),
        (gzipped(b" " * (LIMIT + 1)), "gzip", 413),
        (zlib.compress(b" " * (LIMIT + 1)), "deflate", 413),
        (raw_deflate(b" " * (LIMIT + 1)), "deflate", 413),
    ],
)
async def test_packed_bodies(body: bytes, encoding: str, status: int) -> None:
    """gzip and deflate are taken; broken ones are the sender's fault, too large ones are told so."""
    async with running(limit=LIMIT) as run:
        assert await packed(run, body, encoding) == status


async def test_large_packed_bodies_do_not_hold_up_the_rest() -> None:
    """Many large ones at once are unpacked in turn, and all are answered."""
    padded = b"[" + b" " * 600_000 + BODY[1:]
    noise = gzip.compress(padded, compresslevel=0)
    async with running() as run:
        assert await asyncio.gather(*(packed(run, noise, "gzip") for _ in range(6))) == [200] * 6


def test_a_bomb_costs_no_more_than_the_limit() -> None:
    """100 MB of zeros in 100 kB: memory stays near the limit, and one byte too many tells."""
    bomb = gzip.compress(b"\0" * 100_000_000, compresslevel=9)
    tracemalloc.start()
    try:
        assert len(gunzip(bomb, 1_000_000)) == 1_000_001
        assert len(inflate(zlib.compress(b"\0" * 2_000_000), 1_000_000)) == 1_000_001
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


async def test_a_body_at_the_limit_is_taken_and_one_over_is_not() -> None:
    """The limit is exact, with a length and without."""

    async def chunks(body: bytes) -> object:
        yield body

    async with running(limit=LIMIT) as run:
        for size, status in ((LIMIT, 200), (LIMIT + 1, 413)):
            body = b"[" + b" " * (size - 2) + b"]"
            headers = {"Content-Type": "application/json"}
            for data in (body, chunks(body)):
                async with run.client.post("/api/v2/alerts", data=data, headers=headers) as answer:
                    assert answer.status == status


async def test_a_body_that_does_not_come_is_408() -> None:
    """A sender that stops in mid-body is told so and let go."""
    async with running(timeout=0.05) as run:
        lines = ("POST /api/v2/alerts HTTP/1.1", "Host: localhost", "Content-Length: 100")
        answer = await run.raw(*lines, body=b"[")
        assert answer.startswith("HTTP/1.1 408 ")
        assert "application/problem+json" in answer
        assert "Connection: close" in answer


async def test_broken_chunks_are_the_senders_fault(caplog: pytest.LogCaptureFixture) -> None:
    """A transfer encoding that is no such thing is 400, or 408 if it breaks in mid-body; no error in the log."""
    lines = ("POST /api/v2/alerts HTTP/1.1", "Host: localhost", "Transfer-Encoding: chunked")
    body = b"zz\r\n[]\r\n0\r\n\r\n"
    async with running(timeout=0.05) as run:
        assert " 400 " in (await run.raw(*lines, body=body)).partition("\r\n")[0]
        reader, writer = await asyncio.open_connection("127.0.0.1", run.port)
        writer.write("\r\n".join((*lines, "Expect: 100-continue", "", "")).encode())
        assert b" 100 " in await reader.readuntil(b"\r\n\r\n")
        writer.write(body)
        assert b" 408 " in await reader.readline()
        writer.close()
        await writer.wait_closed()
    assert caplog.records == []


async def test_what_is_no_http_is_no_error_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """A TLS hello on the plain port is answered 400 and not logged as a fault."""
    async with running() as run:
        assert " 400 " in await run.raw(body=b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")
    assert caplog.records == []


async def test_a_sender_that_hangs_up_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    """Half a body and then nothing: nobody is logged as guilty, and the server goes on."""
    async with running() as run:
        _, writer = await asyncio.open_connection("127.0.0.1", run.port)
        writer.write(b"POST /api/v2/alerts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n[")
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        assert (await run.post("/api/v2/alerts", json=[ALERT]))[0] == 200
    assert 500 not in run.counted.statuses
    assert caplog.records == []


async def test_view_routes_have_their_bodies_bounded_too() -> None:
    """A route of another folder gets its body read within the same limits."""
    async with running(limit=LIMIT) as run:
        assert (await run.post("/api/v1/things/1/retry", json={"by": "li"}))[1]["body"] == '{"by": "li"}'
        assert (await run.post("/api/v1/things/1/retry", json=["x" * LIMIT]))[0] == 413
        assert (await run.post("/api/v1/things/1/retry", data={"by": "li"}))[0] == 415


async def test_stopping_finishes_what_is_under_way() -> None:
    """A request that is being stored is answered; a new connection is refused."""
    async with running() as run:
        run.intake.gate.clear()
        posted = asyncio.create_task(run.post("/api/v2/alerts", json=[ALERT]))
        await run.intake.entered.wait()
        stopped = asyncio.create_task(run.server.stop())
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", run.port)
            except (ConnectionRefusedError, ConnectionResetError):
                break
            writer.close()
        run.intake.gate.set()
        assert (await posted)[0] == 200
        await stopped
        with pytest.raises(aiohttp.ClientConnectorError):
            await run.post("/api/v2/alerts", json=[ALERT])
