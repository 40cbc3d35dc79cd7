"""A payload as a whole: bytes become its alerts, the quick way or, if something is wrong in it, the careful way.

The quick way decodes straight into types (under a microsecond an alert) and fails as a whole at the first
thing that is wrong. The careful way reads plain JSON and judges alert by alert, so that a bad one spoils no
other; it also takes what is sound JSON but no sound UTF-8, such as half a surrogate pair.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, NoReturn, TypeVar

import msgspec

from tocsin._core.errors import Unreadable
from tocsin._core.model import Alert, Batch, Rejection
from tocsin.adapt.posted import Refused

Shape = TypeVar("Shape")
Item = TypeVar("Item")

MAX_ALERTS = 100_000
"""Alerts in one payload; more than fit a payload of the largest size if they look like real ones."""


def quick(decoder: msgspec.json.Decoder[Shape], body: bytes) -> Shape | None:
    """The payload by its types, or ``None`` if anything in it is not as it should be."""
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    except RecursionError:
        raise Unreadable("the JSON is nested too deeply") from None


def plain(body: bytes, *, parse_int: Callable[[str], int | float] = float) -> Any:
    """The payload as plain JSON values. Raises ``Unreadable`` if it is none.

    Integers become floats unless told otherwise: where none is needed exactly, a huge one must not fail it all.
    """
    if not body.strip():
        raise Unreadable("the body is empty; expected JSON")
    try:
        text = body.decode("utf-8-sig", "replace")
        return json.loads(text, parse_int=parse_int, parse_constant=_no_constant)
    except RecursionError:
        raise Unreadable("the JSON is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise Unreadable(f"the body is no JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except ValueError as error:
        raise Unreadable(f"the body is no JSON: {error}") from None


def gather(items: Iterable[Item], make: Callable[[Item], Alert], *, path: str) -> Batch:
    """Make an alert of each item of the list at ``path``; what is refused becomes a rejection."""
    alerts: list[Alert] = []
    rejected: list[Rejection] = []
    received = 0
    for item in items:
        try:
            alerts.append(make(item))
        except Refused as refused:
            rejected.append(Rejection(received, refused.reason, f"{path}[{received}]{refused.path}: {refused}"))
        received += 1
    return Batch(received, tuple(alerts), tuple(rejected))


def bounded(items: list[Item], *, path: str) -> list[Item]:
    """The list itself. Raises ``Unreadable`` if it is too long to be answered alert by alert."""
    if len(items) > MAX_ALERTS:
        raise Unreadable(f"{len(items)} alerts in one payload; at most {MAX_ALERTS} are taken", path=path)
    return items


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")
