"""The rules one after the other, as a person would try them: for each, whether it matched or what first did not hold.

For explaining only; deciding uses the index, which tries none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from tocsin._core.matcher import Matcher
from tocsin._core.plan import Rule
from tocsin._core.times import Millis
from tocsin._plan.implied import holds


class Tried(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One rule. Where it did not match, ``failed`` is the first matcher that did not hold and ``saw`` the label's
    value; of ``match_any``, those of the string that came nearest. ``note`` says what a match led to."""

    rule: str
    place: str
    matched: bool
    failed: str = ""
    saw: str = ""
    note: str = ""


def try_rules(rules: Iterable[Rule], value: Callable[[str], str], now: Millis) -> Iterator[Tried]:
    """Each rule in order, up to the one that decides; ``value`` gives a label's or a word's value."""
    for rule in rules:
        failed = _failed(rule, value)
        if failed is not None:
            yield Tried(
                rule=rule.name, place=rule.place, matched=False, failed=str(failed), saw=value(failed.name)[:200]
            )
            continue
        ended = rule.drop is not None and rule.until is not None and now >= rule.until
        note = "its drop has ended" if ended else "drops" if rule.drop is not None else ""
        yield Tried(
            rule=rule.name,
            place=rule.place,
            matched=True,
            note=note or ("goes on" if rule.continue_ else "decides"),
        )
        if not ended and not rule.continue_:
            return


def _failed(rule: Rule, value: Callable[[str], str]) -> Matcher | None:
    """The first matcher that does not hold; ``None`` if the rule matches."""
    place, failed = _first(rule.match, value)
    if failed is not None or not rule.match_any:
        return failed
    nearest, at = rule.match_any[0][0], -1
    for alternative in rule.match_any:
        place, failed = _first(alternative, value)
        if failed is None:
            return None
        if place > at:
            nearest, at = failed, place
    return nearest


def _first(matchers: Sequence[Matcher], value: Callable[[str], str]) -> tuple[int, Matcher | None]:
    for place, matcher in enumerate(matchers):
        if not holds(matcher, value(matcher.name)):
            return place, matcher
    return len(matchers), None
