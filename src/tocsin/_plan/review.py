"""What a look at a plan as a whole is made of: the entries, the tree that they came from, problems at their place."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from tocsin._core.problems import Problem
from tocsin._plan.guess import did_you_mean
from tocsin._plan.rules import RuleEntry
from tocsin._plan.schema import PlanFile
from tocsin._plan.source import Location, Mapping, Sources, locate, path_of


@dataclass(frozen=True, slots=True)
class Review:
    """Looks at a plan as a whole. ``rules`` are the sound rules by their index in the tree, ``root`` is the tree."""

    plan: PlanFile
    rules: dict[int, RuleEntry]
    root: Mapping
    sources: Sources

    def _problem(self, location: Location, message: str, *, key: bool = False, warning: bool = False) -> Problem:
        mark = locate(self.root, location, key=key)
        return self.sources.problem(mark, message, path=path_of(self.root, location), warning=warning)

    def _written(self, *location: str | int) -> bool:
        """Whether the files have this at all, sound or not."""
        node: object = self.root
        for step in location:
            if isinstance(node, Mapping) and step in node:
                node = node[str(step)]
            elif isinstance(node, list) and isinstance(step, int) and step < len(node):
                node = node[step]
            else:
                return False
        return True

    def _defined(self, section: str, also: Collection[str] = ()) -> dict[str, None]:
        """The names of a section, sound or not, in the order of the files."""
        entries = self.root.get(section)
        return dict.fromkeys([*(entries if isinstance(entries, Mapping) else ()), *also])

    def _unknown(self, location: Location, what: str, name: str, known: Collection[str]) -> Iterator[Problem]:
        if name not in known:
            yield self._problem(location, f"there is no {what} `{name}`{did_you_mean(name, known)}")

    def _listed(self, location: Location, what: str, names: list[str], known: Collection[str]) -> Iterator[Problem]:
        """Names that must exist, each once."""
        for index, name in enumerate(names):
            yield from self._unknown((*location, index), what, name, known)
            if name in names[:index]:
                yield self._problem((*location, index), f"the {what} `{name}` is listed twice")
