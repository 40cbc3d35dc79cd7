"""The mappings of several files → one, in which everything still knows where it stands.

Mappings of names (``services``, ``channels``, …) and of settings (``tiers``, ``incidents``, …) are joined
key by key, lists one after the other. What is said twice is a problem that names both places.
"""

from __future__ import annotations

from collections.abc import Iterable

from tocsin._core.problems import Problem
from tocsin._plan.source import Listing, Mapping, Mark, Sources

NAMED = {
    "groups": "group",
    "teams": "team",
    "people": "person",
    "channels": "channel",
    "calendars": "calendar",
    "services": "service",
    "vendors": "vendor",
    "classes": "class",
    "environments": "environment",
    "sources": "source",
    "tokens": "token",
    "heartbeats": "heartbeat",
}
"""Sections that are mappings of names, and what one of them is called."""

SETTINGS = ("tiers", "matrix", "escalation", "labels", "incidents")
"""Sections that are mappings of settings."""

LISTS = ("rules", "tests", "templates")
ENTRIES = ("watchdog",)
"""Sections that are one entry each."""


def merge(documents: Iterable[tuple[str, Mapping]], sources: Sources) -> tuple[Mapping, list[Problem]]:
    """Join the documents, which come as (file, mapping) in the order of the files."""
    merged = Mapping(Mark("", 0, 0))
    problems: list[Problem] = []
    for file, document in documents:
        if not merged.at.file:
            merged.at = Mark(file, 1, 1)
        for key, value in document.items():
            complaints = _add(merged, document, key, value)
            problems.extend(sources.problem(mark, message, path=path) for mark, message, path in complaints)
    return merged, problems


Complaint = tuple[Mark, str, str]


def _add(merged: Mapping, document: Mapping, key: str, value: object) -> list[Complaint]:
    """Add one top-level key of one file; complaints are (place, message, path)."""
    key_at, value_at = document.keys_at[key], document.values_at[key]
    if value is None:
        return []
    wanted = ""
    if key in NAMED or key in SETTINGS:
        if isinstance(value, Mapping):
            return _join(merged, document, key, value)
        wanted = f"`{key}` must be a mapping, as in `name: {{key: value}}`"
    elif key in LISTS:
        if isinstance(value, Listing):
            return _append(merged, document, key, value)
        wanted = f"`{key}` must be a list, each item beginning with `- `"
    elif key not in merged:
        merged.put(key, key_at, value, value_at)
        return []
    if wanted:
        return [(value_at, wanted, key)]
    return [(key_at, f"`{key}` is set twice; the first is at {merged.keys_at[key].exactly}", key)]


def _append(merged: Mapping, document: Mapping, key: str, value: Listing) -> list[Complaint]:
    if key not in merged:
        merged.put(key, document.keys_at[key], Listing(value.at), document.values_at[key])
    joined = merged[key]
    assert isinstance(joined, Listing)
    for item, at, index in zip(value, value.values_at, value.paths, strict=True):
        joined.put(item, at, index)
    return []


def _join(merged: Mapping, document: Mapping, key: str, value: Mapping) -> list[Complaint]:
    if key not in merged:
        merged.put(key, document.keys_at[key], Mapping(value.at), document.values_at[key])
    joined = merged[key]
    assert isinstance(joined, Mapping)
    complaints: list[Complaint] = []
    for name, item in value.items():
        mine, there = joined.get(name), value.keys_at[name]
        if name not in joined:
            joined.put(name, there, _copied(key, item), value.values_at[name])
        elif key in ("tiers", "matrix") and isinstance(mine, Mapping) and isinstance(item, Mapping):
            complaints.extend(_join_settings(f"{key}.{name}", mine, item))
        else:
            what = f"the {NAMED[key]} `{name}`" if key in NAMED else f"`{key}.{name}`"
            verb = "defined" if key in NAMED else "set"
            message = f"{what} is {verb} twice; the first is at {joined.keys_at[name].exactly}"
            complaints.append((there, message, f"{key}.{name}"))
    return complaints


def _copied(key: str, item: object) -> object:
    """A tier's or a matrix row's own copy, since other files may add to it and an alias may share it."""
    if key not in ("tiers", "matrix") or not isinstance(item, Mapping):
        return item
    copy = Mapping(item.at)
    for name, value in item.items():
        copy.put(name, item.keys_at[name], value, item.values_at[name])
    return copy


def _join_settings(path: str, joined: Mapping, value: Mapping) -> list[Complaint]:
    complaints: list[Complaint] = []
    for name, item in value.items():
        if name in joined:
            message = f"`{path}.{name}` is set twice; the first is at {joined.keys_at[name].exactly}"
            complaints.append((value.keys_at[name], message, f"{path}.{name}"))
        else:
            joined.put(name, value.keys_at[name], item, value.values_at[name])
    return complaints
