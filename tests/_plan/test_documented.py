"""The page on rule files is whole and true: every key of the schema stands in it, and its examples load."""

from __future__ import annotations

import re
import typing
from pathlib import Path

import pytest
from pydantic import BaseModel
from tests._plan.written import write

from tocsin._core.model import Text
from tocsin._core.plan import IncidentClass
from tocsin._core.times import format_duration, parse_duration
from tocsin._plan import schema
from tocsin._plan.defaults import CLASSES
from tocsin._plan.json_schema import rule_file_schema, told_below
from tocsin.plan import check

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "rules.md").read_text(encoding="utf-8")
SOURCES = (DOCS / "sources.md").read_text(encoding="utf-8")
SETTINGS = ("language", "timezone", "external_url", "proxy")
CHANNELS = "".join(page.read_text(encoding="utf-8") for page in sorted((DOCS / "channels").glob("*.md")))
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", TEXT + SOURCES + CHANNELS, re.MULTILINE | re.DOTALL)


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


def rows(text: str) -> dict[str, list[list[str]]]:
    """The rows of a text's tables by the keys in their first cell; each has the cells after it."""
    found: dict[str, list[list[str]]] = {}
    for keys, cells in re.findall(r"^\| (`[^|]+`) \|(.*)\|$", text, re.MULTILINE):
        for key in re.findall(r"`([^`]+)`", keys):
            found.setdefault(key, []).append([cell.strip() for cell in cells.split("|")])
    return found


def sentence(cell: str) -> str:
    """A cell as a sentence, without the type of channel or source that it is about."""
    text = re.sub(r"^[a-z]+: ", "", cell)
    return f"{text[:1].upper()}{text[1:]}."


def shortest(text: str) -> str:
    """A duration as Tocsin writes it; any other word as it is."""
    return format_duration(parse_duration(text)) if text[0].isdigit() else text


def place(key: str) -> str:
    """The section that a top-level key stands in."""
    return "Settings of the whole plan" if key in SETTINGS else key


def documented(text: str) -> set[str]:
    """What stands as code in a text."""
    return set(re.findall(r"`([^`\n]+)`", text))


@pytest.mark.parametrize("key", sorted(names(schema.PlanFile)))
def test_every_key_is_documented(key: str) -> None:
    """A top-level key has its section (settings share one), and each key below it is told there."""
    if key in SETTINGS:
        assert key in documented(sections()["Settings of the whole plan"])
        return
    section = documented(sections()[key])
    inner = models(schema.PlanFile.model_fields[key].annotation)
    missing = {name for model in inner for name in names(model)} - section
    assert not missing


@pytest.mark.parametrize("key", sorted(names(schema.PlanFile)))
def test_every_key_is_told_as_the_schema_tells_it(key: str) -> None:
    """The last cell of a key's row is the text below its field, which editors show: one truth, in two places."""
    table = rows(sections()[place(key)])
    inner = models(schema.PlanFile.model_fields[key].annotation)
    settings = [(schema.PlanFile, {key})] if place(key) != key else []
    for model, wanted in [(model, names(model)) for model in inner] or settings:
        told = {model.model_fields[field].alias or field: text for field, text in told_below(model).items()}
        for name in sorted(wanted):
            sentences = [sentence(cells[-1]) for cells in table.get(name, ())]
            assert told.get(name) in sentences, f"{model.__name__}.{name}"


def test_words_to_choose_from_are_all_told() -> None:
    """A row that names one of the words that a key takes, beside the default's column, names them all."""
    for key, field in schema.PlanFile.model_fields.items():
        table = rows(sections()[place(key)])
        for model in models(field.annotation):
            for name, shape in model.model_json_schema(by_alias=True)["properties"].items():
                words = {word for one in shape.get("anyOf", [shape]) for word in one.get("enum", ())}
                for cells in table.get(name, ()) if 1 < len(words) < 9 else ():
                    told = words & documented(cells[-1])
                    assert not told or told == words, (key, name)


def test_the_defaults_in_the_page_are_the_schemas() -> None:
    """Tiers, matrix, labels, incidents and the defaults of a new class, as the tables say them."""
    keys = rule_file_schema()["properties"]
    tiers = rows(sections()["tiers"])
    told = {
        tier: {key: shortest(cells[0][column]) for key, cells in tiers.items() if cells[0][column]}
        for column, tier in enumerate(("high", "medium", "low"))
    }
    assert told == keys["tiers"]["default"]
    matrix = {
        row: dict(zip(("wide", "partial", "narrow"), cells, strict=True))
        for row, (cells,) in rows(sections()["matrix"]).items()
        if row in keys["matrix"]["default"]
    }
    assert matrix == keys["matrix"]["default"]
    assert {key: cells[0][0] for key, cells in rows(sections()["incidents"]).items()} == keys["incidents"]["default"]
    example = re.findall(r"^  (\w+): \[(.*)\]$", sections()["labels"], re.MULTILINE)
    assert {word: labels.split(", ") for word, labels in example} == keys["labels"]["default"]
    new = IncidentClass(name="x", title=Text("x", "x"))
    classes = {key: cells[0][0] for key, cells in rows(sections()["classes"]).items() if key not in CLASSES}
    said = {"lead": new.lead, "also": "none", "outage": "false", "operational": "false"}
    assert classes == {"title": "its name", **said}
    assert (new.also, new.outage, new.operational) == ((), False, False)


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
