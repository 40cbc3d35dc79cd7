"""The words of the answer page: one ``Words`` for each language, all with the same keys.

``{places}`` are filled by ``show`` and ``answer``; what fills them is never read as a sentence, nor as markup.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """All that a language needs. ``say`` are headings, names of facts and sentences."""

    comma: str
    units: tuple[str, str, str, str]
    """Days, hours, minutes, and less than a minute."""
    say: Mapping[str, str]
    tiers: Mapping[str, str]
    states: Mapping[str, str]
    signals: Mapping[str, str]
    asks: Mapping[str, str]
    """What the group is asked for at present, by action."""
    buttons: Mapping[str, str]
    """By action."""
    explained: Mapping[str, str]
    """What a button does, by action."""
    done: Mapping[str, str]
    """That it was done, by action."""
    fields: Mapping[str, str]
    hints: Mapping[str, str]
    """What a field is for, where its name does not tell."""
    faults: Mapping[str, str]
    """What to do about a field that was not taken, by its name; ``""`` for the others."""
    entries: Mapping[str, str]
    """What an entry of the timeline is called; those that have no word here are not shown."""
    missing: Mapping[str, str]
    """What must not be missing from an emergency change."""
    refusals: Mapping[str, tuple[str, str]]
    """What a page says, as a heading and a sentence, that shows no incident."""
