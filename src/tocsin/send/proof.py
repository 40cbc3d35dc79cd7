"""A plan's own texts, tried on before they are in force: read, and filled in for a notice of every event that they are
for, with everything known and with nothing. What is wrong with them becomes problems with their place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from tocsin._core.events import VENDOR_HEARS, Event
from tocsin._core.plan import GROUPS, VENDOR
from tocsin._core.problems import Problem
from tocsin._plan.blocks import problem_within
from tocsin._plan.source import Location, Mapping, Sources, locate, path_of
from tocsin._plan.templates import TemplateEntry
from tocsin.send.samples import delivery, samples
from tocsin.send.sandbox import TemplateFailed
from tocsin.send.template import TemplateFault
from tocsin.send.text import Writer, facts_of
from tocsin.send.texts import PARTS, Own, Part, compile_own

_LONGEST_SUBJECT = 400


@dataclass(frozen=True, slots=True)
class Proof:
    """Tries the texts of a plan: ``entries`` by their index in the tree, ``directory`` where its files are."""

    entries: dict[int, TemplateEntry]
    root: Mapping
    sources: Sources
    directory: Path
    _writers: dict[tuple[str, int, str, str], Writer] = field(default_factory=dict)

    def problems(self) -> Iterator[Problem]:
        """All there are: at most one for each template."""
        first: dict[tuple[Part, str, str, str], Location] = {}
        for index, entry in self.entries.items():
            if entry.subject is None and entry.text is None:
                yield self._problem(("templates", index), "needs a `subject`, a `text` or both", key=True)
            if entry.group == VENDOR and entry.event is not None and entry.event not in VENDOR_HEARS:
                known = ", ".join(event for event in get_args(Event) if event in VENDOR_HEARS)
                yield self._problem(
                    ("templates", index, "event"), f"a vendor is never told of `{entry.event}`; it is of {known}"
                )
                continue
            for part in PARTS:
                location = ("templates", index, part)
                text = getattr(entry, part)
                if text is None:
                    continue
                key = (part, entry.event or "", entry.group or "", entry.language or "")
                if first.setdefault(key, location) != location:
                    there = locate(self.root, first[key]).exactly
                    message = f"the `{part}` for the same notices is given twice; the first is at {there}"
                    yield self._problem(location, message)
                elif text:
                    yield from self._try(location, part, text, entry)

    def _try(self, location: Location, part: Part, text: str, entry: TemplateEntry) -> Iterator[Problem]:
        try:
            own = Own("", part, compile_own(text))
        except TemplateFault as fault:
            yield problem_within(
                self.root,
                self.sources,
                location,
                text,
                directory=self.directory,
                message=f"`{part}` {fault}" if str(fault).startswith("is ") else str(fault),
                at=(fault.line, fault.column, fault.width),
            )
            return
        said = self._fails(own, entry)
        if said:
            yield self._problem(location, said)

    def _fails(self, own: Own, entry: TemplateEntry) -> str:
        """The first notice for which it cannot be filled in, and why; nothing if it always can."""
        for event in _events(entry):
            for language in [entry.language] if entry.language else ("en", "zh"):
                for group in [entry.group] if entry.group else GROUPS:
                    for number, writer in enumerate(self._writers_of(event, language, group)):
                        try:
                            lines = writer.lines_of(own, group)
                        except TemplateFailed as error:
                            known = "" if number % 2 else " where little is known"  # samples come in such pairs
                            return f"`{own.part}` fails for `{event}`, `{group}` and `{language}`{known}: {error}"
                        if own.part == "subject" and len(" ".join(lines)) > _LONGEST_SUBJECT:
                            return f"`subject` is longer than {_LONGEST_SUBJECT} characters for `{event}`"
        return ""

    def _writers_of(self, event: str, language: str, group: str) -> Iterator[Writer]:
        details = {"business": "summary", "legal": "summary", VENDOR: VENDOR}.get(group, "full")
        for number, notice in enumerate(samples(event)):
            key = (event, number, language, group)
            if key not in self._writers:
                to = delivery(group, language, details=details)
                self._writers[key] = Writer(facts_of(notice, to, external_url="https://tocsin.example"))
            yield self._writers[key]

    def _problem(self, location: Location, message: str, *, key: bool = False) -> Problem:
        mark = locate(self.root, location, key=key)
        return self.sources.problem(mark, message, path=path_of(self.root, location))


def _events(entry: TemplateEntry) -> Iterator[str]:
    """The events of the notices that a template is for."""
    for event in [entry.event] if entry.event else get_args(Event):
        if entry.group != VENDOR or event in VENDOR_HEARS:
            yield event
