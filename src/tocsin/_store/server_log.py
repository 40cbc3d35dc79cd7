"""The private server's log file: kept small, and read back when the server ends unasked."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

LIMIT = 1 << 20
"""Bytes from which on a start puts the old log aside."""

_LINES = 12


class StoreLog:
    """The log of one run: what is below ``path`` from now on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.exists() and path.stat().st_size >= LIMIT:
            path.replace(path.with_suffix(".log.1"))
        self._start = path.stat().st_size if path.exists() else 0

    def tail(self) -> str:
        """The last lines of this run, with the file's name before them."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._start)
                text = file.read().decode("utf-8", "replace")
        except OSError as error:
            return f"Its log {self.path} cannot be read: {error.strerror}."
        return "\n  ".join((f"The end of its log {self.path}:", *text.splitlines()[-_LINES:]))

    def obituary(self, process: subprocess.Popen[bytes]) -> str:
        """How a process ended that is gone, and what it last said."""
        code = process.returncode
        how = signal.strsignal(-code) if code is not None and code < 0 else f"exit code {code}"
        return f"Its process {process.pid} ended ({how}). {self.tail()}"
