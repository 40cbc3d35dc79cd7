"""The ``match`` of channels and groups: which notices they carry. The names it may speak of are few, and so are the
values of most.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated, get_args

from pydantic import PlainValidator
from pydantic_core import PydanticCustomError

from tocsin._core.about import NAMES
from tocsin._core.events import Event
from tocsin._core.incident import State
from tocsin._core.matcher import Matcher, holds
from tocsin._core.model import Tier
from tocsin._core.plan import GROUPS, VENDOR
from tocsin._core.record import Impact
from tocsin._plan import shapes
from tocsin._plan.fields import matchers_of
from tocsin._plan.guess import did_you_mean
from tocsin._plan.implied import words_of


def _notice_matchers(value: object) -> tuple[Matcher, ...]:
    matchers = matchers_of(value)
    for matcher in matchers:
        if matcher.name not in NAMES:
            found = re.search(rf'{re.escape(matcher.name)}"?\s*[=!]', str(value))
            close = get_close_matches(matcher.name[:100], NAMES, n=1, cutoff=0.7)
            meant = f"did you mean `{close[0]}`?" if close else f"there are {', '.join(NAMES)}"
            said = f"a notice has no `{matcher.name}`; {meant}"
            context = {"said": said, "offset": found.start() if found else 0, "width": len(matcher.name)}
            raise PydanticCustomError("matcher", "{said}", context)
    return matchers


NoticeMatchers = Annotated[tuple[Matcher, ...], PlainValidator(_notice_matchers), shapes.NOTICE_MATCHERS]
"""Matchers over what a notice is about."""


def values(classes: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """All values that there are, of what has few."""
    return {
        "class": tuple(classes),
        "tier": tuple(tier.value for tier in Tier),
        "event": get_args(Event),
        "impact": get_args(Impact),
        "state": get_args(State),
        "drill": ("true", "false"),
        "group": (*GROUPS, VENDOR),
    }


def never(match: Iterable[tuple[Matcher, ...]], known: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[int, str]]:
    """Strings of matchers that hold for no notice, by their index, each with what is wrong with it."""
    for index, string in enumerate(match):
        for matcher in string:
            possible = known.get(matcher.name)
            if possible is None or any(holds(matcher, value) for value in possible):
                continue
            written = (words_of(matcher) or ("",))[0]
            yield index, f"no `{matcher.name}` of a notice fits `{matcher}`{did_you_mean(written, possible)}"
            break
