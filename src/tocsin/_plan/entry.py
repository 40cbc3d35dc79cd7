"""What all entries of a rule file share, and the words that stand in several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema

GroupName = Literal["command", "technical", "business", "legal", "data"]
Addressed = Literal["command", "technical", "business", "legal", "data", "vendor"]
"""Whom a notice is for."""

TierName = Literal["high", "medium", "low"]


class Entry(BaseModel):
    """What all entries share: strict, and no key that nobody reads."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, arbitrary_types_allowed=True)
    later: ClassVar[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class MayBeEmpty:
    """Marks an entry that may have nothing in it: ``prod:`` with nothing after it is ``prod: {}``."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(
            lambda value: {} if value is None else value, handler(source)
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"anyOf": [handler(schema), {"type": "null"}]}
