"""The words that notices are put in: one ``Words`` per language, all with the same keys.

A sentence's ``{places}`` are filled from ``Facts`` by ``text``; what fills them is never read as a sentence.
Keys of ``happened`` and ``marks`` are an event, or an event and its reason (``cleared.not_seen``); those of ``next``
are a group and an event, or a group and ``active`` for the events while something fires.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """All that a language needs."""

    titled: str
    """``{marks} {title}``: tier, class and title."""
    head: str
    """``{titled} {id} {revision} {state} {rto}``, the same for every group."""
    bracket: str
    colon: str
    comma: str
    more: str
    gap: str
    """Between sentences."""
    drill: str
    marked: str
    """``{titled} {mark}``: a subject whose event is not the opening."""
    rto_left: str
    rto_over: str
    rto_done: str
    units: tuple[str, str, str, str]
    """Days, hours, minutes, and less than a minute."""
    tiers: Mapping[str, str]
    states: Mapping[str, str]
    signals: Mapping[str, str]
    impacts: Mapping[str, str]
    groups: Mapping[str, str]
    fields: Mapping[str, str]
    """How a fact is called, by the name of a field."""
    unknown: str
    questions: Mapping[str, tuple[str, ...]]
    """What nobody has said yet while something fires, by group."""
    marks: Mapping[str, str]
    happened: Mapping[str, str]
    raised: Mapping[str, str]
    """Further sentences of ``tier_raised``, by reason, and ``class`` where the class changed with it."""
    next: Mapping[tuple[str, str], str]
    asks: Mapping[str, str]
    request: str
    """``{wishes}``, joined."""
    confirm_elsewhere: str
    """Of a clearing, to those who are not asked to confirm."""
    fallback: str
    not_shown: str
