"""An incident that a person declares: what they know of it, and what the plan makes of that."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from tocsin._core.action import Findings, Line, Moment, Words
from tocsin._core.model import Classification, Tier
from tocsin._core.record import Impact

Title = Annotated[str, Meta(min_length=1, max_length=200)]


class Declaration(Findings, frozen=True, kw_only=True, rename={"class_": "class"}):
    """What somebody declares. Without a ``tier``, the importance of the service and the impact say it. ``title`` is
    in the person's own language, ``started_at`` is when it began, if that is known."""

    class_: Line
    title: Title
    subtype: Line | None = None
    tier: Tier | None = None
    impact: Impact = "narrow"
    service: Line | None = None
    environment: Line | None = None
    vendor: Line | None = None
    started_at: Moment | None = None
    description: Words | None = None
    drill: bool = False


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A declaration as it was asked for: what, by whom, for which group, and under which request's name; the same
    request again is the same incident. ``via`` and ``verified`` are as an action's."""

    declaration: Declaration
    by: str
    group: str
    request: str
    via: str = "api"
    verified: bool = False


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for, and how the plan grades it."""

    asked: Asked
    decision: Classification
