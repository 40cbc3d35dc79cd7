"""The rules one after the other, as a person would try them: for each, whether it matched or what first did not hold.

For explaining only; deciding uses the index, which tries none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from tocsin._core.matcher import Matcher, holds
from tocsin._core.plan import Rule
from tocsin._core.times import Millis
from tocsin._core.why import Tried


class _Attempt(NamedTuple):
    """A rule, how many of its matchers held, the first that did not (``None``: it matched), and what came of that."""

    rule: Rule
    held: int
    failed: Matcher | None
    note: str


def try_rules(
    rules: Iterable[Rule], value: Callable[[str], str], now: Millis, *, most: int | None = None
) -> tuple[tuple[Tried, ...], int]:
    """Each rule in order, up to the one that decides; ``value`` gives a label's or a word's value.

    With ``most``, all that matched and of the others those that came nearest to it, in their order; answers also
    how many were left out.
    """
    seen: dict[str, str] = {}

    def known(name: str) -> str:
        found = seen.get(name)
        if found is None:
            found = seen[name] = value(name)
        return found

    attempts = _attempts(rules, known, now)
    kept = attempts if most is None else _nearest(attempts, most)
    return tuple(_told(attempt, known) for attempt in kept), len(attempts) - len(kept)


def _attempts(rules: Iterable[Rule], value: Callable[[str], str], now: Millis) -> list[_Attempt]:
    attempts = []
    for rule in rules:
        held, failed = _failed(rule, value)
        if failed is not None:
            attempts.append(_Attempt(rule, held, failed, ""))
            continue
        ended = rule.drop is not None and rule.until is not None and now >= rule.until
        note = "its drop has ended" if ended else "drops" if rule.drop is not None else ""
        attempts.append(_Attempt(rule, held, None, note or ("goes on" if rule.continue_ else "decides")))
        if not ended and not rule.continue_:
            break
    return attempts


def _nearest(attempts: Sequence[_Attempt], most: int) -> list[_Attempt]:
    misses = [place for place, attempt in enumerate(attempts) if attempt.failed is not None]
    room = max(0, most - (len(attempts) - len(misses)))
    nearest = set(sorted(misses, key=lambda place: (attempts[place].held, place), reverse=True)[:room])
    return [attempt for place, attempt in enumerate(attempts) if attempt.failed is None or place in nearest]


def _told(attempt: _Attempt, value: Callable[[str], str]) -> Tried:
    rule, _, failed, note = attempt
    if failed is None:
        return Tried(rule=rule.name, place=rule.place, matched=True, note=note)
    return Tried(rule=rule.name, place=rule.place, matched=False, failed=str(failed), saw=value(failed.name)[:200])


def _failed(rule: Rule, value: Callable[[str], str]) -> tuple[int, Matcher | None]:
    """How many matchers held, and the first that does not; ``None`` if the rule matches."""
    held, failed = _first(rule.match, value)
    if failed is not None or not rule.match_any:
        return held, failed
    nearest, at = rule.match_any[0][0], -1
    for alternative in rule.match_any:
        place, failed = _first(alternative, value)
        if failed is None:
            return held + place, None
        if place > at:
            nearest, at = failed, place
    return held + at, nearest


def _first(matchers: Sequence[Matcher], value: Callable[[str], str]) -> tuple[int, Matcher | None]:
    for place, matcher in enumerate(matchers):
        given = value(matcher.name)
        if (matcher.value != given) if matcher.operator == "=" else not holds(matcher, given):
            return place, matcher
    return len(matchers), None
