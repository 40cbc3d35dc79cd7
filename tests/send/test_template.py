"""What a template may do: little, and nothing that costs. What is refused is refused with its place."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.send.sandbox import LARGEST, Lenient, Sandbox, TemplateFailed
from tocsin.send.template import LONGEST, Kind, TemplateFault, compile_template

KINDS = {
    "word": Kind("text"),
    "count": Kind("number"),
    "words": Kind("list"),
    "items": Kind("list", ("name", "labels")),
    "said": Kind("mapping", ("by", "note")),
}
VALUES: dict[str, Any] = {
    "word": "payments",
    "count": 3,
    "words": ("a", "b"),
    "items": [{"name": "first", "labels": Lenient(zone="x")}, {"name": "second", "labels": Lenient()}],
    "said": Lenient(by="li.na"),
}
SANDBOX = Sandbox(", ".join)


def made(text: str, **values: Any) -> str:
    """What a template makes of the values."""
    return "\n".join(compile_template(text, SANDBOX, known=KINDS).lines({**VALUES, **values}))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ word }} {{ count }}", "payments 3"),
        ("{% if count > 2 and not said.note %}\nmany\n{% endif %}", "many"),
        ("{% for item in items %}\n{{ loop.index }} {{ item.name }} {{ item.labels.zone }}\n{% endfor %}",
         "1 first x\n2 second"),
        ("{{ words|join('+') }} {{ words|length }} {{ word|upper|truncate(5, true, '..', 0) }}", "a+b 2 PAY.."),
        ("{{ {'who': said.by, 'why': said.note, 'where': ''}|lacking }}", "why, where"),
        ("{{ 'x' if said.note }}{{ word[:3] }} {{ items[0].name }} {{ said['by'] }}", "pay first li.na"),
        ("{{ said.note or 'nobody' }} {{ said.note|default('-', true) }}", "nobody -"),
    ],
)  # fmt: skip
def test_what_a_template_is_for(text: str, expected: str) -> None:
    """Values, conditions, one loop over a list, and a few filters."""
    assert made(text) == expected


def test_a_line_without_values_is_left_out() -> None:
    """If all values on it are empty; a line without any stays, and empty lines come one at a time."""
    text = "Note: {{ said.note }}\nBy: {{ said.by }}, {{ said.note }}\n\n{{ said.note }}\n\nEnd\n\n"
    assert made(text) == "By: li.na,\n\nEnd"
    assert made("Note: {{ word }}", word=()) == made("{{ word }}", word=None) == ""


@pytest.mark.parametrize(
    ("text", "said", "place"),
    [
        ("{{ 'a' * 10 ** 9 }}", "does not calculate", (1, 8, 1)),
        ("\n  {{ word % word }}", "does not calculate", (2, 11, 1)),
        ("{{ word.upper() }}", "calls nothing", (1, 9, 5)),
        ("{{ range(9) }}", "calls nothing", (1, 4, 5)),
        ("{% set word = 1 %}", "takes no `set`", (1, 4, 3)),
        ("{% include 'x' %}", "has no place for `include`", (1, 4, 7)),
        ("{% macro m() %}{% endmacro %}", "has no place for `macro`", (1, 4, 5)),
        ("{% for a in words %}{% for b in words %}{% endfor %}{% endfor %}", "a loop within a loop", (1, 4, 3)),
        ("{% for a in word %}{% endfor %}", "a loop goes over one of: items, words", (1, 10, 2)),
        ("{% for a, b in items %}{% endfor %}", "one variable", (1, 4, 3)),
        ("{{ wrd }}", "there is no variable `wrd`; did you mean `word`?", (1, 4, 3)),
        ("{{ said.bye }}", "there is no field of `said` `bye`; did you mean `by`?", (1, 9, 3)),
        ("{{ word.__class__ }}", "`word` is a text, and has no `__class__`", (1, 9, 9)),
        ("{{ items[0].nme }}", "there is no field of it `nme`; did you mean `name`?", (1, 13, 3)),
        ("{{ count[0].name }}", "it is a text, and has no `name`", (1, 13, 4)),
        ("{{ word|attr('x') }}", "there is no filter `attr`", (1, 9, 4)),
        ("{% if word is mapping %}{% endif %}", "there is no test `mapping`", (1, 15, 7)),
        ("{% if word %}", "is no template: `if` is never closed; write {% endif %}", (1, 4, 2)),
        ("x\n{{ word", "is no template: unexpected end of template", (2, 1, 7)),
        ("{% wenn word %}", "is no template: encountered unknown tag 'wenn'", (1, 4, 4)),
        ("{{ " + "(" * 5000 + " }}", "nested too deeply", (1, 1, 1)),
        ("{{ word" + ".x" * 200 + " }}", "has no `x`", (1, 9, 1)),
        ("x" * (LONGEST + 1), "longer than 16 KiB", (1, 1, 1)),
    ],
)
def test_what_has_no_place_is_refused_with_its_place(text: str, said: str, place: tuple[int, int, int]) -> None:
    """Line, column and width of the words that are meant, and what to write instead."""
    with pytest.raises(TemplateFault) as caught:
        made(text)
    assert said in str(caught.value)
    assert (caught.value.line, caught.value.column, caught.value.width) == place


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("{% for w in words %}{{ word }}{% endfor %}", {"word": "x" * 4096, "words": ("a",) * 20}),
        ("{{ word|replace('x', word) }}", {"word": "x" * 4096}),
        ("{{ words|join(word) }}", {"word": "x" * 4096, "words": ("a",) * 20}),
        ("{{ word|join(word) }}", {}),
        ("{{ word + 1 }}", {}),
        ("{{ word|truncate(1) }}", {}),
        ("{{ word[::0] }}", {}),
        ("{{ word|lacking }}", {}),
        ("{{ items[7].name }}", {}),
        ("{{ count[0] }}", {}),
    ],
)
def test_what_becomes_too_large_or_makes_no_sense_fails(text: str, values: dict[str, Any]) -> None:
    """It fails as such, at once; nothing of it goes out."""
    with pytest.raises(TemplateFailed):
        made(text, **values)


@settings(deadline=None)
@given(st.text(st.sampled_from("{}%#-|.()[]'\"~+*<=> \n aword1ifforinendsaid"), max_size=80))
def test_any_text_is_a_template_or_a_fault(text: str) -> None:
    """Nothing else is raised, and what is made is bounded."""
    try:
        lines = made(text)
    except (TemplateFault, TemplateFailed):
        return
    assert len(lines) <= LARGEST
