"""A problem in a rule file: what is wrong, where, and what to do."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One problem. ``line`` and ``column`` count from 1; 0 means the file as a whole.

    ``path`` is the place in the document (``rules[3].match[0]``), ``message`` says what is wrong and,
    where it can, what to write instead. ``source`` is the line of the file and ``width`` the number of
    characters from ``column`` that are meant, for a caret under them.
    """

    file: str
    line: int
    column: int
    message: str
    path: str = ""
    source: str = ""
    width: int = 1
    warning: bool = False

    @property
    def head(self) -> str:
        """Where it is, and what: one line, without the file's own."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {'warning: ' if self.warning else ''}{self.message}"

    def __str__(self) -> str:
        if not self.source or not self.line:
            return self.head
        window, column = _window(self.source, self.column - 1)
        meant = window[column : column + max(1, self.width)]
        gap = "".join("\t" if character == "\t" else " " * _columns(character) for character in window[:column])
        caret = "^" * max(1, sum(map(_columns, meant)))
        return f"{self.head}\n    {window}\n    {gap}{caret}"


_WIDEST = 160


def _window(line: str, column: int) -> tuple[str, int]:
    """The line, or the part around the column where it is too long for a screen; and the column in it."""
    if len(line) <= _WIDEST:
        return line, column
    start = max(0, column - _WIDEST // 2)
    return line[start : start + _WIDEST], column - start


def _columns(character: str) -> int:
    """How many columns of a terminal a character takes: two for Chinese, none for a combining mark."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
