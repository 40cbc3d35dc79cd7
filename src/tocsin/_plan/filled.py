"""Titles and links of rules, with ``{label}`` in them: read into patterns, and refused where one cannot be safe."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, PlainValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from tocsin._core.pattern import Pattern, PatternError, TextPattern
from tocsin._plan import shapes
from tocsin._plan.fields import AddressName, check_url, text_of, title_of

OWN_LINKS = frozenset({"incident", "respond"})
"""Links of notices that Tocsin makes itself."""

_HOST = re.compile(r"https?://[^/?#]+[/?#]", re.IGNORECASE)


def _parse(text: str, *within: str) -> Pattern:
    try:
        return Pattern.parse(text)
    except PatternError as error:
        context = {"said": str(error), "offset": error.offset, "width": error.width, "text": text, "within": within}
        raise PydanticCustomError("pattern", "{said}", context) from None


def _title_pattern(value: object, info: ValidationInfo) -> TextPattern:
    text = title_of(value, info)
    named = value if isinstance(value, dict) else {}
    languages = [language for language in ("en", "zh") if language in named]
    if not languages:
        pattern = _parse(text.en)
        return TextPattern(pattern, pattern)
    patterns = {language: _parse(text.in_(language), language) for language in languages}
    first = patterns[languages[0]]
    return TextPattern(patterns.get("en", first), patterns.get("zh", first))


def _link(value: object, info: ValidationInfo) -> Pattern:
    text = text_of(value, info)
    if not text:
        return Pattern(("",))
    pattern = _parse(text)
    first = pattern.literals[0]
    host = _HOST.match(first)
    if pattern.names and host is None:
        raise PydanticCustomError(
            "value", "{said}", {"said": "must begin with the whole host, as in https://wiki.example/{alertname}"}
        )
    if any(character <= " " or character == "\\" for literal in pattern.literals for character in literal):
        raise PydanticCustomError("value", "{said}", {"said": "must be an address, without spaces or backslashes"})
    check_url(first)
    if "@" in (host.group() if host is not None else first.split("//", 1)[1]):
        raise PydanticCustomError(
            "value", "{said}", {"said": "is shown to people, so it must not have a user or password before the host"}
        )
    return pattern


def _link_name(name: str) -> str:
    if name in OWN_LINKS:
        raise PydanticCustomError(
            "value", "{said}", {"said": f"the link `{name}` is made by Tocsin itself; give yours another name"}
        )
    return name


TitlePattern = Annotated[TextPattern, PlainValidator(_title_pattern), shapes.FILLED_TITLE]
LinkPattern = Annotated[Pattern, PlainValidator(_link), shapes.LINK]
LinkName = Annotated[AddressName, AfterValidator(_link_name), shapes.LINK_NAME]
