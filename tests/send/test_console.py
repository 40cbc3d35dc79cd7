"""What the console prints, and what it does when nobody reads it."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Iterator
from typing import TextIO

import msgspec
import pytest
from tests.send.samples import delivery, message, notice

from tocsin._core.errors import SendRefused, TrySendAgain
from tocsin._core.message import Message
from tocsin.send.body import render
from tocsin.send.kinds.console import Console


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """It is one."""
        return True


class Counting(io.StringIO):
    """A stream that keeps every write apart."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[str] = []

    def write(self, text: str) -> int:
        """Keep it."""
        self.writes.append(text)
        return len(text)


@pytest.fixture
def pipe() -> Iterator[tuple[int, TextIO]]:
    """A pipe's reading end, and a stream on its writing end."""
    reading, writing = os.pipe()
    stream = os.fdopen(writing, "w", encoding="utf-8")
    yield reading, stream
    for closing in (stream.close, lambda: os.close(reading)):
        try:
            closing()
        except OSError:
            continue  # what the test closed itself, or could not flush any more


def made(text: str = "one\ntwo", subject: str = "a subject", **body: object) -> Message:
    """A message as the console needs it."""
    return Message(
        id="d-1", event="opened", group="command", incident="INC-1", subject=subject, text=text,
        body={"incident": {"tier": "high"}, **body},
    )  # fmt: skip


async def test_a_notice_is_a_head_and_indented_text() -> None:
    """``event group INC-… subject``, then the text below it; no colour where it is no terminal."""
    stream = io.StringIO()
    await Console(stream).send(made())
    assert stream.getvalue() == "opened command INC-1 a subject\n    one\n    two\n\n"


async def test_the_title_is_printed_once() -> None:
    """The first line of the text begins with the title, which the head has just said."""
    stream = io.StringIO()
    await Console(stream).send(made(text="[HIGH] Down | INC-1 v2 | open\nmore", subject="[HIGH] Down: firing again"))
    assert stream.getvalue() == "opened command INC-1 [HIGH] Down: firing again\n    INC-1 v2 | open\n    more\n\n"


async def test_groups_that_share_it_are_joined() -> None:
    """All of them stand in the head."""
    stream = io.StringIO()
    shared = render(notice(), delivery("command", groups=("command", "technical")), external_url="")
    await Console(stream).send(shared)
    assert stream.getvalue().startswith("opened command,technical INC-261205-7K2M9P [HIGH]")


@pytest.mark.parametrize(("tier", "colour"), [("high", "\x1b[1;31m"), ("medium", "\x1b[33m"), ("low", "\x1b[36m")])
async def test_a_terminal_shows_the_tier_in_colour(tier: str, colour: str) -> None:
    """Only the head is coloured, and the colour ends with it."""
    stream = Terminal()
    await Console(stream).send(made(incident={"tier": tier}))
    assert stream.getvalue().startswith(f"{colour}opened command INC-1 a subject\x1b[0m\n    one\n")


async def test_untrusted_text_cannot_forge_or_colour() -> None:
    """Escapes, carriage returns and other line ends are gone; whatever remains stays below its own head."""
    stream = io.StringIO()
    hostile = "a\x1b[2J\rb\x9b31mc\u2028d\x85e\u202ef\nopened legal INC-9 forged"
    await Console(stream).send(made(text=hostile, subject="s\nclosed legal INC-9"))
    assert stream.getvalue().splitlines() == [
        "opened command INC-1 s closed legal INC-9",
        "    a[2Jb31mcdef",
        "    opened legal INC-9 forged",
        "",
    ]


async def test_a_notice_is_one_write() -> None:
    """So that two channels on one terminal never mix their lines; and they come in order."""
    stream = Counting()
    console = Console(stream)
    await asyncio.gather(*(console.send(made(subject=f"number {number}")) for number in range(5)))
    assert [write.split("\n")[0] for write in stream.writes] == [
        f"opened command INC-1 number {number}" for number in range(5)
    ]


async def test_an_encoding_without_the_letters_still_prints() -> None:
    """A log in plain ASCII gets escapes instead of an error."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    await Console(stream).send(made(subject="支付"))
    assert raw.getvalue().startswith(b"opened command INC-1 \\u652f\\u4ed8\n")


async def test_a_broken_pipe_is_a_refusal(pipe: tuple[int, TextIO]) -> None:
    """Who read it is gone and does not come back."""
    reading, stream = pipe
    os.close(reading)
    with pytest.raises(SendRefused, match="gone"):
        await Console(stream).send(made())


async def test_a_closed_stream_is_a_refusal() -> None:
    """Nothing can be written there any more."""
    stream = io.StringIO()
    stream.close()
    with pytest.raises(SendRefused, match="gone"):
        await Console(stream).send(made())


async def test_a_stopped_terminal_holds_up_nothing_and_prints_once(pipe: tuple[int, TextIO]) -> None:
    """The send gives up in time while others go on; once the terminal takes output again, nothing is printed twice."""
    reading, stream = pipe
    console = Console(stream, timeout=0.1)
    stopped = made(text="x" * 200_000)
    with pytest.raises(TrySendAgain, match="no output"):
        await console.send(stopped)
    with pytest.raises(TrySendAgain, match="earlier notice"):
        await console.send(message())
    reader = asyncio.get_running_loop().run_in_executor(None, _read, reading, 200_000)
    async with asyncio.timeout(5):
        while True:
            try:
                await console.send(stopped)
                break
            except TrySendAgain:
                continue
    read = await reader
    stream.close()
    read += _read(reading, 1 << 20)
    assert read.count(b"opened command INC-1") == 1


def _read(reading: int, wanted: int) -> bytes:
    read = b""
    while len(read) < wanted and (chunk := os.read(reading, 65536)):
        read += chunk
    return read


def test_samples_are_what_is_stored() -> None:
    """The notices of these tests survive the store's encoding unchanged."""
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(notice()), type=type(notice())) == notice()
