"""The kind ``file``: a line of JSON for each notice, whole and on the disk, or nothing."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.send.contract import StandingClock
from tests.send.samples import message

from tocsin._core.errors import ConfigurationError, SendRefused, TrySendAgain
from tocsin._core.plan import Channel
from tocsin.send.kinds.file import File, append

NO_SESSION: Any = None


def opened(path: Path) -> File:
    """The channel."""
    channel = Channel(name="audit", type="file", settings={"path": str(path)})
    return File(channel, session=NO_SESSION, clock=StandingClock())


def lines(path: Path) -> list[Any]:
    """What stands in a file, line by line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


@contextmanager
def no_room_beyond(size: int) -> Iterator[None]:
    """No file may grow larger: as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


async def test_every_notice_is_a_line(tmp_path: Path) -> None:
    """What a webhook is sent, in order; line ends within a text stand escaped. Others may not read the file."""
    path = tmp_path / "notices.jsonl"
    sender = opened(path)
    for number in range(3):
        body = {**message().body, "text": f"one\ntwo\u2028{number} 支付\ud800"}
        assert await sender.send(replace(message(), body=body)) == ""
    assert [line["text"] for line in lines(path)] == [f"one\ntwo\u2028{number} 支付?" for number in range(3)]
    assert stat.S_IMODE(path.stat().st_mode) & 0o027 == 0
    await sender.close()


async def test_a_rotation_is_followed(tmp_path: Path) -> None:
    """Moved away, cut to nothing or deleted: the next line stands in the file of that name."""
    path = tmp_path / "notices.jsonl"
    sender = opened(path)
    await sender.send(message())
    path.rename(tmp_path / "notices.jsonl.1")
    await sender.send(message())
    assert (len(lines(path)), len(lines(tmp_path / "notices.jsonl.1"))) == (1, 1)
    os.truncate(path, 0)
    await sender.send(message())
    assert len(lines(path)) == 1
    path.unlink()
    await sender.send(message())
    assert len(lines(path)) == 1


async def test_a_full_disk_leaves_no_half_line(tmp_path: Path) -> None:
    """It is tried again; what stood there stands, and nothing behind it."""
    path = tmp_path / "notices.jsonl"
    sender = opened(path)
    await sender.send(message())
    before = path.read_bytes()
    with no_room_beyond(len(before) + 100):
        with pytest.raises(TrySendAgain, match=r"notices\.jsonl: file too large"):
            await sender.send(message())
        assert path.read_bytes() == before
    await sender.send(message())
    assert len(lines(path)) == 2


async def test_a_line_that_somebody_left_unfinished_spoils_no_other(tmp_path: Path) -> None:
    """The next one begins on a line of its own."""
    path = tmp_path / "notices.jsonl"
    path.write_text('{"cut', encoding="utf-8")
    await opened(path).send(message())
    first, second = path.read_text(encoding="utf-8").splitlines()
    assert first == '{"cut' and json.loads(second)["id"] == message().id


def test_processes_share_a_file(tmp_path: Path) -> None:
    """No line is torn, though each is longer than a pipe's buffer and all write at once."""
    path = tmp_path / "notices.jsonl"
    program = (
        "import sys, pathlib; from tocsin.send.kinds.file import append\n"
        "for _ in range(20): append(pathlib.Path(sys.argv[1]), sys.argv[2].encode() * 9000 + b'\\n')"
    )
    environment = {"PYTHONPATH": str(Path(__file__).parents[3] / "src")}
    writers = [
        subprocess.Popen([sys.executable, "-c", program, str(path), letter], env=environment) for letter in "abc"
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    written = path.read_text(encoding="utf-8").splitlines()
    assert sorted(written) == sorted(letter * 9000 for letter in "abc" for _ in range(20))


async def test_one_that_hangs_holds_up_nobody_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever holds the file keeps the notice waiting for a while; then it is tried again, and no thread more waits."""
    path = tmp_path / "notices.jsonl"
    sender = opened(path)
    monkeypatch.setattr(sender, "_seconds", 0.2)
    holding = path.open("wb")
    fcntl.flock(holding, fcntl.LOCK_EX)
    for _ in range(3):
        with pytest.raises(TrySendAgain, match=r"has taken nothing for 0\.2 s"):
            await sender.send(message())
    holding.close()
    monkeypatch.setattr(sender, "_seconds", 10.0)
    await sender.send(message())
    assert 1 <= len(lines(path)) <= 2  # the first may come late; the others never began


@pytest.mark.parametrize("taken", [True, False])
async def test_what_cannot_be_a_file(tmp_path: Path, taken: bool) -> None:
    """A directory, a pipe or a device is said when the plan comes into force, and refused if it comes later."""
    path = tmp_path / "pipe"
    sender = None if taken else opened(path)
    os.mkfifo(path)
    if sender is None:
        for place, said in (
            (path, "is no regular file"),
            (tmp_path, "is no regular file"),
            (Path("/dev/null"), "is no"),
        ):
            with pytest.raises(ConfigurationError, match=f"channels.audit.path: .* {said}"):
                opened(place)
        with pytest.raises(ConfigurationError, match="there is no directory /nowhere"):
            opened(Path("/nowhere/notices.jsonl"))
        with pytest.raises(ConfigurationError, match="does not begin with a slash"):
            opened(Path("notices.jsonl"))
        return
    with pytest.raises(SendRefused, match="is no regular file"):
        await asyncio.wait_for(sender.send(message()), 5)


async def test_a_directory_that_is_gone_is_waited_for(tmp_path: Path) -> None:
    """It may be mounted again."""
    folder = tmp_path / "log"
    folder.mkdir()
    sender = opened(folder / "notices.jsonl")
    folder.rmdir()
    with pytest.raises(TrySendAgain, match=r"notices\.jsonl: no such file or directory"):
        await sender.send(message())
    with pytest.raises(TrySendAgain):
        await sender.check()


async def test_the_quiet_check_writes_nothing(tmp_path: Path) -> None:
    """It opens the file."""
    path = tmp_path / "notices.jsonl"
    assert await opened(path).check()
    assert path.read_bytes() == b""
    append(path, b"x\n")
    assert await opened(path).check()
    assert path.read_bytes() == b"x\n"
