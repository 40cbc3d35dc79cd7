"""The private server as a process: started on its leash, in a session of its own, and ended."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

from tocsin._store import leash
from tocsin._store.locks import FileLock

log = logging.getLogger(__name__)

STOPS_WITHIN = 10.0
"""Seconds from SIGTERM to SIGKILL."""


class ServerProcess:
    """The server's process. ``lifeline`` is a pipe of which it holds the other end: at its end, so is the server."""

    def __init__(self, program: Path, settings: Path, *, lock: FileLock, output: Path) -> None:
        self.lifeline, held = os.pipe()
        command = [sys.executable, "-I", "-S", leash.__file__, str(os.getpid()), str(lock.descriptor)]
        try:
            with settings.open("rb") as given, output.open("ab") as log_file:
                self.popen = subprocess.Popen(
                    [*command, program, "-"],
                    # Not as an argument: a path in which it sees a wildcard it would expand, find nothing, and
                    # then run on defaults: a network port, and its data elsewhere.
                    stdin=given,
                    stdout=log_file,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    pass_fds=(lock.descriptor, held),
                    umask=0o077,
                )
        except OSError:
            os.close(self.lifeline)
            raise
        finally:
            os.close(held)

    def end(self) -> None:
        """Ask it to end, wait, then make it; harmless if it is gone."""
        self.popen.terminate()
        try:
            self.popen.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            log.warning("the private store did not end in time and is killed", extra={"pid": self.popen.pid})
            self.popen.kill()
            self.popen.wait()
        if self.lifeline >= 0:
            os.close(self.lifeline)
            self.lifeline = -1
