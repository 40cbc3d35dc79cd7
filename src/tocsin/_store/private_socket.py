"""The private server's socket: where it lies, and a word through it before there is a client.

A Unix socket's path has a small limit, a data directory's has none. In: the data directory. Out: a path below
the limit, in a directory that is closed to others. The same data directory always gives the same path, so that
nothing piles up after crashes, and a server that was left behind can be found.
"""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import tempfile
from pathlib import Path

from tocsin._core.errors import ConfigurationError

LONGEST = 103
"""Bytes of a socket's path on macOS; Linux has four more."""

SOCKET = "store.sock"


def socket_path(data_dir: Path, runtime_dir: Path | None) -> Path:
    """The socket for a data directory: in it, else below ``runtime_dir`` (the user's, where there is one),
    else below the machine's directory for temporary files. Raises ``ConfigurationError`` and ``OSError``.
    """
    if _fits(data_dir / SOCKET):
        return data_dir / SOCKET
    name = f"tocsin-{os.getuid()}-{hashlib.blake2b(os.fsencode(data_dir), digest_size=6).hexdigest()}"
    for place in (runtime_dir, Path(tempfile.gettempdir()), Path("/tmp")):
        if place is not None and place.is_dir() and _fits(place / name / SOCKET):
            return _private(place / name) / SOCKET
    raise ConfigurationError(
        f"No directory is short enough for the store's socket ({LONGEST} bytes at most). Choose a shorter --data-dir."
    )


def _fits(path: Path) -> bool:
    """Whether a socket can have this path."""
    return len(os.fsencode(path)) <= LONGEST


def _private(directory: Path) -> Path:
    """Make the directory, or see that the one which is there is closed to others."""
    directory.mkdir(mode=0o700, exist_ok=True)
    there = directory.lstat()
    if not stat.S_ISDIR(there.st_mode) or there.st_uid != os.getuid() or there.st_mode & 0o077:
        raise ConfigurationError(
            f"{directory} is meant for the store's socket, and is not a directory that belongs to this user "
            "alone. Remove it, or choose a shorter --data-dir."
        )
    return directory


def speak(place: Path, line: bytes) -> str:
    """Send one command to whoever answers on the socket; the first line of the answer, empty if nobody does."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1.0)
            connection.connect(os.fsencode(place))
            connection.sendall(line)
            return connection.recv(512).decode("utf-8", "replace").partition("\r\n")[0]
    except OSError:
        return ""
