"""Why an alert was decided as it was: the rules that were tried, and the reasons in words. Kept with its incident."""

from __future__ import annotations

import msgspec


class Tried(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One rule. Where it did not match, ``failed`` is the first matcher that did not hold, and ``saw`` the label's
    value; of ``match_any``, those of the string that came nearest. ``note`` says what a match led to."""

    rule: str
    place: str
    matched: bool
    failed: str = ""
    saw: str = ""
    note: str = ""


class Why(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The reasons for a decision. ``groups`` and ``channels`` are told when an incident opens by it; ``tried`` are the
    rules in order up to the deciding one, of which ``left_out`` more were not kept."""

    groups: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    tried: tuple[Tried, ...] = ()
    left_out: int = 0
    plan: str = ""
