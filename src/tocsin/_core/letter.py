"""What a person says of a dead letter, kept with it."""

from __future__ import annotations

import msgspec

from tocsin._core.times import Millis


class Dropping(msgspec.Struct, frozen=True, kw_only=True):
    """That a person gave up a dead letter, and why. ``via`` and ``verified`` are as an action's."""

    at: Millis
    by: str
    reason: str
    via: str
    verified: bool
