"""Tries the templates of a plan's ``http`` channels before they are in force: on notices of every event that each is
for, with everything known and with nothing. What is wrong with them becomes problems with their place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

from tocsin._core.events import BEGINS, VENDOR_HEARS, Event
from tocsin._core.message import Message
from tocsin._core.plan import VENDOR
from tocsin._core.problems import Problem
from tocsin._plan import source
from tocsin._plan.blocks import problem_within
from tocsin._plan.request_channel import RequestChannel
from tocsin._plan.schema import PlanFile
from tocsin._plan.source import Location, Sources, locate, path_of
from tocsin.send.body import render
from tocsin.send.request import JSON, LARGEST_BODY, Context, context_of, part, values_of
from tocsin.send.samples import delivery, samples
from tocsin.send.sandbox import Template, TemplateFailed
from tocsin.send.template import TemplateFault

_DETAILS = {"technical": "full", "business": "summary", VENDOR: VENDOR}
"""Groups of which each stands for all that see as much."""

_WITHOUT = Message(
    id="d-1", event="digest", group="technical", incident="", subject="2 incidents", text="2 incidents", body={}
)
"""A message that is about no incident alone."""


@dataclass(frozen=True, slots=True)
class RequestProof:
    """Looks at the channels of a plan; ``directory`` is where its files are."""

    plan: PlanFile
    root: source.Mapping
    sources: Sources
    directory: Path
    _messages: dict[str, list[Message]] = field(default_factory=dict)

    def problems(self) -> Iterator[Problem]:
        """All there are: at most one for each template."""
        for name, entry in self.plan.channels.items():
            if not isinstance(entry, RequestChannel):
                continue
            settings = entry.settings()
            on = settings.get("on", {})
            everything = tuple(get_args(Event))
            for location, text in _parts(settings):
                rest = tuple(event for event in everything if location[0] not in on.get(event, {}))
                yield from self._try(("channels", name, *location), text, settings, (*rest, ""))
            for event, own in on.items():
                for location, text in _parts(own):
                    yield from self._try(("channels", name, "on", event, *location), text, settings, (event,))

    def _try(self, at: Location, text: str, settings: Mapping[str, Any], events: tuple[str, ...]) -> Iterator[Problem]:
        kind = str(at[-1] if at[-1] in ("path", "body") else "query")
        contexts: dict[str, Context] = {"path": "path", "body": context_of(settings.get("content_type", JSON))}
        context = contexts.get(kind, "plain")
        secrets = settings.get("secrets", {})
        try:
            template = part(text, context, secrets)
        except TemplateFault as fault:
            where = (fault.line, fault.column, fault.width)
            said = f"`{kind}` {fault}" if str(fault).startswith("is ") else str(fault)
            yield problem_within(self.root, self.sources, at, text, directory=self.directory, message=said, at=where)
            return
        for event in events:
            for message in self._samples(event):
                said = _fails(template, values_of(message, dict.fromkeys(secrets, "x")), kind, context)
                if said:
                    what = f"`{message.event}`" + (f" and `{message.group}`" if event else "")
                    mark, path = locate(self.root, at), path_of(self.root, at)
                    yield self.sources.problem(mark, f"`{kind}` fails for {what}: {said}", path=path)
                    return

    def _samples(self, event: str) -> list[Message]:
        if not event:
            return [_WITHOUT]
        if event not in self._messages:
            groups = [group for group in _DETAILS if group != VENDOR or event in VENDOR_HEARS]
            self._messages[event] = [
                replace(message, thread="" if event in BEGINS else "T-1")
                for notice in samples(event)
                for group in groups
                for message in [
                    render(
                        notice,
                        delivery(group, "en", details=_DETAILS[group]),
                        external_url="https://tocsin.example",
                    )
                ]
            ]
        return self._messages[event]


def _parts(written: Mapping[str, Any]) -> Iterator[tuple[Location, str]]:
    """The templates of a channel, or of what differs for an event."""
    for name in ("path", "body"):
        if written.get(name):
            yield (name,), written[name]
    for name, text in written.get("query", {}).items():
        yield ("query", name), text


def _fails(template: Template, values: Mapping[str, Any], kind: str, context: Context) -> str:
    """What is wrong with what it makes of these values; nothing if all is well."""
    try:
        made = template.text(values, LARGEST_BODY)
    except TemplateFailed as error:
        return str(error)
    if kind == "path" and not made.startswith("/"):
        return "it does not begin with a slash"
    if kind == "path" and set(made) & set("?# "):
        return "a path has no space, `?` or `#` in it; parameters go into `query`"
    if kind == "body" and context == "json":
        try:
            json.loads(made)
        except ValueError as error:
            return f"it makes no JSON ({error}); put a value between quotes, or write it as in {{{{ subject | json }}}}"
    return ""
