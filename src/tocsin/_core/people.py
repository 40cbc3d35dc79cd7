"""The plan's people and the teams of its services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from zoneinfo import ZoneInfo

from tocsin._core.model import Text
from tocsin._core.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who may act, and for which groups. ``accounts`` are what they are called at the tools of channels, by type of
    channel; by them, ``mobile`` or ``email`` a channel mentions them. ``token`` proves who they are."""

    name: str
    title: Text
    groups: tuple[str, ...]
    mobile: Secret | None = None
    token: Secret | None = None
    email: str = ""
    accounts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Those of a group who look after some services: their channels are told of these in place of the group's."""

    name: str
    group: str
    title: Text
    channels: tuple[str, ...]
    language: Literal["en", "zh"] | None = None
    timezone: ZoneInfo | None = None
