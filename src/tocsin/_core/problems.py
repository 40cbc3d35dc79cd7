"""A problem in a rule file: what is wrong, where, and what to do."""

from __future__ import annotations

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

    def __str__(self) -> str:
        head = f"{self.file}:{self.line}:{self.column}: {'warning: ' if self.warning else ''}{self.message}"
        if not self.source:
            return head
        caret = " " * (self.column - 1) + "^" * max(1, self.width)
        return f"{head}\n    {self.source}\n    {caret}"
