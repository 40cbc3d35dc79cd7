"""Rule files written for a test, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tocsin._core.errors import PlanError
from tocsin._core.plan import Plan
from tocsin._core.problems import Problem
from tocsin.plan import load

SMALL = Path(__file__).parent / "small"
SHIPPED = Path(__file__).parents[2] / "rules"


def write(directory: Path, text: str | Mapping[str, str]) -> Path:
    """A plan of one file, or of several by name."""
    for name, content in ({"plan.yaml": text} if isinstance(text, str) else text).items():
        (directory / name).write_text(content, encoding="utf-8")
    return directory


def plan_of(directory: Path, text: str | Mapping[str, str], **environment: str) -> Plan:
    """The plan of such files, which must be sound."""
    return load(write(directory, text), environment=environment)


def problems_of(directory: Path, text: str | Mapping[str, str], **environment: str) -> list[Problem]:
    """What is wrong with such files."""
    try:
        plan_of(directory, text, **environment)
    except PlanError as error:
        return list(error.problems)
    return []


def told(problems: list[Problem]) -> list[tuple[int, int, str]]:
    """Each problem as line, column and message."""
    return [(problem.line, problem.column, problem.message) for problem in problems]
