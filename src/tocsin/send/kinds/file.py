"""Channel kind ``file``: every notice as one line of JSON, for those who have to show later what was told to whom.

Settings: ``path``. The file is opened anew for each notice, so that one which a rotation has moved away or cut is
followed. A line is written whole and synced to disk, or not at all; several processes may share a file.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from pathlib import Path

import aiohttp

from tocsin._core.clock import Clock
from tocsin._core.errors import ConfigurationError, SendError, SendRefused, TrySendAgain
from tocsin._core.message import Message
from tocsin._core.plan import Channel
from tocsin._core.times import SECOND
from tocsin.send.endpoint import DEFAULT_TIMEOUT, in_json
from tocsin.send.kind import Kind
from tocsin.send.threads import Threads

_MODE = 0o640
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY


class File:
    """A ``file`` channel."""

    def __init__(self, channel: Channel, *, session: aiohttp.ClientSession, clock: Clock) -> None:
        self._path = Path(channel.settings["path"])
        self._seconds = DEFAULT_TIMEOUT / SECOND
        self._threads: Threads[None] = Threads(1, name=f"file-{channel.name}", fails=(OSError,))
        if not self._path.is_absolute():
            raise ConfigurationError(f"channels.{channel.name}.path: {self._path} does not begin with a slash")
        if said := self._unfit():
            raise ConfigurationError(f"channels.{channel.name}.path: {said}")

    async def send(self, message: Message) -> str:
        """Add one line; returns once it is on the disk. Raises ``TrySendAgain`` or ``SendRefused``."""
        line = in_json(dict(message.body)) + b"\n"
        await self._do(line)
        return ""

    async def check(self) -> bool:
        """Open it, and write nothing."""
        await self._do(b"")
        return True

    async def close(self) -> None:
        """Nothing stays open."""

    async def _do(self, line: bytes) -> None:
        try:
            await self._threads.run(lambda: append(self._path, line), within=self._seconds)
        except TimeoutError:
            raise TrySendAgain(f"{self._path} has taken nothing for {self._seconds:g} s") from None
        except OSError as error:
            raise self._no(error) from None

    def _unfit(self) -> str:
        """Why it can never be written to; nothing if it can, or may be able to later."""
        if not self._path.parent.is_dir():
            return f"there is no directory {self._path.parent}"
        if self._path.exists() and not self._path.is_file():
            return f"{self._path} is no regular file"
        return ""

    def _no(self, error: OSError) -> SendError:
        if error.errno in (errno.EISDIR, errno.ENXIO) or isinstance(error, NotRegular):
            return SendRefused(f"{self._path} is no regular file")
        return TrySendAgain(f"{self._path}: {(error.strerror or type(error).__name__).lower()}")


class NotRegular(OSError):
    """What is there is a device, a pipe or the like."""


def append(path: Path, line: bytes) -> None:
    """Add a line whole, and sync it; nothing at all is written of one for which there is no room.

    Raises ``OSError``.
    """
    opened = os.open(path, _FLAGS, _MODE)
    try:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            raise NotRegular
        fcntl.flock(opened, fcntl.LOCK_EX)  # until it is closed; others of us wait here
        if line:
            _add(opened, line)
            os.fsync(opened)
            if os.fstat(opened).st_size == len(line):
                _sync_directory(path.parent)
    finally:
        os.close(opened)


def _add(opened: int, line: bytes) -> None:
    size = os.fstat(opened).st_size
    if size and os.pread(opened, 1, size - 1) != b"\n":
        line = b"\n" + line  # somebody was cut off within a line; it shall not spoil this one
    try:
        left = memoryview(line)
        while left:
            left = left[os.write(opened, left) :]
    except OSError:
        os.ftruncate(opened, size)
        raise


def _sync_directory(directory: Path) -> None:
    """So that a file that is new is there after a crash, too."""
    opened = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


KIND = Kind(open=File, merges=False)
