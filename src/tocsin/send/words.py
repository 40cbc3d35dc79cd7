"""The words that values are put in, one ``Words`` per language; ``templates/`` has the sentences.

A ``{place}`` is filled from values; what fills it is never read as a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """All that a language needs beside its templates."""

    titled: str
    """``{marks} {title}``: tier, class and title."""
    bracket: str
    comma: str
    more: str
    """``{listed} {count}``: of a long list."""
    drill: str
    digest: str
    """``{count} {incidents}``: what a message says that is for several notices."""
    units: tuple[str, str, str, str]
    """Days, hours, minutes, and less than a minute."""
    within: str
    """``{text} {within}``: something, and where, or who."""
    tiers: Mapping[str, str]
    states: Mapping[str, str]
    signals: Mapping[str, str]
    impacts: Mapping[str, str]
    groups: Mapping[str, str]
    missing: Mapping[str, str]
    """What a change must have, by the name of its field."""
    actions: Mapping[str, str]
    """What a person wanted to do, by the name of the action."""
    links: Mapping[str, str]
    asks: Mapping[str, str]
    test: str
    """``{channel}``: the subject of a message that tests it."""
    test_says: str
    channel_down: str
    """``{channel}``: the subject of a message that it fails; so the next."""
    channel_down_says: str
    channel_up: str
    """What it says."""
