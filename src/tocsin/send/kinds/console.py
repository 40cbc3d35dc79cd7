"""Channel kind ``console``: notices for people at a terminal, or in the log of a container.

Prints ``event group INC-… subject`` and the text indented below it, so that no untrusted text can
look like a notice of its own. Coloured by tier on a terminal, plain elsewhere. It has no settings.

A terminal may stop taking output (Ctrl-S, a full pipe). So a thread writes, one notice at a time and whole; it
is a daemon thread, so that a stopped terminal does not hold up the end of the process.
"""

from __future__ import annotations

import asyncio
import errno
import threading
from concurrent.futures import Future
from typing import TextIO

from tocsin._core.clean import lines, one_line
from tocsin._core.errors import SendRefused, TrySendAgain
from tocsin._core.message import Message

_COLOURS = {"high": "\x1b[1;31m", "medium": "\x1b[33m", "low": "\x1b[36m"}
_PLAIN = "\x1b[0m"
_INDENT = "    "
_GONE = frozenset({errno.EPIPE, errno.EBADF, errno.EIO})

Written = Future[Exception | None]


class Console:
    """A ``console`` channel. The stream is shared and not closed here. ``plain`` forbids colour."""

    def __init__(self, stream: TextIO, *, timeout: float = 10.0, plain: bool = False) -> None:
        self._stream = stream
        self._timeout = timeout
        self._plain = plain
        self._turn = asyncio.Lock()
        self._late: tuple[str, Written] | None = None

    async def send(self, message: Message) -> str:
        """Write the notice whole. Raises ``TrySendAgain`` where the stream takes nothing, ``SendRefused`` where
        it is gone.
        """
        async with self._turn:
            written = self._late_or_new(message)
            self._late = (message.id, written)
            future = asyncio.wrap_future(written)
            await asyncio.wait([future], timeout=self._timeout)
            if not future.done():
                raise TrySendAgain(f"the terminal has taken no output for {self._timeout:g} s")
            self._late = None
            _judge(future.result())
        return ""

    async def check(self) -> bool:
        """A terminal cannot be asked."""
        return False

    async def close(self) -> None:
        """The stream belongs to the process."""

    def _late_or_new(self, message: Message) -> Written:
        """The write of an earlier try that was still going on, so that a try again prints nothing twice."""
        if self._late is not None and self._late[0] == message.id:
            return self._late[1]
        if self._late is not None and not self._late[1].done():
            raise TrySendAgain("the terminal has not taken an earlier notice yet")
        written: Written = Future()
        written.set_running_or_notify_cancel()
        text = self._encodable(notice(message, colour=self._is_coloured()))
        threading.Thread(target=self._write, args=(text, written), name="console", daemon=True).start()
        return written

    def _write(self, text: str, written: Written) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError) as error:  # ValueError: the stream was closed
            written.set_result(error)
        else:
            written.set_result(None)

    def _is_coloured(self) -> bool:
        return not self._plain and not self._stream.closed and self._stream.isatty()

    def _encodable(self, text: str) -> str:
        """The text with what the stream's encoding lacks written as ``\\uXXXX``."""
        encoding = self._stream.encoding or "utf-8"
        return text.encode(encoding, "backslashreplace").decode(encoding)


def notice(message: Message, *, colour: bool) -> str:
    """What is printed for one message: with an empty line after it, so that notices stand apart."""
    groups = ",".join(message.body.get("groups") or (message.group,))
    head = one_line(f"{message.event} {groups} {message.incident} {message.subject}", 400)
    start = _COLOURS.get(message.body.get("incident", {}).get("tier", ""), "") if colour else ""
    text = "".join(f"{_INDENT}{line}".rstrip() + "\n" for line in lines(_without_subject(message)))
    return f"{start}{head}{_PLAIN if start else ''}\n{text}\n"


def _without_subject(message: Message) -> str:
    """The text, without the title with which its first line begins where the subject just above says it too."""
    titled, bar, rest = message.text.partition(" | ")
    return rest if bar and message.subject.startswith(titled) else message.text


def _judge(error: Exception | None) -> None:
    if error is None:
        return
    if isinstance(error, OSError) and error.errno not in _GONE:
        raise TrySendAgain(f"the terminal did not take it: {error.strerror or type(error).__name__}")
    raise SendRefused("the terminal, or the program that read this output, is gone")
