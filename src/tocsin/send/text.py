"""A delivery's subject and plain text, in its language and its groups' own words.

One head that reads the same for every group, what happened, what is asked; then for each group the facts it needs, what
is still unknown apart from them, and what it does next. One screen. Templates say all of it: the shipped ones, or in
their place the plan's. A template of the plan that fails gives way to the shipped one, so that the notice goes out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tocsin._core.clean import one_line
from tocsin._core.incident import Delivery, Notice
from tocsin.send.facts import Facts
from tocsin.send.sandbox import Template
from tocsin.send.shipped import Language, language_of
from tocsin.send.variables import PARTS, VARIABLES

_SUBJECT = 400

Failed = Callable[[str, str, str], None]
"""Told of a template of the plan that failed: which, of which event, and why."""


def facts_of(notice: Notice, delivery: Delivery, *, external_url: str, respond: str = "") -> Facts:
    """The facts that this delivery may carry."""
    words = language_of(delivery.language).words
    return Facts(notice, delivery, words, external_url=external_url, respond=respond)


class Writer:
    """Writes the texts of one delivery; what it has worked out once it keeps."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._language: Language = language_of(facts.delivery.language)
        self._values: dict[str, Any] = {}

    def subject(self) -> str:
        """One line for a list of messages or a phone's lock screen."""
        lines = self._lines(self._shipped("subject"))
        return one_line(" ".join(lines), _SUBJECT)

    def text(self) -> str:
        """The whole text; lines are ended by ``\n``, but for the last."""
        groups = self._facts.groups
        if len(groups) == 1:
            return "\n".join(self._of_group(groups[0]))
        return "\n".join(self._together(groups))

    def _together(self, groups: tuple[str, ...]) -> list[str]:
        """The texts of several groups that share a channel: what they have in common once, then each one's own."""
        lines = [line for part in ("head", "happened", "request") for line in self._part(part).split("\n") if line]
        words, addresses = self._facts.words, tuple(self._facts.links.values())
        links: list[str] = []
        for group in groups:
            own = [line for line in self._of_group(group) if line and line not in (*lines, *links)]
            links += [line for line in own if line.endswith(addresses)]
            lines += ["", words.bracket.format(words.groups.get(group, group))]
            lines += [line for line in own if line not in links]
        return [*lines, *links]

    def _of_group(self, group: str) -> list[str]:
        return self._lines(self._shipped(group if group in self._language.templates else "command"), group)

    def _shipped(self, name: str) -> Template:
        return self._language.templates[name]

    def _part(self, name: str) -> str:
        return str(self._value(name, ""))

    def _lines(self, template: Template, group: str = "") -> list[str]:
        return template.lines({name: self._value(name, group) for name in template.names})

    def _value(self, name: str, group: str) -> Any:
        if name == "group":
            return group or self._facts.delivery.group
        if name == "group_title":
            return self._facts.words.groups.get(group, group)
        if name not in self._values:
            if name in PARTS:
                self._values[name] = "\n".join(self._lines(self._shipped(name)))
            else:
                self._values[name] = VARIABLES[name].make(self._facts)
        return self._values[name]
