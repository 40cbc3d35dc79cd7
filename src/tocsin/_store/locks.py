"""Locks on files: who may use a data directory, and whether a server still does.

A lock is an ``flock``: it belongs to the open file and is free when the last process that holds that file
open is gone, however it went. So it cannot be left behind by a crash, and it can be handed to a child
process together with the file. The file itself stays; to delete it would let two processes hold a lock each.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

_LOOK_EVERY = 0.02
"""Seconds between two looks at a lock that another process holds."""


class FileLock:
    """A lock file, opened (and created where it is missing), not yet locked. Raises ``OSError``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)

    def take(self) -> bool:
        """Take the lock if it is free, and say so. Raises ``OSError`` where the file system has no locks."""
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def take_within(self, seconds: float, *, overdue: Callable[[], None], overdue_after: float) -> bool:
        """Wait for the lock, at most ``seconds``; ``overdue`` is called once, after ``overdue_after`` of them.

        ``flock`` can wait but knows no time limit, so this looks again and again. It blocks the thread in
        real time: it runs before there is an event loop, for a process that has already been told to end.
        """
        started, pause = time.monotonic(), threading.Event()
        called = False
        while not self.take():
            waited = time.monotonic() - started
            if waited >= seconds:
                return False
            if waited >= overdue_after and not called:
                called = True
                overdue()
            pause.wait(_LOOK_EVERY)
        return True

    def sign(self, pid: int) -> None:
        """Note the holder's process id in the file, for the message that another one gets."""
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, b"%d\n" % pid, 0)

    def holder(self) -> str:
        """The holder as a phrase: ``process 4711``, or ``another process`` where it is not known."""
        text = os.pread(self.descriptor, 32, 0).decode("ascii", "replace").strip()
        return f"process {text}" if text.isdigit() else "another process"

    def close(self) -> None:
        """Close the file: the lock is free, unless a child process was given the file. Harmless if done twice."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
