"""One YAML file → plain values that know where they stand.

Strict where YAML surprises: a key given twice is refused, and only ``true false null``, integers and
decimal numbers are anything else than text, so that ``no``, ``on``, ``012`` and ``1:30`` mean what they
say. Bounded where YAML bombs: the parser's events are taken one at a time, and depth, number of values
(aliases count each time) and size all have a limit, so that a hostile file costs little memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NoReturn

import yaml

from tocsin._core.problems import Problem
from tocsin._plan.source import Listing, Mapping, Mark, Sources

MAX_DEPTH = 32
MAX_VALUES = 250_000
"""Values in all files of a plan together."""

MAX_PROBLEMS_OF_ONE_FILE = 100
SECRET_KEYS = frozenset({"secret", "secrets", "token", "password", "authorization"})
"""Under these keys a plain text, or one of a list, is starred wherever the line is shown."""

_STR = "tag:yaml.org,2002:str"
_ALLOWED_TAGS = (None, "!", _STR, "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,30})(?:[eE][-+]?[0-9]{1,3})?")
_WORDS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULLS = {"", "~", "null", "Null", "NULL"}


class Budget:
    """How many values may still be read; shared by the files of a plan."""

    def __init__(self, values: int = MAX_VALUES) -> None:
        self.values = values


class _Unreadable(Exception):
    def __init__(self, mark: Mark, message: str) -> None:
        super().__init__(message)
        self.mark = mark


def read_document(file: str, text: str, sources: Sources, budget: Budget) -> tuple[Mapping | None, list[Problem]]:
    """Read one file. No mapping: it is empty, or broken and the problems say how."""
    reader = _Reader(file, text, sources, budget)
    try:
        found = reader.document()
    except yaml.YAMLError as error:
        reader.problems.append(_syntax_problem(file, text, sources, error))
        return None, reader.problems
    except _Unreadable as stop:
        reader.problems.append(sources.problem(stop.mark, str(stop)))
        return None, reader.problems
    return found, reader.problems


class _Reader:
    """Turns the parser's events into values; goes on after a key given twice, stops at what cannot be read."""

    def __init__(self, file: str, text: str, sources: Sources, budget: Budget) -> None:
        self._file = file
        self._sources = sources
        self._budget = budget
        self._events: Iterator[Any] = iter(yaml.parse(text, Loader=yaml.CSafeLoader))
        self._anchors: dict[str, tuple[object, int]] = {}
        self._path: list[str] = []
        self.problems: list[Problem] = []

    def document(self) -> Mapping | None:
        """The one mapping of the file; ``None`` for an empty one."""
        next(self._events)
        first = next(self._events)
        if isinstance(first, yaml.StreamEndEvent):
            return None
        event = next(self._events)
        value = self._value(event, 0)
        next(self._events)
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            self._stop(after, "a second document begins here; take the --- out, or give it a file of its own")
        if value is None:
            return None
        if not isinstance(value, Mapping):
            self._stop(event, "a rule file is a mapping of keys such as `rules:`; this one begins with something else")
        return value

    def _value(self, event: Any, depth: int) -> object:
        self._spend(event, 1)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if event.tag not in _ALLOWED_TAGS:
            self._stop(event, f"tags are not taken here; write the value without {event.tag}")
        if depth > MAX_DEPTH:
            self._stop(event, f"nested deeper than {MAX_DEPTH} levels")
        before = self._budget.values
        value: object
        if isinstance(event, yaml.ScalarEvent):
            value = _scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._listing(event, depth)
        else:
            value = self._mapping(event, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, before - self._budget.values)
        return value

    def _alias(self, event: Any) -> object:
        if event.anchor not in self._anchors:
            self._stop(event, f"there is no anchor &{event.anchor} before this alias")
        value, size = self._anchors[event.anchor]
        self._spend(event, size)
        return value

    def _listing(self, start: Any, depth: int) -> Listing:
        found = Listing(self._mark(start))
        hidden = bool(self._path) and self._path[-1].removeprefix(".").lower() in SECRET_KEYS
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            mark = self._mark(event)
            self._path.append(f"[{len(found)}]")
            value = self._value(event, depth + 1)
            if hidden and isinstance(value, str):
                self._hide(event)
            found.put(value, mark, len(found))
            self._path.pop()
        return found

    def _mapping(self, start: Any, depth: int) -> Mapping:
        found = Mapping(self._mark(start))
        while not isinstance(key_event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(key_event, yaml.ScalarEvent):
                self._stop(key_event, "a key must be a plain word or a text in quotes")
            self._spend(key_event, 1)
            key, key_at = key_event.value, self._mark(key_event)
            event = next(self._events)
            self._path.append(f".{key}" if self._path else key)
            value, value_at = self._value(event, depth + 1), self._mark(event)
            if key.lower() in SECRET_KEYS and isinstance(value, str):
                self._hide(event)
            if key in found:
                self._twice(key, key_at, found.keys_at[key])
            else:
                found.put(key, key_at, value, value_at)
            self._path.pop()
        return found

    def _twice(self, key: str, second: Mark, first: Mark) -> None:
        message = f"the key `{key}` is given twice; the first is at {first.exactly}"
        if len(self.problems) < MAX_PROBLEMS_OF_ONE_FILE:
            self.problems.append(self._sources.problem(second, message, path="".join(self._path)))

    def _hide(self, event: Any) -> None:
        """Let no problem show the value; a text may go over several lines."""
        start, end = event.start_mark, event.end_mark
        if end.line == start.line:
            self._sources.hide(self._mark(event))
        else:
            self._sources.hide_lines(self._file, start.line + 1, end.line + (1 if end.column else 0))

    def _spend(self, event: Any, values: int) -> None:
        self._budget.values -= values
        if self._budget.values < 0:
            self._stop(event, f"the plan holds more than {MAX_VALUES} values, those by aliases counted each time")

    def _mark(self, event: Any) -> Mark:
        start, end = event.start_mark, event.end_mark
        width = end.column - start.column if end.line == start.line else 1
        return Mark(self._file, start.line + 1, start.column + 1, max(1, width))

    def _stop(self, event: Any, message: str) -> NoReturn:
        raise _Unreadable(self._mark(event), message)


def _scalar(event: Any) -> object:
    text: str = event.value
    if event.tag is not None or not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if text in _NULLS:
        return None
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _syntax_problem(file: str, text: str, sources: Sources, error: yaml.YAMLError) -> Problem:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = Mark(file, error.problem_mark.line + 1, error.problem_mark.column + 1)
        said = error.problem or "it cannot be read"
        if "nesting depth" in said:  # the parser has a limit of its own for what stands in brackets
            return sources.problem(mark, f"nested deeper than {MAX_DEPTH} levels")
        if sources.line(file, mark.line).lstrip(" ").startswith("\t"):
            said += "; indent with spaces, never with tabs"
        elif error.context:
            said += f" ({error.context})"
        return sources.problem(mark, f"not YAML: {said}")
    if isinstance(error, yaml.reader.ReaderError):
        before = text.encode()[: error.position].decode("utf-8", "ignore")  # the parser counts in bytes
        mark = Mark(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        return sources.problem(mark, f"not YAML: a control character (U+{int(error.character):04X}) stands here")
    return Problem(file, 0, 0, f"not YAML: {error}")
