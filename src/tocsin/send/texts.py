"""A plan's own texts, compiled: which of them, if any, takes the place of the shipped one in a notice.

The one that names most goes first: an event weighs more than a group, and that more than a language. Subject and text
are looked for apart, so that one of them may be had from elsewhere. One that names no group is for all five, and not
for vendors, who may know of little that it speaks of.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from tocsin._core.plan import VENDOR, TextTemplate
from tocsin.send.sandbox import Template
from tocsin.send.shipped import language_of
from tocsin.send.template import compile_template
from tocsin.send.variables import KINDS

Part = Literal["subject", "text"]
PARTS: tuple[Part, ...] = ("subject", "text")
LANGUAGES = ("en", "zh")


@dataclass(frozen=True, slots=True)
class Own:
    """A template of the plan, by its place; ``languages`` has it compiled for each."""

    place: str
    part: Part
    languages: dict[str, Template]


def compile_own(text: str) -> dict[str, Template]:
    """A template for each language: lists read otherwise in each. Raises ``TemplateFault``."""
    return {name: compile_template(text, language_of(name).sandbox, known=KINDS) for name in LANGUAGES}


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a plan's own. ``failed`` are the places of those that have failed, which is told once."""

    own: dict[tuple[Part, str, str, str], Own] = field(default_factory=dict)
    failed: set[tuple[str, Part]] = field(default_factory=set)

    @classmethod
    def of(cls, templates: Iterable[TextTemplate]) -> Texts:
        """Compile them, and the shipped ones beside. Raises ``TemplateFault``; a plan that loads has none."""
        for name in LANGUAGES:
            language_of(name)  # now, and not when the first notice is waited for
        own: dict[tuple[Part, str, str, str], Own] = {}
        for each in templates:
            for part in PARTS:
                text: str = getattr(each, part)
                if text:
                    key = (part, each.event, each.group, each.language)
                    own.setdefault(key, Own(each.place, part, compile_own(text)))
        return cls(own)

    def fails_first(self, own: Own) -> bool:
        """Whether this one has not failed before."""
        key = (own.place, own.part)
        is_first = key not in self.failed
        self.failed.add(key)
        return is_first

    def chosen(self, part: Part, event: str, group: str, language: str) -> Own | None:
        """The plan's template for a notice; ``None`` for the shipped one."""
        if not self.own:
            return None
        for of_event in (event, ""):
            for of_group in (group,) if group == VENDOR else (group, ""):
                for of_language in (language, ""):
                    found = self.own.get((part, of_event, of_group, of_language))
                    if found is not None:
                        return found
        return None
