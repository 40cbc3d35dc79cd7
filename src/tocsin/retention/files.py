"""The archive: files of JSON Lines, one for each month in which incidents closed, that are only ever added to.

A line is one incident. What is added is on disk when ``append`` returns, or not there at all; only a process that is
killed in between can leave part of a line, and the next to add begins on a line of its own. An incident can be there
twice, if the service was killed before it had removed it from the store: the last line counts.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from tocsin._core.errors import ConfigurationError
from tocsin._core.times import SECOND, Millis


def file_name(closed_at: Millis) -> str:
    """The name of the file that holds the incidents which closed in this month (UTC)."""
    return f"incidents-{datetime.fromtimestamp(closed_at // SECOND, UTC):%Y-%m}.jsonl"


class ArchiveFiles:
    """The files of one directory. Several processes may add to them at the same time."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def prepare(self) -> None:
        """Make the directory, for its owner alone. Raises ``ConfigurationError`` where nothing can be written to it."""
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not os.access(self.directory, os.W_OK | os.X_OK):
                raise PermissionError(None, "no right to write there")
        except OSError as error:
            raise ConfigurationError(
                f"The archive directory {self.directory} cannot be used: {error.strerror or error}. It must be a "
                "directory of the service's user; choose another with --archive-dir, or drop what is older than the "
                "retention with --drop-expired."
            ) from error

    def append(self, name: str, lines: Iterable[bytes]) -> None:
        """Add lines to a file, and wait until they are on disk. Blocks. Raises ``OSError``; then nothing was added."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_new = not (self.directory / name).exists()
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self.directory / name, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            _add(descriptor, b"".join(line + b"\n" for line in lines))
        finally:
            os.close(descriptor)
        if is_new:
            _sync(self.directory)


def _add(descriptor: int, text: bytes) -> None:
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        text = b"\n" + text
    try:
        left = memoryview(text)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, size)
        raise


def _sync(directory: Path) -> None:
    """Make the name of a new file last."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
