"""A store that goes away: one server of the test's own, which is held up, killed and started again."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Self

from tocsin._store.server import PrivateServer


class OwnStore:
    """A server on a directory; its URL stays the same when it is started again."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._server = PrivateServer.start(directory, path="")
        self.url = self._server.url

    def hold(self) -> None:
        """It stands still: connections stay open and nothing answers."""
        os.kill(self._server.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """It goes on, with all that was sent to it meanwhile."""
        os.kill(self._server.pid, signal.SIGCONT)

    def kill(self) -> None:
        """``kill -9``; its socket is gone too, as after a reboot."""
        os.kill(self._server.pid, signal.SIGKILL)
        self._server.stop()

    def start(self) -> None:
        """Start it again on what it has on disk."""
        self._server = PrivateServer.start(self._directory, path="")
        assert self._server.url == self.url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._server.alive():
            self.go_on()
        self._server.stop()
