"""Services by the dozen: a process that has imported Tocsin, and forks a real ``tocsin serve`` whenever asked to.

A service started so is as real as any other, a process of its own that is killed for real; it only skips the
half second of imports, which a test with a hundred kills cannot afford. Run as a script it is the nursery.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self


class Nursery:
    """The process, seen from the test."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )

    def spawn(self, args: Sequence[str], log: Path) -> int:
        """Fork one that runs ``tocsin`` with these arguments, and logs to this file; answers its process id."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(log), *args]) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def main() -> None:
    """Fork one service for each line of standard input; the kernel buries them."""
    from tocsin import app, cli

    assert app.run is not None  # imported before the first fork, which is the whole point
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in iter(sys.stdin.readline, ""):
        log, *args = json.loads(line)
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            nothing = os.open(os.devnull, os.O_RDONLY)
            for number, file in enumerate((nothing, out, out)):
                os.dup2(file, number)
            cli.main(args, prog_name="tocsin")
        print(pid, flush=True)


if __name__ == "__main__":
    main()
