"""The JSON Schema of a rule file: whatever loads is taken, and what has the wrong shape is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError
from tests._plan.test_documented import EXAMPLES
from tests._plan.test_problems import MISTAKES
from tests._plan.written import SHIPPED, SMALL

from tocsin._core.times import format_duration
from tocsin._plan.document import Budget, read_document
from tocsin._plan.fields import Reading
from tocsin._plan.json_schema import rule_file_schema
from tocsin._plan.matchers import MatcherError, parse_matchers
from tocsin._plan.merge import merge
from tocsin._plan.schema import PlanFile
from tocsin._plan.source import Mapping, Sources

SCHEMA = rule_file_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
ELSEWHERE = Reading({}, Path("nowhere"), fill=True)

BEYOND_A_SCHEMA = (
    "time zone",
    "a day such as",
    "regular expression",
    "cannot set",
    "has both",
    "runs backwards",
    "for a night",
)
"""Words of problems of a value by itself that no schema can see."""


def read(text: str) -> Mapping:
    """The values of one file."""
    sources = Sources()
    sources.add("a.yaml", text)
    found, problems = read_document("a.yaml", text, sources, Budget())
    assert not problems, problems
    return found if found is not None else Mapping(None)  # type: ignore[arg-type]


def complaints(document: object) -> list[str]:
    """What the schema says against a document."""
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(document)]


def loads(document: Mapping) -> str:
    """What the models say against a document by itself; nothing if it is sound."""
    root, problems = merge([("a.yaml", document)], Sources())
    if problems:
        return problems[0].message
    try:
        PlanFile.model_validate(root, context=ELSEWHERE)
    except ValidationError as error:
        return " ".join(str(found["msg"]) for found in error.errors(include_url=False))
    return ""


def entries() -> dict[str, dict[str, Any]]:
    """The kinds of entries in the schema, without the shapes of single values."""
    return {name: model for name, model in SCHEMA["$defs"].items() if name[0].isupper()}


def test_it_is_a_schema() -> None:
    """It says its dialect, keeps that dialect's rules, and is JSON."""
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


def test_every_key_of_an_entry_says_what_it_is_and_what_it_takes() -> None:
    """Each key of each kind of entry has a description, and something that a value can break."""
    models = {"": SCHEMA, **entries()}
    keys = [(f"{name}.{key}", shape) for name, model in models.items() for key, shape in model["properties"].items()]
    assert [path for path, shape in keys if not shape.get("description")] == []
    assert [path for path, shape in keys if not shape.keys() - {"description", "default", "examples"}] == []


def test_nothing_unknown_is_taken() -> None:
    """No entry has room for a key that nobody reads."""
    assert SCHEMA["additionalProperties"] is False
    assert [name for name, model in entries().items() if model["additionalProperties"] is not False] == []


def test_keys_of_later_versions_are_not_offered() -> None:
    """A reserved key is refused like any unknown one."""
    assert not PlanFile.later & SCHEMA["properties"].keys()
    assert complaints(read("silences: []"))


@pytest.mark.parametrize("path", [*sorted(SHIPPED.glob("*.yaml")), SMALL / "plan.yaml"], ids=lambda path: path.name)
def test_the_shipped_rules_are_taken(path: Path) -> None:
    """Each shipped file by itself, and the small plan of the contract."""
    assert complaints(read(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.split(":")[0] for example in EXAMPLES])
def test_the_examples_of_the_page_are_taken(example: str) -> None:
    """Every example of docs/rules.md."""
    assert complaints(read(example)) == []


@pytest.mark.parametrize(("text", "said"), [(text, said) for text, _, said in MISTAKES], ids=lambda value: value[:60])
def test_what_has_the_wrong_shape_is_refused(text: str, said: str) -> None:
    """Of the mistakes that ``tocsin check`` tells, the schema refuses all that it can see."""
    document = read(text)
    wrong = loads(document)
    if wrong and not any(words in wrong for words in BEYOND_A_SCHEMA):
        assert complaints(document), wrong
    if not wrong:
        assert complaints(document) == []


@pytest.mark.parametrize(
    "text",
    [
        "rules:\ngroups:\nlanguage:\nincidents:\n",
        "environments: {prod: , dev: {}}\nservices: {a: }\nvendors: {b: }\nclasses: {other: }\ntiers: {low: }",
        "tiers: {high: {ack_within: null, tell: lead}}",
        "channels: {a: {type: webhook, url: {env: A}, secret: {file: b}, headers: {X-A: {env: B}, X-B: c}}}",
        "services: {a: {location: {env: L}, datasets: [{file: f}, b]}}",
        "vendors: {a: {title: {zh: 一, en: {env: T}}}}\nclasses: {x: {title: {env: T}}}",
        "sources: {prometheus: {expires: never}, b: {type: alertmanager, expires: 1d1h, labels: {a: b}}}",
        "rules: [{name: 支 付, drop: b, until: 2027-03-31}, {name: c, drop: d, until: '2027-03-31 18:00:00.5+08:00'}]",
        "rules: [{name: a, continue: false, outage: null, class: own.class}]",
    ],
)
def test_what_loads_is_taken(text: str) -> None:
    """All ways to write a thing, nothing at all among them."""
    document = read(text)
    assert loads(document) == ""
    assert complaints(document) == []


@settings(deadline=None)
@given(st.text(st.sampled_from("ab =\"~!,{}\\\n'`支"), max_size=24))
def test_matchers_are_taken_as_the_reader_takes_them(text: str) -> None:
    """What the pattern takes is what is read as matchers, whatever the regular expressions in it."""
    try:
        parse_matchers(text)
    except MatcherError as error:
        sound = "regular expression" in str(error)
    else:
        sound = True
    taken = not complaints({"rules": [{"name": "a", "match": [text]}]})
    assert taken or not sound
    if not any(sign in text for sign in "~\n"):  # a pattern that RE2 refuses hides what comes after it
        assert taken is sound


@settings(deadline=None)
@given(st.integers(1, 10**9))
def test_durations_are_taken_as_they_are_written(millis: int) -> None:
    """Every duration that Tocsin writes."""
    assert complaints({"incidents": {"settle": format_duration(millis), "retention": format_duration(millis)}}) == []
