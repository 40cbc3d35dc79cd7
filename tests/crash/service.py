"""A real ``tocsin serve``, as a test sees it: started, asked, killed."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Protocol

from tests.crash.nursery import Nursery
from tests.support.wait import wait_for


class Serve(Protocol):
    """Starts a service with these flags, and waits until it listens; ``fresh``: in an interpreter of its own."""

    async def __call__(self, *flags: str, fresh: bool = False) -> Service:
        """Start it."""
        ...


class Service:
    """One process. ``url`` is where it listens, ``holder`` what its tokens in the store begin with.

    It is known by a descriptor rather than by its id, which may be another's once it is dead.
    """

    def __init__(self, pid: int, log: Path, popen: subprocess.Popen[bytes] | None) -> None:
        self.url = ""
        self.holder = ""
        self.log = log
        self._popen = popen
        self._descriptor = os.pidfd_open(pid)
        self.pid = pid

    @classmethod
    def spawn(cls, *flags: str, rules: Path, log: Path, nursery: Nursery | None = None) -> Service:
        """Start one on a free port; without a nursery it is a fresh interpreter."""
        args = ["serve", "--rules", str(rules), "--listen", "127.0.0.1:0", "--log-format", "json", *flags]
        if nursery is not None:
            return cls(nursery.spawn(args, log), log, None)
        with log.open("ab") as out:
            popen = subprocess.Popen(
                [sys.executable, "-m", "tocsin", *args], stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
        return cls(popen.pid, log, popen)

    async def ready(self) -> Service:
        """Wait until it listens."""
        await wait_for(self._listens, self.said)
        return self

    def _listens(self) -> bool:
        for line in self.said().rpartition("\n")[0].splitlines():
            entry: dict[str, Any] = json.loads(line) if line.startswith("{") else {}
            if entry.get("message") == "listening":
                self.url, self.holder = entry["url"], entry["holder"]
        assert self.url or not self.dead, f"it ended: {self.said()}"
        return bool(self.url)

    def said(self) -> str:
        """What it logged."""
        return self.log.read_text() if self.log.exists() else ""

    @property
    def dead(self) -> bool:
        """Whether it is gone."""
        return bool(select.select([self._descriptor], [], [], 0)[0])

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if it is still there."""
        try:
            signal.pidfd_send_signal(self._descriptor, number)
        except ProcessLookupError:
            return

    def kill(self) -> None:
        """``kill -9``."""
        self.signal(signal.SIGKILL)

    async def gone(self, *, within: float = 10.0) -> int | None:
        """Wait until it is gone; its exit code, where that is known."""
        await wait_for(lambda: self.dead, self.said, within=within)
        return self._popen.wait() if self._popen else None

    async def end(self) -> None:
        """Kill it if need be, and forget it."""
        if self._descriptor >= 0:
            self.kill()
            await self.gone()
            os.close(self._descriptor)
            self._descriptor = -1
