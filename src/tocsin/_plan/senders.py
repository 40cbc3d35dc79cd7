"""Who posts alerts, as a rule file writes it: sources, and the tokens of programs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tocsin._plan.entry import Entry
from tocsin._plan.fields import Expires, Label, Plain, SecretText, SourceName

Permission = Literal["ingest", "read", "act"]
SourceType = Literal["prometheus", "alertmanager"]


class SourceEntry(Entry):
    """A source of alerts. ``type`` may be left out where the name is a type."""

    type: SourceType | None = None
    """What it speaks: `prometheus` or `alertmanager`; may be left out where the name says it."""
    replica_labels: list[Label] | None = None
    """Labels in which the two of a pair differ; `prometheus_replica` and `__replica__` by default."""
    labels: dict[Label, Plain] = {}
    """What its alerts have, where they do not say otherwise."""
    expires: Expires | None = None
    """How long an alert counts as firing without being seen again, or `never`; left out, as fits the type."""


class TokenEntry(Entry):
    """A program's token and what it opens."""

    may: Annotated[list[Permission], Field(min_length=1)]
    """Any of `ingest` (post alerts), `read` (incidents, deliveries, metrics) and `act`."""
    token: SecretText
    """The secret itself."""
    source: SourceName | None = None
    """The one source that it may post to."""
