"""The words of a report: one ``Words`` for each language, all with the same keys.

``{places}`` are filled with what is escaped already, and what fills them is never read as a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """All that a language needs. ``say`` are headings, the names of columns and facts, and sentences."""

    comma: str
    colon: str
    units: tuple[str, str, str, str]
    """Days, hours, minutes, seconds."""
    say: Mapping[str, str]
    tiers: Mapping[str, str]
    states: Mapping[str, str]
    outcomes: Mapping[str, str]
    impacts: Mapping[str, str]
    importances: Mapping[str, str]
    events: Mapping[str, str]
    actions: Mapping[str, str]
    """What an entry of the timeline calls it; an action that has no word here is shown by its name."""
    fields: Mapping[str, str]
    """How a field of an entry, or a fact of the record, is called."""
    values: Mapping[str, str]
    """What single closed words in the record mean."""
