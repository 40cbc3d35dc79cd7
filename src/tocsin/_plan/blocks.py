"""Where a line and column of a text stand in the rule file that holds the text, or in the file that it names."""

from __future__ import annotations

from pathlib import Path

from tocsin._core.problems import Problem
from tocsin._plan.source import Location, Mapping, Sources, locate, path_of


def problem_within(
    root: Mapping,
    sources: Sources,
    location: Location,
    text: str,
    *,
    directory: Path,
    message: str,
    at: tuple[int, int, int],
) -> Problem:
    """The problem at ``at`` (line, column and width, counted in the text) of the text at a location.

    A text that YAML has folded or escaped is searched for the words meant; where they are not found, the problem is
    told at the text as a whole.
    """  # fmt: skip
    line, column, width = at
    lines = text.split("\n")
    meant = lines[line - 1] if 1 <= line <= len(lines) else ""
    mark, path = locate(root, location), path_of(root, location)
    raw = _value(root, location)
    if isinstance(raw, Mapping):
        file = raw.get("file")
        if not isinstance(file, str):  # of a variable, which is shown nowhere
            return sources.problem(mark, message, path=path)
        return Problem(str(directory / file), line, column, message, path=path, source=meant, width=width)
    first = sources.line(mark.file, mark.line)[mark.column - 1 :]
    start = mark.line + line - (0 if first[:1] in ("|", ">") else 1)
    words = meant[column - 1 : column - 1 + width]
    for wanted, offset, numbers in (
        (meant.strip(), len(meant) - len(meant.lstrip()), (start,)),
        (words, column - 1, range(mark.line, mark.line + len(lines) + 1)),
    ):
        for number in numbers:
            found = sources.line(mark.file, number).find(wanted) if wanted else -1
            if found >= 0:
                exact = mark._replace(line=number, column=found + column - offset, width=width)
                return sources.problem(exact, message, path=path)
    return sources.problem(mark, message, path=path)


def _value(root: Mapping, location: Location) -> object:
    node: object = root
    for step in location:
        node = node[step]  # type: ignore[index]
    return node
