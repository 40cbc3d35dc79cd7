"""The models of rule files → one JSON Schema (2020-12) of a rule file, with which editors complete and check.

Keys, what they take and their descriptions (the texts below the fields) all come from the models, so that a key
that is added there is here too. Defaults come from where the plan takes them.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from tocsin._core.plan import IncidentSettings, TierPolicy
from tocsin._core.times import format_duration
from tocsin._plan import defaults, shapes
from tocsin._plan.schema import PlanFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def rule_file_schema() -> dict[str, Any]:
    """The schema of one file of a plan."""
    schema = PlanFile.model_json_schema(by_alias=True, schema_generator=_Generator)
    keys = {name: _or_nothing(shape) for name, shape in schema.pop("properties").items()}
    for name, default in _defaults().items():
        keys[name]["default"] = default
    del schema["description"]
    about = {"title": "A rule file of Tocsin", "description": "One of the *.yaml files that are a plan together."}
    shared = {name: _inside(shape.json_schema or {}) for name, shape in shapes.SHARED.items()}
    models = {name: _inside(model) for name, model in schema.pop("$defs").items()}
    return {"$schema": DIALECT, **about, **schema, "properties": _inside(keys), "$defs": {**models, **shared}}


def _inside(node: Any) -> Any:
    """The same, with the shared shapes in it as references."""
    if isinstance(node, list):
        return [_shared(item) for item in node]
    return {key: _shared(value) for key, value in node.items()} if isinstance(node, dict) else node


def _shared(node: Any) -> Any:
    if not isinstance(node, dict):
        return _inside(node)
    bare = {key: value for key, value in node.items() if key != "description"}
    for name, shape in shapes.SHARED.items():
        if shape.json_schema in (node, bare):
            told = {} if shape.json_schema == node else {"description": node["description"]}
            return {"$ref": f"#/$defs/{name}", **told}
    return _inside(node)


def told_below(model: type[BaseModel]) -> dict[str, str]:
    """What the texts below a model's fields say, by the names of the fields; those of its bases too."""
    told: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        if issubclass(kind, BaseModel) and kind is not BaseModel:
            told |= _told_in(kind)
    return told


def _told_in(kind: type[BaseModel]) -> dict[str, str]:
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(definition, ast.ClassDef)
    told = {}
    for field, text in zip(definition.body, definition.body[1:], strict=False):
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
            continue
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            told[field.target.id] = inspect.cleandoc(str(text.value.value)).replace("\n", " ")
    return told


class _Generator(GenerateJsonSchema):
    """Pydantic's own, for people who write rather than for programs that exchange."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """A model without a title, its keys with what is said below its fields."""
        model: type[BaseModel] = schema["cls"]
        found = super().model_schema(schema)
        found.pop("title", None)
        texts = told_below(model)
        for name, field in model.model_fields.items():
            if name in texts:
                found["properties"][field.alias or name]["description"] = texts[name]
        return found

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """A mapping: keys that are known are offered, others are refused or have to look like a name."""
        names, value = (self.generate_inner(schema[part]) for part in ("keys_schema", "values_schema"))
        listed = names if "enum" in names else next((one for one in names.get("anyOf", ()) if "enum" in one), {})
        others = {} if names is listed else next((one for one in names.get("anyOf", ()) if one is not listed), names)
        found: JsonSchemaValue = {"type": "object"}
        if listed:
            found["properties"] = {name: dict(value) for name in listed["enum"]}
        found["additionalProperties"] = value if others else False
        if "min_length" in schema:
            found["minProperties"] = schema["min_length"]
        if others.keys() - {"type"}:
            found["propertyNames"] = {rule: said for rule, said in others.items() if rule != "type"}
        return found

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Without the model's own default, which is only how it knows that a key was left out."""
        return self.generate_inner(schema["schema"])

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        """Without the mark that OpenAPI alone knows."""
        found = super().tagged_union_schema(schema)
        found.pop("discriminator", None)
        return found

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Never: it would only repeat the key."""
        return False


def _or_nothing(shape: JsonSchemaValue) -> JsonSchemaValue:
    """A top-level key with nothing after it is as if it were left out."""
    if {"type": "null"} in shape.get("anyOf", ()):
        return shape
    described = {"description": shape.pop("description")} if "description" in shape else {}
    return {"anyOf": [shape, {"type": "null"}], **described}


def _defaults() -> dict[str, Any]:
    settings = IncidentSettings()
    return {
        "language": "en",
        "timezone": "UTC",
        "tiers": {tier.value: _tier(policy) for tier, policy in defaults.TIERS.items()},
        "matrix": {
            row: {impact: tier.value for impact, tier in cells.items()} for row, cells in defaults.MATRIX.items()
        },
        "labels": {word: list(names) for word, names in defaults.LABELS.items()},
        "incidents": {name: format_duration(getattr(settings, name)) for name in settings.__slots__},
    }


def _tier(policy: TierPolicy) -> dict[str, str]:
    given = {name: getattr(policy, name) for name in policy.__slots__}
    return {
        name: value if isinstance(value, str) else format_duration(value)
        for name, value in given.items()
        if value not in (None, "")
    }
