"""Who posts alerts, as a rule file writes it: sources, and the tokens of programs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tocsin._plan.entry import Entry
from tocsin._plan.fields import Expires, Label, Name, Plain, SecretText

Permission = Literal["ingest", "read", "act"]
SourceType = Literal["prometheus", "alertmanager"]


class SourceEntry(Entry):
    """A source of alerts. ``type`` may be left out where the name is a type."""

    type: SourceType | None = None
    replica_labels: list[Label] | None = None
    labels: dict[Label, Plain] = {}
    expires: Expires | None = None


class TokenEntry(Entry):
    """A program's token and what it opens."""

    may: Annotated[list[Permission], Field(min_length=1)]
    token: SecretText
    source: Name | None = None
