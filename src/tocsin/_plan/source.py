"""The text of the rule files, kept while they are read, so that a problem can show the line it is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from tocsin._core.problems import Problem

_MANY = 100
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


class Mark(NamedTuple):
    """A place in a rule file: line and column count from 1, ``width`` is in characters."""

    file: str
    line: int
    column: int
    width: int = 1

    @property
    def place(self) -> str:
        """``file:line``."""
        return f"{self.file}:{self.line}"

    @property
    def exactly(self) -> str:
        """``file:line:column``."""
        return f"{self.place}:{self.column}"


class Sources:
    """The lines of all files read so far, and what of them must not be shown."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._lines: dict[str, list[str]] = {}
        self._hidden: dict[tuple[str, int], list[Mark]] = {}
        self._hidden_lines: dict[str, list[tuple[int, int]]] = {}

    def add(self, file: str, text: str) -> None:
        """Keep the text of a file."""
        self._texts[file] = text

    def hide(self, mark: Mark) -> None:
        """Never show what stands here: somebody wrote a secret into the file."""
        self._hidden.setdefault((mark.file, mark.line), []).append(mark)

    def hide_lines(self, file: str, first: int, last: int) -> None:
        """Never show these lines; of files with very many such places, no line from the last of them on."""
        ranges = self._hidden_lines.setdefault(file, [])
        if len(ranges) < _MANY:
            ranges.append((first, last))
        else:
            ranges[-1] = (ranges[-1][0], 1 << 40)

    def line(self, file: str, number: int) -> str:
        """A line of a file, secrets starred; empty where there is none."""
        if file not in self._lines:
            self._lines[file] = _BREAK.split(self._texts.get(file, ""))
        lines = self._lines[file]
        hidden = any(first <= number <= last for first, last in self._hidden_lines.get(file, ()))
        if hidden or not 1 <= number <= len(lines):
            return ""
        shown = lines[number - 1]
        for mark in self._hidden.get((file, number), ()):
            start, end = mark.column - 1, mark.column - 1 + mark.width
            shown = shown[:start] + "*" * len(shown[start:end]) + shown[end:]
        return shown

    def problem(self, mark: Mark, message: str, *, path: str = "", warning: bool = False) -> Problem:
        """A problem at a place, with the line it is about."""
        return Problem(
            file=mark.file,
            line=mark.line,
            column=mark.column,
            message=message,
            path=path,
            source=self.line(mark.file, mark.line),
            width=mark.width,
            warning=warning,
        )


class Mapping(dict[str, object]):
    """A mapping of a rule file. ``keys_at`` and ``values_at`` say where each key and each value stands."""

    __slots__ = ("at", "keys_at", "values_at")

    def __init__(self, at: Mark) -> None:
        super().__init__()
        self.at = at
        self.keys_at: dict[str, Mark] = {}
        self.values_at: dict[str, Mark] = {}

    def put(self, key: str, key_at: Mark, value: object, value_at: Mark) -> None:
        """Add one key with its places."""
        self[key] = value
        self.keys_at[key] = key_at
        self.values_at[key] = value_at


class Listing(list[object]):
    """A list of a rule file. ``values_at`` says where each item stands, ``paths`` its index in its own file."""

    __slots__ = ("at", "paths", "values_at")

    def __init__(self, at: Mark) -> None:
        super().__init__()
        self.at = at
        self.values_at: list[Mark] = []
        self.paths: list[int] = []

    def put(self, value: object, value_at: Mark, index: int) -> None:
        """Add one item; ``index`` is its place in the list of its own file."""
        self.append(value)
        self.values_at.append(value_at)
        self.paths.append(index)


Location = Sequence[str | int]


def locate(root: Mapping, location: Location, *, key: bool = False) -> Mark:
    """Where the value of a location stands, or as near as the tree goes; ``key`` for its key instead."""
    mark, node = root.at, root
    for index, step in enumerate(location):
        last = key and index == len(location) - 1
        if isinstance(node, Mapping) and step in node:
            mark = node.keys_at[str(step)] if last else node.values_at[str(step)]
            node = node[str(step)]  # type: ignore[assignment]
        elif isinstance(node, Listing) and isinstance(step, int) and step < len(node):
            mark = node.values_at[step]
            node = node[step]
        else:
            break
    return mark


def path_of(root: Mapping, location: Location) -> str:
    """A location as people read it: ``rules[3].match[0]``, counted in the file where it stands."""
    path, node = "", root
    for step in location:
        if isinstance(step, int):
            within = isinstance(node, Listing) and step < len(node)
            path += f"[{node.paths[step] if within else step}]"  # type: ignore[attr-defined]
            node = node[step] if within else None  # type: ignore[index, assignment]
        else:
            path += f".{step}" if path else step
            node = node.get(step) if isinstance(node, Mapping) else None  # type: ignore[assignment]
    return path
