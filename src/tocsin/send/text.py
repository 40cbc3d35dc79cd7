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
from tocsin._core.plan import VENDOR
from tocsin.send.facts import Facts
from tocsin.send.sandbox import Template, TemplateFailed
from tocsin.send.shipped import Language, language_of
from tocsin.send.texts import Own, Part, Texts
from tocsin.send.variables import PIECES, VARIABLES

SHIPPED = Texts()
"""No texts of a plan's own."""

Failed = Callable[[Own, str], None]
"""Told of a template of the plan that failed, and why."""

_SUBJECT = 400


def unheard(own: Own, why: str) -> None:
    """Tell nobody."""


def facts_of(notice: Notice, delivery: Delivery, *, external_url: str, respond: str = "") -> Facts:
    """The facts that this delivery may carry."""
    words = language_of(delivery.language).words
    return Facts(notice, delivery, words, external_url=external_url, respond=respond)


class Writer:
    """Writes the texts of one delivery; what it has worked out once it keeps. ``texts`` are the plan's own, and
    ``failed`` is told of one that failed, and why."""

    def __init__(self, facts: Facts, texts: Texts = SHIPPED, *, failed: Failed = unheard) -> None:
        self._facts = facts
        self._texts = texts
        self._failed = failed
        self._language: Language = language_of(facts.delivery.language)
        self._values: dict[str, Any] = {}

    def subject(self) -> str:
        """One line for a list of messages or a phone's lock screen."""
        lines = self._own("subject", self._facts.groups[0]) if self._is_one("subject") else []
        return self._marked(one_line(" ".join(lines or self._lines(self._shipped("subject"))), _SUBJECT))

    def text(self) -> str:
        """The whole text; lines are ended by ``\n``, but for the last."""
        groups = self._facts.groups
        lines = self._of_group(groups[0]) if self._is_one("text") else self._together(groups)
        return self._marked("\n".join(lines))

    def lines_of(self, own: Own, group: str) -> list[str]:
        """What a template of the plan makes. Raises ``TemplateFailed``, also if that is nothing."""
        lines = self._lines(own.languages[self._facts.delivery.language], group)
        if not lines:
            raise TemplateFailed("it makes nothing")
        return lines

    def _is_one(self, part: Part) -> bool:
        """Whether all groups read the same: there is one, or one template of the plan is for them all."""
        chosen = [self._chosen(part, group) for group in self._facts.groups]
        return len(chosen) == 1 or (chosen[0] is not None and all(each is chosen[0] for each in chosen))

    def _chosen(self, part: Part, group: str) -> Own | None:
        return self._texts.chosen(part, self._facts.notice.event, group, self._facts.delivery.language)

    def _own(self, part: Part, group: str) -> list[str]:
        """What the plan's template makes; nothing if there is none, or if it fails."""
        own = self._chosen(part, group)
        if own is None:
            return []
        try:
            return self.lines_of(own, group)
        except TemplateFailed as error:
            self._failed(own, str(error))
            return []

    def _marked(self, text: str) -> str:
        """A drill is marked, whatever a template of the plan says."""
        mark = self._facts.words.bracket.format(self._facts.words.drill)
        return text if not self._facts.notice.drill or text.startswith(mark) else f"{mark} {text}"

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
        return self._own("text", group) or self._lines(
            self._shipped(group if group in self._language.templates else "command"), group
        )

    def _shipped(self, name: str) -> Template:
        own = f"{VENDOR}_{name}" if self._facts.is_vendors else name
        return self._language.templates[own if own in self._language.templates else name]

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
            if name in PIECES:
                self._values[name] = "\n".join(self._lines(self._shipped(name)))
            else:
                self._values[name] = VARIABLES[name].make(self._facts)
        return self._values[name]
