"""Who acts, by the token and the name that is given."""

from __future__ import annotations

import pytest

from tocsin._core.plan import Token
from tocsin._core.secret import Secret
from tocsin.view.who import Actor, actor_of

PEOPLE = ("zhang.wei", "li.na")
PERSON = Token(name="zhang.wei", may=frozenset({"read", "act"}), token=Secret("a"), is_person=True)
PROGRAM = Token(name="chatops", may=frozenset({"act"}), token=Secret("b"))


@pytest.mark.parametrize(
    ("token", "given", "expected"),
    [
        (None, "anybody", Actor("anybody")),
        (PERSON, None, Actor("zhang.wei", verified=True)),
        (PERSON, "zhang.wei", Actor("zhang.wei", verified=True)),
        (PROGRAM, "li.na", Actor("li.na", "chatops")),
    ],
)
def test_who_acts(token: Token | None, given: object, expected: Actor) -> None:
    """The person of the token, or the one for whom a program acts; the program is kept."""
    assert actor_of(given, token, PEOPLE) == expected


@pytest.mark.parametrize(
    ("token", "given", "fault"),
    [
        (None, None, "must name the person who acts"),
        (None, " ", "must name the person who acts"),
        (None, 7, "must name the person who acts"),
        (None, "a\nb", "must be one line"),
        (None, "System:rule", "must be a person"),
        (PERSON, "li.na", "must be zhang.wei, whose token this is, or left out"),
        (PERSON, "", "must name the person who acts"),
        (PROGRAM, None, "must name the person for whom chatops, whose token this is, acts"),
        (PROGRAM, "chatops", "must name one of the plan's people, for whom chatops acts"),
        (PROGRAM, "x" * 101, "must be one line of at most 100 characters"),
    ],
)
def test_who_does_not(token: Token | None, given: object, fault: str) -> None:
    """Each is told what the name must be."""
    assert actor_of(given, token, PEOPLE).fault.startswith(fault)


def test_without_people_a_token_is_its_name() -> None:
    """As there is nobody to name, a program acts in its own name."""
    assert actor_of(None, PROGRAM, ()) == Actor("chatops", verified=True)
    assert actor_of("li.na", PROGRAM, ()).fault == "must be chatops, whose token this is, or left out"
