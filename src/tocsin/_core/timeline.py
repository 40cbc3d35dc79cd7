"""The timeline of an incident: what happened, when and by whom, each entry chained to the one before by its hash.

An entry's hash is the SHA-256, in lower-case hexadecimal, of the entry as the API shows it without its ``hash``: as
JSON with sorted keys, no blanks, nothing escaped that need not be, in UTF-8. The ``prev`` within it is the hash of the
entry before; of the first it is the SHA-256 of the incident's id. What the incident itself keeps, the number of entries
and the last one's hash, is the head: it finds an end that was cut off. Pure; ``first_break`` works on what the API
answered or an export holds, wherever that came from.

Of a long timeline the middle is left out some time after the incident was closed. One entry stands for it, with the
``prev`` of the first and the ``seq`` and ``hash`` of the last that it stands for; so what is left is still one chain.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from tocsin._core.times import Millis, format_time


class TimelineEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What happened, when, and by whom: a person, or ``system:<rule>@<plan hash>``.

    ``before`` and ``after`` are the fields that were changed. ``via`` is the way a person came by, and ``verified``
    whether that proves who it was; both are empty of the system's own. ``seq``, ``prev`` and ``hash`` are given by
    ``chained``. Raises ``ValueError`` for an entry without an actor, or an action.
    """

    at: Millis
    actor: str
    action: str
    via: str = ""
    verified: bool | None = None
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    detail: dict[str, Any] = {}
    seq: int = 0
    prev: str = ""
    hash: str = ""

    def __post_init__(self) -> None:
        if not self.actor.strip():
            raise ValueError(f"nobody is named who did {self.action or 'this'}: an entry needs an actor")
        if not self.action.strip():
            raise ValueError(f"what {self.actor} did is not named: an entry needs an action")


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a chain: how many entries there are, and the hash of the last."""

    entries: int
    hash: str


class Break(msgspec.Struct, frozen=True, kw_only=True):
    """Where a chain is broken first, and how. ``seq`` counts from 1."""

    seq: int
    problem: str


KEEPER = "system:retention"
LEFT_OUT = "left_out"
"""The action of the entry that stands for those that were left out; ``entries`` of its detail is how many they are."""


def number_left_out(item: Mapping[str, Any]) -> int:
    """For how many entries this one stands, as the API shows it; 0 for one that stands for itself."""
    detail = item.get("detail")
    if (item.get("actor"), item.get("action")) != (KEEPER, LEFT_OUT) or not isinstance(detail, Mapping):
        return 0
    count = detail.get("entries")
    return count if isinstance(count, int) and count > 0 else 0


def left_out(gone: Sequence[TimelineEntry], prev: str) -> TimelineEntry:
    """The entry that stands for some in a row, at least one; ``prev`` is the hash of the one before them."""
    count = sum(int(entry.detail["entries"]) if entry.action == LEFT_OUT else 1 for entry in gone)
    at, seq, last = gone[-1].at, gone[-1].seq, gone[-1].hash
    return TimelineEntry(at=at, actor=KEEPER, action=LEFT_OUT, detail={"entries": count}, seq=seq, prev=prev, hash=last)


def root(incident: str) -> str:
    """The ``prev`` of an incident's first entry."""
    return hashlib.sha256(incident.encode()).hexdigest()


def chained(incident: str, head: Head, entries: Iterable[TimelineEntry]) -> tuple[TimelineEntry, ...]:
    """The entries in their order, as they follow the head."""
    done = []
    seq, prev = head.entries, head.hash or root(incident)
    for entry in entries:
        seq += 1
        changed = {name: _as_read(getattr(entry, name)) for name in ("before", "after", "detail")}
        linked = msgspec.structs.replace(entry, seq=seq, prev=prev, hash="", **changed)
        prev = hash_of(entry_item(linked))
        done.append(msgspec.structs.replace(linked, hash=prev))
    return tuple(done)


def _as_read(value: dict[str, Any]) -> dict[str, Any]:
    """What a reader gets back: lists for tuples, null for what is no number."""
    read: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(value)) if value else value
    return read


def entry_item(entry: TimelineEntry) -> dict[str, Any]:
    """An entry as the API shows it, and as its hash covers it; what is empty is left out."""
    item: dict[str, Any] = {"seq": entry.seq, "at": format_time(entry.at), "actor": entry.actor, "action": entry.action}
    if entry.via:
        item["via"] = entry.via
    if entry.verified is not None:
        item["verified"] = entry.verified
    for name in ("before", "after", "detail"):
        if value := getattr(entry, name):
            item[name] = value
    return {**item, "prev": entry.prev, "hash": entry.hash}


def hash_of(item: Mapping[str, Any]) -> str:
    """The hash that an entry must have, by all that it says beside it."""
    covered = {name: value for name, value in item.items() if name != "hash"}
    text = json.dumps(covered, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def first_break(incident: str, items: Iterable[Mapping[str, Any]], head: Head) -> Break | None:
    """Where the chain of an incident's entries is broken first; ``None`` if it is whole up to the head."""
    seq, prev = 0, root(incident)
    for item in items:
        gone = number_left_out(item)
        seq += gone or 1
        if problem := _fault(item, seq, prev, incident):
            return Break(seq=seq, problem=problem)
        prev = str(item["hash"])
    if seq < head.entries:
        return Break(seq=seq + 1, problem=f"missing: {head.entries} were written, and there are {seq}")
    if seq > head.entries:
        return Break(seq=head.entries + 1, problem=f"one too many: {head.entries} were written")
    if seq and prev != head.hash:
        return Break(seq=seq, problem="not the last that was written: the incident names another hash")
    return None


def _fault(item: Mapping[str, Any], seq: int, prev: str, incident: str) -> str:
    """What is wrong with the entry that should be at this place, or nothing."""
    if item.get("seq") != seq:
        found = f"entry {item['seq']}" if isinstance(item.get("seq"), int) else "one without a number"
        return f"missing, or not in its place: there is {found} instead"
    if not number_left_out(item) and item.get("hash") != hash_of(item):
        return "not what it was when it was written: its hash does not fit it"
    if item.get("prev") != prev:
        before = f"entry {seq - 1}" if seq > 1 else f"the beginning of {incident}"
        return f"no continuation of {before}: one of them was written anew"
    return ""
