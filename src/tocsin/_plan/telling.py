"""Who is told by what: groups, teams, vendors and the people whom their channels call. Names that must exist, and what
does not go together.
"""

from __future__ import annotations

from collections.abc import Iterator

from tocsin._core.plan import GROUPS
from tocsin._core.problems import Problem
from tocsin._plan.channels import TYPES
from tocsin._plan.defaults import CONSOLE
from tocsin._plan.guess import did_you_mean
from tocsin._plan.review import Review
from tocsin._plan.source import Location, locate

CALENDARS = (("groups", "when"), ("channels", "when"), ("tiers", "calendar"), ("vendors", "calendar"))
"""Where a calendar is named: sections, and the field of their entries."""


class Telling(Review):
    """Looks at those who are told."""

    def problems(self) -> Iterator[Problem]:
        """All there are, in no order."""
        yield from self._groups()
        yield from self._teams()
        yield from self._vendors()
        yield from self._mentions()
        yield from self._accounts()
        yield from self._calendars()

    def _groups(self) -> Iterator[Problem]:
        defined = self._defined("groups")
        if not defined:
            return
        for name in GROUPS:
            if name not in defined:
                yield self._problem(
                    ("groups",),
                    f"the group `{name}` is missing; list all five, or leave `groups` out and all use the console",
                    key=True,
                )
        channels = self._defined("channels", (CONSOLE,))
        for name, group in self.plan.groups.items():
            for field in ("channels", "fallback"):
                yield from self._listed(("groups", name, field), "channel", getattr(group, field), channels)
            for index, channel in enumerate(group.fallback):
                if channel in group.channels:
                    yield self._problem(
                        ("groups", name, "fallback", index),
                        f"`{channel}` is a channel of the group already, so it is no fallback",
                    )

    def _teams(self) -> Iterator[Problem]:
        channels = self._defined("channels", (CONSOLE,))
        for name, team in self.plan.teams.items():
            yield from self._listed(("teams", name, "channels"), "channel", team.channels, channels)

    def _vendors(self) -> Iterator[Problem]:
        """A vendor's channels are its own: what goes there is for it alone, and no one else's is for it to see."""
        channels = self._defined("channels", (CONSOLE,))
        taken: dict[str, tuple[Location, str]] = {}
        for section, name, field in (
            *(("groups", name, field) for field in ("channels", "fallback") for name in self.plan.groups),
            *(("teams", name, "channels") for name in self.plan.teams),
            *(("vendors", name, "channels") for name in self.plan.vendors),
        ):
            listed: list[str] = getattr(getattr(self.plan, section)[name], field) or []
            if section == "vendors":
                yield from self._listed((section, name, field), "channel", listed, channels)
            for index, channel in enumerate(listed):
                if section == "vendors" and channel == CONSOLE and not self._defined("groups"):
                    message = f"all groups use `{CONSOLE}` where `groups` is left out; a vendor needs one of its own"
                    yield self._problem((section, name, field, index), message)
                    continue
                location, whose = (section, name, field, index), f"the {section[:-1]} `{name}`"
                first, owner = taken.setdefault(channel, (location, whose))
                if section == "vendors" and owner != whose:
                    there = locate(self.root, first).exactly
                    message = f"`{channel}` is a channel of {owner} too ({there}); a vendor needs one of its own"
                    yield self._problem(location, message)

    def _mentions(self) -> Iterator[Problem]:
        """Our own people, and nobody of them before a vendor."""
        people = self._defined("people")
        for section in ("groups", "channels"):
            for name, entry in getattr(self.plan, section).items():
                yield from self._listed((section, name, "mention"), "person", entry.mention, people)
        for name, vendor in self.plan.vendors.items():
            for channel in vendor.channels or ():
                if channel in self.plan.channels and self.plan.channels[channel].mention:
                    message = f"a channel of the vendor `{name}` shows it no people of yours; take `mention` out"
                    yield self._problem(("channels", channel, "mention"), message, key=True)

    def _accounts(self) -> Iterator[Problem]:
        """Each is at a tool that there is, and one person's alone: who uses it acts in that person's name."""
        taken: dict[tuple[str, str], Location] = {}
        for name, person in self.plan.people.items():
            for tool, account in (person.accounts or {}).items():
                location = ("people", name, "accounts", tool)
                if tool not in TYPES:
                    message = f"`{tool}` is no type of channel{did_you_mean(tool, TYPES)}"
                    yield self._problem(location, message, key=True)
                first = taken.setdefault((tool, account), location)
                if first != location:
                    there = locate(self.root, first).exactly
                    message = f"`{account}` is the account of `{first[1]}` too ({there}); it must be one person's"
                    yield self._problem(location, message)

    def _calendars(self) -> Iterator[Problem]:
        known = self._defined("calendars")
        for section, field in CALENDARS:
            for name, entry in getattr(self.plan, section).items():
                calendar = getattr(entry, field)
                if calendar is not None:
                    yield from self._unknown((section, name, field), "calendar", calendar, known)
