"""What a request that acts gives: a JSON object, and the way by which its person came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from aiohttp import web

from tocsin._core.errors import Unreadable


def object_of(body: bytes, example: str) -> Mapping[str, Any]:
    """The object that a body is. Raises ``Unreadable``, which shows an example, for anything else."""
    try:
        given = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Unreadable("the body is no JSON") from None
    if not isinstance(given, dict):
        raise Unreadable(f"the body must be an object, as in {example}")
    return given


def way_of(request: web.Request, via: str) -> str:
    """The way that a person came by; the command line comes over the API too, and says that it does."""
    is_command_line = request.headers.get("User-Agent", "").startswith("Tocsin/")
    return "cli" if via == "api" and is_command_line else via
