"""The archive's files: whole lines or nothing, for their owner alone."""

from __future__ import annotations

import errno
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.support.service import wait_for

from tocsin._core.errors import ConfigurationError
from tocsin._core.times import parse_time
from tocsin.retention.files import ArchiveFiles, file_name

NAME = "incidents-2026-03.jsonl"


@contextmanager
def disk_full_beyond(size: int) -> Iterator[None]:
    """No file may grow beyond so many bytes, as on a disk with no more room."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


@pytest.mark.parametrize(
    ("closed", "name"),
    [
        ("2026-03-01T00:00:00Z", "incidents-2026-03.jsonl"),
        ("2026-03-31T23:59:59.999Z", "incidents-2026-03.jsonl"),
        ("2026-04-01T07:59:00+08:00", "incidents-2026-03.jsonl"),
        ("2026-12-31T23:00:00-02:00", "incidents-2027-01.jsonl"),
    ],
)
def test_a_file_for_each_month(closed: str, name: str) -> None:
    """The month is that of the closing, in UTC."""
    assert file_name(parse_time(closed)) == name


def test_added_to_for_their_owner_alone(tmp_path: Path) -> None:
    """The directory is made when it is needed; nobody else may read it or the files."""
    files = ArchiveFiles(tmp_path / "new" / "archive")
    files.append(NAME, [b"1", b"2"])
    files.append(NAME, [b"3"])
    path = files.directory / NAME
    assert path.read_bytes() == b"1\n2\n3\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert files.directory.stat().st_mode & 0o777 == 0o700


def test_part_of_a_line_is_left_behind(tmp_path: Path) -> None:
    """What a killed process wrote of a line spoils that line alone."""
    (tmp_path / NAME).write_bytes(b'{"id": 1}\n{"id": 2, "ti')
    ArchiveFiles(tmp_path).append(NAME, [b'{"id": 2}'])
    assert (tmp_path / NAME).read_bytes() == b'{"id": 1}\n{"id": 2, "ti\n{"id": 2}\n'


@pytest.mark.parametrize("before", [b"", b"1\n", b"1\npart"])
def test_a_full_disk_adds_nothing(tmp_path: Path, before: bytes) -> None:
    """Where the room ends in the middle of the lines, the file is as it was, and takes them when there is room."""
    path = tmp_path / NAME
    path.write_bytes(before)
    lines = [b"x" * 3_000, b"y" * 3_000]
    with disk_full_beyond(4_000), pytest.raises(OSError, match="File too large") as raised:
        ArchiveFiles(tmp_path).append(NAME, lines)
    assert raised.value.errno == errno.EFBIG
    assert path.read_bytes() == before
    ArchiveFiles(tmp_path).append(NAME, lines)
    assert path.read_bytes().splitlines()[-2:] == lines


def test_several_at_once(tmp_path: Path) -> None:
    """Lines of several who add at the same time are all there, and none is torn."""
    texts = [bytes([65 + number]) * 20_000 for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda text: ArchiveFiles(tmp_path).append(NAME, [text] * 5), texts))
    assert sorted((tmp_path / NAME).read_bytes().splitlines()) == sorted(texts * 5)


def test_no_link_is_followed(tmp_path: Path) -> None:
    """A link in the place of a file is not written through."""
    (tmp_path / "elsewhere").write_bytes(b"")
    (tmp_path / NAME).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        ArchiveFiles(tmp_path).append(NAME, [b"1"])
    assert (tmp_path / "elsewhere").read_bytes() == b""


def test_a_directory_that_cannot_be(tmp_path: Path) -> None:
    """At the start, a directory that cannot be made is an error that says what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=r"--archive-dir.*--drop-expired"):
        ArchiveFiles(tmp_path / "file" / "archive").prepare()


def test_killed_while_adding(tmp_path: Path) -> None:
    """A process that is killed while it adds leaves whole lines, and at most part of one at the end."""
    line = b"z" * 100_000
    script = (
        "import sys, pathlib; from tocsin.retention.files import ArchiveFiles\n"
        f"files = ArchiveFiles(pathlib.Path({str(tmp_path)!r})); print('on', flush=True)\n"
        f"while True: files.append({NAME!r}, [b'z' * 100_000] * 3)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        path = tmp_path / NAME
        wait_for(lambda: path.exists() and path.stat().st_size > 1_000_000, "some lines")
        process.kill()
    ArchiveFiles(tmp_path).append(NAME, [b"last"])
    *lines, last = (tmp_path / NAME).read_bytes().splitlines()
    assert last == b"last"
    assert set(lines[:-1]) == {line}
    assert line.startswith(lines[-1])
