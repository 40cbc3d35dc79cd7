"""Templates of texts: a small part of Jinja2, in which nothing can be called, changed or made large.

A template says where values stand, and which parts hold when; it reaches the values it is given and nothing else.
Jinja2's own sandbox keeps code out, but not work: so there is no arithmetic but plus and minus, no assignment, no
call, no loop within a loop, and a loop goes over the lists it is given. A line in which all values are empty is left
out, so that ``Vendor: {{ vendor }}`` needs no condition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

import jinja2
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tocsin._core.clean import one_line

LARGEST = 64 * 1024
"""Characters that a template may make."""

_LARGEST_VALUE = 8 * 1024
_NOTHING, _SOMETHING = "\x00", "\x01"
_LOOP = frozenset({"first", "last", "index", "index0", "length"})
FILTERS = (
    "capitalize", "count", "d", "default", "first", "join", "lacking", "last", "length", "lower", "replace", "trim",
    "truncate", "upper",
)  # fmt: skip
"""The filters that there are; ``lacking`` is ours: of names and values, the names of those that are empty."""

TESTS = ("defined", "none", "undefined")
FAILS: tuple[type[Exception], ...] = (
    jinja2.TemplateError,
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
    SyntaxError,
)
"""What a template may raise, whatever its values are."""


class TemplateFailed(Exception):
    """A template could not be filled in with the values it was given."""


class Lenient(dict[str, Any]):
    """Values by name, of which those that are not there are empty."""


class Template:
    """One template, ready to be filled in. ``names`` are the variables that it uses."""

    def __init__(self, compiled: jinja2.Template, names: frozenset[str]) -> None:
        self._compiled = compiled
        self.names = names

    def lines(self, values: Mapping[str, Any]) -> list[str]:
        """The lines that it makes, none empty at either end and never two empty ones together.

        Raises ``TemplateFailed``.
        """
        return _tidy(self._filled(values, LARGEST))

    def text(self, values: Mapping[str, Any], most: int) -> str:
        """What it makes, as it is: of a sandbox with a way of its own to show values. Raises ``TemplateFailed``."""
        return self._filled(values, most)

    def _filled(self, values: Mapping[str, Any], room: int) -> str:
        pieces: list[str] = []
        most = room
        try:
            for piece in self._compiled.root_render_func(self._compiled.new_context(dict(values))):
                room -= len(piece)
                if room < 0:
                    raise TemplateFailed(f"it makes more than {most >> 10} KiB")
                pieces.append(piece)
        except FAILS as error:
            raise TemplateFailed(one_line(str(error)) or type(error).__name__) from None
        return "".join(pieces)


def _tidy(text: str) -> list[str]:
    lines: list[str] = []
    for line in text.split("\n"):
        if _NOTHING in line and _SOMETHING not in line:
            continue
        plain = line.replace(_NOTHING, "").replace(_SOMETHING, "").rstrip()
        if plain or (lines and lines[-1]):
            lines.append(plain)
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _finalize(value: Any) -> str:
    if value is None or (isinstance(value, (str, tuple, list)) and not value):
        return _NOTHING
    text = str(value)
    if _NOTHING in text or _SOMETHING in text:  # cleaned values have neither; none may forge one
        text = text.replace(_NOTHING, "").replace(_SOMETHING, "")
    return _SOMETHING + text


class Sandbox(ImmutableSandboxedEnvironment):
    """Where the templates of one language live. ``listed`` shows a list as that language does; ``show`` makes text of
    every value, and ``filters`` are further ones."""

    def __init__(
        self,
        listed: Callable[[Iterable[str]], str],
        *,
        show: Callable[[Any], str] = _finalize,
        filters: Mapping[str, Callable[..., Any]] = MappingProxyType({}),
    ) -> None:
        super().__init__(
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
            finalize=show,
            autoescape=False,
            cache_size=0,
        )
        self._listed = listed
        own = {"join": self._join, "replace": self._replace, "lacking": self._lacking}
        self.globals = {}
        self.filters = {name: own.get(name, self.filters.get(name)) for name in FILTERS} | dict(filters)
        self.tests = {name: self.tests[name] for name in TESTS}

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A value by its name; of a loop, where it is; nothing of anything else."""
        if isinstance(obj, LoopContext) and attribute in _LOOP:
            return getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """A value by its name, or one of a list by its number."""
        if isinstance(obj, Mapping) and isinstance(argument, str):
            if argument in obj:
                return obj[argument]
            return "" if isinstance(obj, Lenient) else self.undefined(obj=dict(obj), name=argument)
        if isinstance(obj, (str, tuple, list)) and isinstance(argument, (int, slice)):
            return obj[argument]
        return self.undefined(obj=obj, name=argument)

    def is_safe_callable(self, obj: Any) -> bool:
        """Nothing is called."""
        return False

    @staticmethod
    def _join(value: Any, between: Any = "") -> str:
        if isinstance(value, str):
            raise TypeError("`join` is for lists")
        return _bounded(str(between).join(str(item) for item in value))

    @staticmethod
    def _replace(value: Any, old: Any, new: Any) -> str:
        text, old, new = str(value), str(old), str(new)
        if text.count(old) * len(new) > _LARGEST_VALUE:
            raise ValueError("`replace` makes the text too long")
        return _bounded(text.replace(old, new))

    def _lacking(self, value: Mapping[str, Any]) -> str:
        """Of names and values, the names of those that are empty."""
        return self._listed(name for name, each in value.items() if not each)


def _bounded(text: str) -> str:
    if len(text) > _LARGEST_VALUE:
        raise ValueError("a value becomes too long")
    return text
