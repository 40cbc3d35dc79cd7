"""Who acts: by the token that a request bears, and the name in its body. Pure.

A person's token says it. A program's cannot, where the plan lists people: it names the person for whom it acts, and is
itself kept as the way they came by. Without a token any name will do.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from tocsin._core.plan import Token

LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, and ``via`` which program they act if not by themselves; ``fault`` is what is wrong with the name.
    ``verified`` says that the token is of that name."""

    by: str
    via: str = "api"
    fault: str = ""
    verified: bool = False


def actor_of(given: object, token: Token | None, people: Collection[str]) -> Actor:
    """Who acts. ``given`` is the ``by`` of the body, ``None`` where there is none; ``people`` are the plan's."""
    if token is None:
        return _named(given)
    if token.is_person or not people:
        actor = _named(token.name if given is None else given)
        if not actor.fault and actor.by != token.name:
            return Actor(actor.by, fault=f"must be {token.name}, whose token this is, or left out")
        return replace(actor, verified=not actor.fault)
    if given is None:
        return Actor("", fault=f"must name the person for whom {token.name}, whose token this is, acts")
    actor = _named(given)
    if not actor.fault and actor.by not in people:
        return Actor(actor.by, fault=f"must name one of the plan's people, for whom {token.name} acts")
    return Actor(actor.by, token.name, actor.fault)


def _named(by: object) -> Actor:
    """The person of this name, as far as it is one."""
    if not isinstance(by, str) or not by.strip():
        return Actor("", fault="must name the person who acts")
    if by != by.strip() or not by.isprintable() or len(by) > LONGEST_NAME:
        return Actor("", fault=f"must be one line of at most {LONGEST_NAME} characters, without blanks around it")
    if by.lower().startswith("system:"):
        return Actor("", fault="must be a person; names that begin with system: are Tocsin's own")
    return Actor(by)
