"""What the files of the tools have in common: a request, what was heard in it, and what a tool is."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from tocsin._core.action import ACTS, Act
from tocsin._core.plan import Channel
from tocsin._core.press import Press, proof
from tocsin._core.times import MINUTE, SECOND, Millis

WINDOW: Millis = 5 * MINUTE
"""How far the time of a signature may be from ours."""

Answer = Mapping[str, Any]


class Unproved(Exception):
    """A request that does not prove to come from the channel's tool."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request: its headers, its body as it was sent, the channel that it is for, and when it came."""

    headers: Mapping[str, str]
    body: bytes
    channel: Channel
    now: Millis

    def secret(self, name: str) -> str:
        """A setting of the channel that proves something; ``""`` where it is not set."""
        return proof(self.channel, name)

    def is_now(self, seconds: str) -> bool:
        """Whether a signature of this time, in seconds since 1970, is of now."""
        if not (seconds.isascii() and seconds.isdecimal() and len(seconds) < 12):
            return False
        return abs(self.now - int(seconds) * SECOND) <= WINDOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What somebody did at the tool.

    ``event`` is what this callback is called there, the same whenever it is sent again. ``accounts`` are the person's
    names and numbers at the tool, the surest first; none where no person did it. ``acts`` are tried in turn, until the
    incident takes one. What it is about is said by ``press``, the button that was pressed, by ``incident``, or by
    ``topic``, the tool's own name for the incident.
    """

    event: str
    accounts: tuple[str, ...] = ()
    acts: tuple[Act, ...] = ()
    press: Press | None = None
    incident: str = ""
    topic: str = ""
    answer: Callable[[str], Answer] = lambda _: {}
    """What the tool is answered, given words for the person; none where there is nothing to say."""
    reply_to: str = ""
    """Where that is posted afterwards, where the tool takes nothing in the answer itself."""


Hear = Callable[[Call], Heard | Answer]
"""Reads what a tool sends back; what asks for nothing to be done is answered at once. Raises ``Unproved``."""


def same(given: str, wanted: str) -> bool:
    """Whether two texts are equal, in a time that says nothing of where they differ. An empty one equals nothing."""
    return bool(wanted) and hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode("utf-8", "replace"))


def json_of(body: bytes | str) -> Mapping[str, Any]:
    """A JSON object; an empty one for what is none."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def inside(value: object, *names: str) -> Mapping[str, Any]:
    """The object at a path of names; an empty one where there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def text(value: object) -> str:
    """A text or a number as text; ``""`` for anything else."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def act_of(press: Press) -> tuple[Act, ...]:
    """What a button does."""
    return (ACTS[press.action](),)
