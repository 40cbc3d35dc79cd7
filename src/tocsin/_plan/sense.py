"""Whether a plan makes sense: what is sound and yet cannot be meant. The last rung of ``tocsin check``.

All are warnings: a plan with them runs. They are looked for only when somebody checks, not when a service loads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tocsin._core.model import Tier
from tocsin._core.plan import GROUPS
from tocsin._core.problems import Problem
from tocsin._core.times import Millis, format_time
from tocsin._plan.build import UTC, moment, tier_policy
from tocsin._plan.defaults import CLASSES
from tocsin._plan.hours_sense import stopped, unreached
from tocsin._plan.implied import excluded
from tocsin._plan.known_labels import known_labels, meant
from tocsin._plan.matching import never, values
from tocsin._plan.reach import Blocked
from tocsin._plan.rules import RuleEntry
from tocsin._plan.schema import PlanFile
from tocsin._plan.secrets import written_secrets
from tocsin._plan.source import Listing, Location, Mapping, Sources, locate, path_of
from tocsin._plan.telling import CALENDARS


@dataclass(frozen=True, slots=True)
class Sense:
    """Looks at a plan whose names and values are sound. ``rules`` are by their index in the tree; ``now`` is when."""

    plan: PlanFile
    rules: dict[int, RuleEntry]
    root: Mapping
    sources: Sources
    now: Millis | None = None

    def problems(self) -> Iterator[Problem]:
        """All there are, in no order."""
        yield from self._blocked()
        yield from self._contradictions()
        yield from self._ended()
        yield from self._escalation()
        yield from self._fallbacks()
        yield from self._records()
        yield from self._hours()
        yield from self._unknown_labels()
        yield from self._unused()
        yield from self._unused_teams()
        yield from self._unused_calendars()
        yield from self._secrets()

    def _warning(self, location: Location, message: str, *, key: bool = False) -> Problem:
        mark = locate(self.root, location, key=key)
        return self.sources.problem(mark, message, path=path_of(self.root, location), warning=True)

    def _blocked(self) -> Iterator[Problem]:
        for index, earlier in Blocked(self._whole_rules()).found():
            names = ", ".join(f"`{self.rules[each].name}` ({self._place(each)})" for each in earlier)
            what = "decides" if len(earlier) == 1 else "decide"
            yield self._warning(
                ("rules", index, "name"),
                f"the rule `{self.rules[index].name}` can never decide: {names} {what} before it whatever it matches; "
                "move it up, make the earlier one narrower, or take it out",
            )

    def _whole_rules(self) -> Iterator[tuple[int, RuleEntry]]:
        """The rules of which no matcher was left out because it is broken: without it they would seem wider."""
        written = self.root.get("rules")
        for index, rule in self.rules.items():
            entry = written[index] if isinstance(written, Listing) else None
            fields = (("match", rule.match), ("match_any", rule.match_any))
            if isinstance(entry, Mapping) and all(len(_list(entry.get(name))) == len(each) for name, each in fields):
                yield index, rule

    def _place(self, index: int) -> str:
        return locate(self.root, ("rules", index)).place

    def _contradictions(self) -> Iterator[Problem]:
        for index, rule in self.rules.items():
            yield from self._excluded(("rules", index), rule)
        known = values(dict.fromkeys((*CLASSES, *self.plan.classes)))
        for section in ("services", "environments", "heartbeats", "channels", "groups"):
            for name, entry in getattr(self.plan, section).items():
                yield from self._excluded((section, name), entry)
                for index, said in never(entry.match, known) if section in ("channels", "groups") else ():
                    yield self._warning((section, name, "match", index), f"{said}; it can never hold")

    def _excluded(self, location: Location, entry: Any) -> Iterator[Problem]:
        """Matchers of which not all can hold: all of ``match`` together, or with one string of ``match_any``."""
        always = tuple(matcher for text in entry.match for matcher in text)
        if label := excluded(always):
            yield self._warning((*location, "match"), _never(label), key=True)
            return
        for place, each in enumerate(getattr(entry, "match_any", ())):
            if label := excluded((*always, *each)):
                yield self._warning((*location, "match_any", place), _never(label))

    def _ended(self) -> Iterator[Problem]:
        for index, rule in self.rules.items():
            if self.now is None or rule.until is None or rule.drop is None:
                continue
            ends = moment(rule.until, self.plan.timezone or UTC)
            if ends <= self.now:
                yield self._warning(
                    ("rules", index, "until"),
                    f"this `drop` ended at {format_time(ends)}, and the rule does nothing since; take it out, "
                    "or give it a later end",
                )

    def _escalation(self) -> Iterator[Problem]:
        """Stages that are listed, and end in silence while nobody has acknowledged."""
        for tier, stages in self.plan.escalation.items():
            if tier_policy(self.plan, Tier(tier)).ack_within is None or any(each.repeat_every for each in stages):
                continue
            message = (
                f"no stage of the tier {tier} is repeated, so that an incident which nobody acknowledges is told of no "
                "more after the last; give that one a `repeat_every`"
            )
            yield self._warning(("escalation", tier), message, key=True)

    def _fallbacks(self) -> Iterator[Problem]:
        for name in GROUPS:
            group = self.plan.groups.get(name)  # type: ignore[call-overload]
            if group is not None and not group.fallback:
                yield self._warning(
                    ("groups", name),
                    f"the group `{name}` has no `fallback`: when its channels fail, nobody is told in its place",
                    key=True,
                )

    def _records(self) -> Iterator[Problem]:
        """Groups, teams and vendors of which nobody reads what they are told."""
        for section, what in (("groups", "group"), ("teams", "team"), ("vendors", "vendor")):
            for name, entry in getattr(self.plan, section).items():
                types = {self.plan.channels[each].type for each in entry.channels or () if each in self.plan.channels}
                if types == {"file"} and not set(entry.channels) - self.plan.channels.keys():
                    message = f"the {what} `{name}` has only files, and a file tells nobody; give it another channel"
                    yield self._warning((section, name, "channels"), message)

    def _hours(self) -> Iterator[Problem]:
        for (section, *names), hour in unreached(self.plan, self.now).items():
            what = f"the {section[:-1] if len(names) == 1 else section} {', '.join(f'`{name}`' for name in names)}"
            whom = "it" if section == "groups" else f"the group `{self.plan.teams[names[0]].group}`"
            yield self._warning(
                (section, names[0]),
                f"nobody of {what} is within hours on {hour}: then all its channels are told in spite of "
                f"their calendars; give {whom} a fallback that is within its hours then",
                key=True,
            )

        for section, name, calendar in stopped(self.plan, self.now):
            message = f"the calendar `{calendar}` has no hour in the years to come: the clocks that it is for never run"
            yield self._warning((section, name, "calendar"), message)

    def _unknown_labels(self) -> Iterator[Problem]:
        known: frozenset[str] = frozenset()
        for location, names in self._patterns():
            known = known or known_labels(self.plan)
            for name in sorted(names):
                if name.removeprefix("labels.") not in known:
                    message = f"nothing else in the plan knows a label `{name}`, so it may well be empty"
                    yield self._warning(location, message + meant(name, known))

    def _patterns(self) -> Iterator[tuple[Location, frozenset[str]]]:
        """The titles and links that name labels, and the labels."""
        for index, rule in self.rules.items():
            if rule.title is not None and rule.title.names:
                yield ("rules", index, "title"), rule.title.names
            for name, link in (rule.links or {}).items():
                if link.names:
                    yield ("rules", index, "links", name), frozenset(link.names)

    def _unused(self) -> Iterator[Problem]:
        groups = self.plan.groups.values()
        used = {name for group in groups for name in (*group.channels, *group.fallback)}
        used |= {name for team in self.plan.teams.values() for name in team.channels}
        used |= {name for vendor in self.plan.vendors.values() for name in vendor.channels or ()}
        for name in self.plan.channels if groups else ():
            if name not in used:
                message = f"no group, no team and no vendor uses the channel `{name}`; name it in one, or take it out"
                yield self._warning(("channels", name), message, key=True)

    def _unused_teams(self) -> Iterator[Problem]:
        used = {name for service in self.plan.services.values() for name in service.teams}
        for name in self.plan.teams:
            if name not in used:
                message = f"no service names the team `{name}`, so it is never told; name it in the `teams` of one"
                yield self._warning(("teams", name), message, key=True)

    def _unused_calendars(self) -> Iterator[Problem]:
        used = {getattr(each, field) for section, field in CALENDARS for each in getattr(self.plan, section).values()}
        for name in self.plan.calendars:
            if name not in used:
                message = f"nothing uses the calendar `{name}`; name it in a `when` or a `calendar`, or take it out"
                yield self._warning(("calendars", name), message, key=True)

    def _secrets(self) -> Iterator[Problem]:
        for location, what in written_secrets(self.root):
            message = f"{what} is written into the file; write {{env: NAME}} or {{file: path}} instead"
            yield self._warning(location, message)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _never(label: str) -> str:
    return f"these matchers never hold together: no value of `{label}` fits them all"
