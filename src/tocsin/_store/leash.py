"""Become the private server, on a leash: when the service's main thread ends, the kernel ends the server.

Run as a script, before the server's own program takes this process over::

    python -I -S leash.py PARENT-PID LOCK-DESCRIPTOR PROGRAM ARGUMENT…

A script rather than ``preexec_fn``, which runs Python between fork and exec, where a lock that another
thread holds is held for ever (and which newer Pythons warn of). It must work alone: it imports nothing of
ours. Where the kernel knows no such leash (macOS), the next start ends a server that was left behind.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def _leash(parent: int) -> None:
    """Have the kernel send SIGTERM when the thread that started this process is gone."""
    if sys.platform != "linux":
        return
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
        sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
    if os.getppid() != parent:
        # The parent died before the leash was on: nobody is going to tell us.
        sys.exit("the service is gone already")


def main(arguments: list[str]) -> None:
    """Put the leash on, sign the lock with this process's id (exec keeps it), and become the program."""
    parent, lock, program = int(arguments[0]), int(arguments[1]), arguments[2]
    _leash(parent)
    os.ftruncate(lock, 0)
    os.pwrite(lock, b"%d\n" % os.getpid(), 0)
    os.execv(program, arguments[2:])


if __name__ == "__main__":
    main(sys.argv[1:])
