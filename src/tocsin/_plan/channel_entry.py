"""What every channel of a rule file may have, whatever its ``type``."""

from __future__ import annotations

from typing import Any

from tocsin._core.plan import Language
from tocsin._plan.entry import Entry
from tocsin._plan.fields import Name, Zone
from tocsin._plan.matching import NoticeMatchers
from tocsin._plan.people import PersonName
from tocsin._plan.quantities import RateText


class ChannelEntry(Entry):
    """What every channel may have; each type adds its own settings."""

    later = frozenset({"details"})
    match: list[NoticeMatchers] = []
    """Matchers over what a notice is about, which must all hold; left out, it carries every notice."""
    mention: list[PersonName] = []
    """Some of `people`, whom its messages call by name where somebody is wanted at once."""
    when: Name | None = None
    """When it carries notices, one of `calendars`; left out, always."""
    language: Language | None = None
    """The language of its notices, where it differs from the group's: `en` or `zh`."""
    timezone: Zone | None = None
    """The time zone of times in its notices, where it differs from the group's."""

    rate: RateText | None = None
    """How many messages it takes within what time, such as `20/1m`; left out, what the tool documents."""

    def settings(self) -> dict[str, Any]:
        """The settings of the type alone, those that were given."""
        own = type(self).model_fields.keys() - ChannelEntry.model_fields.keys() - {"type"}
        given = {name: getattr(self, name) for name in sorted(own)}
        return {name: value for name, value in given.items() if value is not None}
