"""What all entries of a rule file share, and the words that stand in several."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

GroupName = Literal["command", "technical", "business", "legal", "data"]
TierName = Literal["high", "medium", "low"]


class Entry(BaseModel):
    """What all entries share: strict, and no key that nobody reads."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, arbitrary_types_allowed=True)
    later: ClassVar[frozenset[str]] = frozenset()
