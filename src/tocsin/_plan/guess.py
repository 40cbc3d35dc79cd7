"""Which known word somebody may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The part of a message that names the likeliest of the known words, and all of them if they are few."""
    choices = list(known)
    close = difflib.get_close_matches(word[:100], choices, n=1, cutoff=0.6)
    if close:
        return f"; did you mean `{close[0]}`?"
    if not choices:
        return ""
    shown = ", ".join(choices[:20]) + (", …" if len(choices) > 20 else "")
    return f"; write one of {shown}"
