"""A process that owns a private store, to be killed in tests; and a look at which servers live.

Run as a script it is that process: it starts the store, says where, and waits.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Self

from tocsin._store.server import PrivateServer


class Owner:
    """The process, seen from the test. It leads a process group of its own, as one started in a terminal does."""

    def __init__(self, data_dir: Path, path: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__, str(data_dir), path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.url = ""
        self.server = 0

    def ready(self, meanwhile: Callable[[], None] = lambda: None) -> Self:
        """Wait until its store answers, calling ``meanwhile`` all the time."""
        assert self.process.stdout is not None
        while not select.select([self.process.stdout], [], [], 0.001)[0]:
            meanwhile()
        said = json.loads(self.process.stdout.readline())
        self.url, self.server = said["url"], said["pid"]
        return self

    def says(self) -> str:
        """The next line it prints."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        """``kill -9``, without a wait for anything."""
        self.process.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.process.communicate()


def servers_on(data_dir: Path) -> list[int]:
    """The process ids of the servers that work in a directory; only Linux can tell."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "cwd").readlink() == data_dir:
                    found.append(int(entry.name))
            except OSError:
                continue  # gone meanwhile, or another user's
    return found


def wait_gone(pid: int) -> None:
    """Wait until a process that is no child of ours is gone."""
    descriptor = os.pidfd_open(pid)
    try:
        assert select.select([descriptor], [], [], 10)[0], f"process {pid} did not end"
    finally:
        os.close(descriptor)


def main(data_dir: str, path: str) -> None:
    """Start the store and wait: an interrupt is answered with whether the store lives, the end of input stops it."""
    with PrivateServer.start(Path(data_dir), path=path) as server:
        signal.signal(signal.SIGINT, lambda *_: print("alive" if server.alive() else "dead", flush=True))
        print(json.dumps({"url": server.url, "pid": server.pid}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
