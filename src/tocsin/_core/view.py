"""What the incident loop is shown of an incident key: bounded, however many alerts there are."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tocsin._core.incident import AlertRecord, Incident
from tocsin._core.model import Classification
from tocsin._core.times import Millis


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """What fired anew since the last commit, summed up.

    ``count`` counts alerts that the incident had not had before; ``first_at`` is when the first of all was
    accepted, ``earliest_start`` the earliest start that one named, ``top`` the highest classification, which is that
    of ``top_identity``, and ``shortest`` the one with the shortest recovery time (the first of equals).
    """

    count: int
    first_at: Millis
    earliest_start: Millis | None
    top: Classification
    top_identity: str
    shortest: Classification
    classes: tuple[str, ...]
    services: tuple[str, ...]


class View(msgspec.Struct, frozen=True, kw_only=True):
    """The state of one key's alerts.

    ``zero_at`` is when the last of them ended; ``unseen`` counts ended ones that were only lost from sight,
    ``stale`` firing ones unseen for 25 hours. ``alerts`` are the newest 20, once they were asked for. ``later``
    counts those that fired since the last commit, the first ``shown_later`` of ``alerts``: if an incident opens now,
    those are its own. ``told`` says of ``<incident>/<sequence>/<group>`` whether a channel accepted it (``accepted``)
    or how many may still do so. ``previous`` is the incident before and its closing.
    """

    key: str
    rev: int = 0
    mark: int = 0
    seq: int = 0
    firing: int = 0
    total: int = 0
    zero_at: Millis = 0
    unseen: int = 0
    stale: int = 0
    truncated: int = 0
    later: int = 0
    shown_later: int = 0
    joined: Joined | None = None
    alerts: tuple[AlertRecord, ...] = ()
    told: Mapping[str, str] = {}
    previous: tuple[str, Millis] | None = None

    def of_next(self) -> View:
        """What an incident that opens now may know: its own alerts only."""
        return msgspec.structs.replace(self, total=self.later, alerts=self.alerts[: self.shown_later])

    def of_last(self) -> View:
        """What the incident before it may know then."""
        return msgspec.structs.replace(self, alerts=self.alerts[self.shown_later :])


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A key under lease: the token that proves it, how often it was tried, and what was found.

    ``newest`` are the identities of the newest alerts, and whether each fires. Their records are in the view only
    once they are asked for, which they are where somebody is told of them.
    """

    key: str
    token: str
    tries: int
    view: View
    incident: Incident | None
    newest: tuple[tuple[str, bool], ...] = ()
