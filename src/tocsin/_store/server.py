"""The private store: a Valkey or Redis server of our own, on a data directory, for as long as the service runs.

It speaks on a Unix socket only, writes an append-only file, and lives in a session of its own, so that
Ctrl-C reaches the service and not the store that the service still drains into. Two locks guard the
directory: ``service.lock`` is held by the service and refuses a second one; ``store.lock`` is held by the
server itself (it inherits the open file), so it is free only when the server is gone, even if the service
was killed, and a new server never meets an old one on the same files. Two would start happily and ruin them.

In: a data directory. Out: the URL of a server that answers. All of this blocks, in the main thread, before
there is an event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Self
from urllib.parse import quote

from tocsin._core.errors import ConfigurationError, StoreUnavailable
from tocsin._store.binary import OLDEST, SPLIT_FILES, find_binary
from tocsin._store.locks import FileLock
from tocsin._store.private_socket import socket_path, speak
from tocsin._store.server_log import StoreLog
from tocsin._store.server_process import ServerProcess

Fsync = Literal["everysec", "always"]

OLD_SERVER_ENDS_WITHIN = 15.0
"""Seconds that a start waits for the server of a killed service."""

ANSWERS_WITHIN = 15.0
"""Seconds in which a started server must answer; reading its data back does not count."""

LOADS_WITHIN = 600.0
"""Seconds in which it must have read its data back."""

_LOOK_EVERY = 0.01


class PrivateServer:
    """A running private server. ``url`` is where it answers, ``pid`` its process id."""

    def __init__(self, process: ServerProcess, *, lock: FileLock, place: Path, log_file: StoreLog) -> None:
        self.pid = process.popen.pid
        self.url = f"unix://{quote(str(place))}"
        self._process = process
        self._lock = lock
        self._place = place
        self._log = log_file

    @classmethod
    def start(
        cls, data_dir: Path, *, path: str, fsync: Fsync = "everysec", runtime_dir: Path | None = None
    ) -> PrivateServer:
        """Start a server on ``data_dir`` and wait until it answers.

        ``path`` is the value of PATH, ``runtime_dir`` the user's directory for sockets where there is one
        (``XDG_RUNTIME_DIR``). Call it from the main thread: on Linux the server ends with the thread that
        started it. Raises ``ConfigurationError``: no program, a directory that cannot be used or is in use,
        a server that does not come up.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("the private server must be started from the main thread")
        program = find_binary(path, oldest=SPLIT_FILES if (data_dir / "appendonlydir").exists() else OLDEST)
        with _explained(data_dir), contextlib.ExitStack() as undo:
            data_dir = _prepared(data_dir)
            lock = undo.enter_context(FileLock(data_dir / "service.lock"))
            _keep_out_others(lock, data_dir)
            place = socket_path(data_dir, runtime_dir)
            log_file = StoreLog(data_dir / "store.log")
            settings = _write_settings(data_dir, place, fsync)
            with FileLock(data_dir / "store.lock") as store_lock:
                _wait_for_old_server(store_lock, place, data_dir)
                place.unlink(missing_ok=True)
                process = ServerProcess(program, settings, lock=store_lock, output=log_file.path)
            undo.callback(process.end)
            _wait_until_it_answers(process, place, log_file)
            undo.pop_all()
        return cls(process, lock=lock, place=place, log_file=log_file)

    def stop(self) -> None:
        """End the server and give the directory back. Harmless if done twice, or if the server has died."""
        self._process.end()
        with contextlib.suppress(OSError):
            self._place.unlink(missing_ok=True)
            if self._place.parent != self._log.path.parent:
                self._place.parent.rmdir()
        self._lock.close()

    def alive(self) -> bool:
        """Whether the server's process still runs."""
        return self._process.popen.poll() is None

    async def died(self) -> str:
        """Wait until the server is gone, and say what is known about it. To be cancelled before ``stop``."""
        loop, gone = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._process.lifeline, gone.set)
        try:
            await gone.wait()
        finally:
            loop.remove_reader(self._process.lifeline)
        # The lifeline breaks an instant before the process can be waited for.
        self._process.popen.wait(ANSWERS_WITHIN)
        return self._log.obituary(self._process.popen)

    async def fails(self) -> None:
        """Raises ``StoreUnavailable`` when the server is gone: without it the service is of no use, and is to end, so
        that its supervisor starts both again."""
        raise StoreUnavailable(await self.died())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


@contextlib.contextmanager
def _explained(data_dir: Path) -> Iterator[None]:
    """Say of an error of the operating system what it means here."""
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise ConfigurationError(
            f"The data directory {data_dir} cannot be used: {error.strerror or error}{where}. It must be a directory "
            "of the service's user, on a local disk with free space. Choose another with --data-dir, or name a "
            "running Redis with --redis."
        ) from error


def _prepared(data_dir: Path) -> Path:
    """The data directory as an absolute path, there, and closed to others."""
    data_dir = data_dir.absolute()
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if data_dir.stat().st_mode & 0o077:
        # A mounted volume may belong to somebody else; the files in it are closed to others anyway.
        with contextlib.suppress(PermissionError):
            data_dir.chmod(0o700)
    return data_dir


def _keep_out_others(lock: FileLock, data_dir: Path) -> None:
    """Take ``service.lock``, or refuse."""
    if not lock.take():
        raise ConfigurationError(
            f"Another Tocsin ({lock.holder()}) already uses the data directory {data_dir}. Stop it first, or give "
            "this one a directory of its own with --data-dir."
        )
    lock.sign(os.getpid())


def _wait_for_old_server(lock: FileLock, place: Path, data_dir: Path) -> None:
    """Take ``store.lock``: the server of a service that was killed is still writing its last."""

    def ask_it_to_end() -> None:
        """For machines where nothing ends a server along with its service."""
        speak(place, b"SHUTDOWN\r\n")

    if not lock.take_within(OLD_SERVER_ENDS_WITHIN, overdue=ask_it_to_end, overdue_after=1.0):
        raise ConfigurationError(
            f"The store of an earlier Tocsin ({lock.holder()}) still runs on the data directory {data_dir} and did "
            f"not end within {OLD_SERVER_ENDS_WITHIN:.0f} s. See {data_dir / 'store.log'}; end that process, then "
            "start again."
        )


def _write_settings(data_dir: Path, place: Path, fsync: Fsync) -> Path:
    """Write the server's settings, anew at each start."""
    settings = data_dir / "store.conf"
    lines = (
        "# Written by Tocsin at each start; changes are lost.",
        "port 0",
        f"unixsocket {_quoted(place)}",
        "unixsocketperm 700",
        f"dir {_quoted(data_dir)}",
        f"logfile {_quoted(data_dir / 'store.log')}",
        "daemonize no",
        "appendonly yes",
        f"appendfsync {fsync}",
        'save ""',
        # Its own binary format can be read by no older server; commands can be by any, and PATH may change.
        "aof-use-rdb-preamble no",
        "maxmemory-policy noeviction",
    )
    settings.write_text("\n".join(lines) + "\n", encoding="ascii")
    settings.chmod(0o600)
    return settings


def _quoted(path: Path) -> str:
    """A path as the settings file takes it, whatever bytes it has."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in os.fsencode(path)) + '"'


def _wait_until_it_answers(process: ServerProcess, place: Path, log_file: StoreLog) -> None:
    """Return once it answers. While it reads its data back it says so, and is given more time."""
    started = heard_at = time.monotonic()
    last = ""
    while (answer := speak(place, b"PING\r\n")) != "+PONG":
        now, last = time.monotonic(), answer or last
        if answer.startswith("-LOADING"):
            heard_at = now
        if now - heard_at > ANSWERS_WITHIN or now - started > LOADS_WITHIN:
            said = f" Its last answer was {last!r}." if last else ""
            raise ConfigurationError(
                f"The private store did not become ready in {now - started:.0f} s.{said} {log_file.tail()}"
            )
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.popen.wait(_LOOK_EVERY)
            raise ConfigurationError(f"The private store did not start. {log_file.obituary(process.popen)}")
