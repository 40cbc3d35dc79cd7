"""The words of the answer page: whole in both languages."""

from __future__ import annotations

import re
from dataclasses import fields as fields_of
from string import Formatter
from typing import Any

import pytest

from tocsin._core.record import ChangeRecord
from tocsin.view.page.form import FIELDS, fields
from tocsin.view.page.show import languages

ENGLISH, CHINESE = languages()


@pytest.mark.parametrize("table", [field.name for field in fields_of(ENGLISH)])
def test_both_languages_say_the_same(table: str) -> None:
    """Each has every entry of the other, with the same places in it; none is left in the other's letters."""
    one, other = getattr(ENGLISH, table), getattr(CHINESE, table)
    if not isinstance(one, dict):
        return
    assert one.keys() == other.keys()
    for key in one:
        assert _places(one[key]) == _places(other[key]), key
    assert not re.search(r"[\u4e00-\u9fff]", " ".join(_texts(one, but="other_language")))


def test_every_button_and_field_has_its_words() -> None:
    """What the page offers has a name, an explanation and a word for that it is done; so has what can be missing."""
    assert ENGLISH.buttons.keys() == ENGLISH.explained.keys() == ENGLISH.done.keys() == FIELDS.keys()
    for action in FIELDS:
        assert {field.name for field in fields(action)} <= ENGLISH.fields.keys()
    bare = ChangeRecord(number=1, at=0, by="", what="", scope="large")
    assert set(bare.flags) == ENGLISH.missing.keys()


def _texts(table: dict[str, Any], *, but: str) -> list[str]:
    return [text for key, value in table.items() if key != but for text in _parts(value)]


def _parts(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _places(value: Any) -> list[str]:
    return sorted(name for text in _parts(value) for _, name, _, _ in Formatter().parse(text) if name)
