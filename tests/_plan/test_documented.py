"""The page on rule files is whole and true: every key of the schema stands in it, and its examples load."""

from __future__ import annotations

import re
import typing
from pathlib import Path

import pytest
from pydantic import BaseModel
from tests._plan.written import write

from tocsin._plan import schema
from tocsin._plan.defaults import CLASSES
from tocsin.plan import check

TEXT = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def sections() -> dict[str, str]:
    """The page's third-level sections by the key in their heading."""
    parts = re.split(r"^### (.+)$", TEXT, flags=re.MULTILINE)
    return {head.strip("`"): body for head, body in zip(parts[1::2], parts[2::2], strict=True)}


def models(kind: object) -> set[type[BaseModel]]:
    """The models within a type."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {kind}
    found: set[type[BaseModel]] = set()
    for argument in typing.get_args(kind):
        found |= models(argument)
    return found


def names(model: type[BaseModel]) -> set[str]:
    """The keys as they are written in a file."""
    return {field.alias or name for name, field in model.model_fields.items()}


def documented(text: str) -> set[str]:
    """What stands as code in a text."""
    return set(re.findall(r"`([^`\n]+)`", text))


@pytest.mark.parametrize("key", sorted(names(schema.PlanFile)))
def test_every_key_is_documented(key: str) -> None:
    """A top-level key has its section (settings share one), and each key below it is told there."""
    if key in ("language", "timezone", "external_url"):
        assert key in documented(sections()["Settings of the whole plan"])
        return
    section = documented(sections()[key])
    inner = models(schema.PlanFile.model_fields[key].annotation)
    missing = {name for model in inner for name in names(model)} - section
    assert not missing


def test_no_key_is_documented_that_is_not_there() -> None:
    """Every section is about a key of the schema."""
    assert set(sections()) - {"Settings of the whole plan"} <= names(schema.PlanFile)


def test_the_classes_in_the_page_are_the_shipped_ones() -> None:
    """The table of classes says what the code says."""
    told = re.findall(
        r"^\| `([a-z_]+)` \| (\w+) \| ([\w, ]*) ?\| (yes )?\| (yes )?\|$", sections()["classes"], re.MULTILINE
    )
    rows = {
        name: (lead, tuple(filter(None, also.strip().split(", "))), bool(outage), bool(operational))
        for name, lead, also, outage, operational in told
    }
    assert rows == {name: (entry.lead, entry.also, entry.outage, entry.operational) for name, entry in CLASSES.items()}


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.split(":")[0] for example in EXAMPLES])
def test_every_example_is_a_sound_plan(tmp_path: Path, example: str) -> None:
    """Each example of the page can be pasted into a file by itself."""
    problems, plan = check(write(tmp_path, example), {})
    assert plan is not None, problems
    assert all("environment variable" in problem.message or "no file" in problem.message for problem in problems)
