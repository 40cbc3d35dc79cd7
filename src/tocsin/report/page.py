"""What every part of a report is made with: the record, the plan's names, a language, a time zone, and the time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tocsin._core.incident import Incident
from tocsin._core.plan import Language, Plan
from tocsin._core.times import DAY, HOUR, MINUTE, SECOND, Millis, parse_time
from tocsin._store.listing import Whole
from tocsin.report.chinese import CHINESE
from tocsin.report.english import ENGLISH
from tocsin.report.markdown import plain
from tocsin.report.words import Words

CLOSED = frozenset({"reason", "stages", "by", "continuity", "responsible_party", "impact_scope", "scope", "subtype"})
"""Fields whose values may be closed words of ours; what people say in others is never taken for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One report. What its methods answer is Markdown already."""

    whole: Whole
    plan: Plan
    language: Language
    now: Millis

    @property
    def incident(self) -> Incident:
        """The incident as it is now."""
        return self.whole.incident

    @property
    def words(self) -> Words:
        """The language's words."""
        return CHINESE if self.language == "zh" else ENGLISH

    def say(self, key: str, **places: object) -> str:
        """A heading, a name or a sentence, with its places filled."""
        return self.words.say[key].format(colon=self.words.colon, **places)

    def at(self, time: Millis | None) -> str:
        """``2026-12-05 09:00:00 +08:00``, by the plan's time zone; unknown where there is none."""
        if time is None:
            return self.say("unknown")
        local = datetime.fromtimestamp(time // SECOND, UTC).astimezone(self.plan.timezone)
        offset = local.strftime("%z")
        return f"{local:%Y-%m-%d %H:%M:%S} {offset[:3]}:{offset[3:5]}"

    def moment(self, text: object) -> str:
        """A time as an entry has it; shown as it is where it is none."""
        try:
            return self.at(parse_time(str(text)))
        except ValueError:
            return self.value(text)

    def span(self, duration: Millis) -> str:
        """A duration in its two largest units: ``1h58m``."""
        sizes = (DAY, HOUR, MINUTE, SECOND)
        parts, rest = [], max(0, duration)
        for size, unit in zip(sizes, self.words.units, strict=True):
            count, rest = divmod(rest, size)
            parts.append(f"{count}{unit}" if count else "")
        first = next((place for place, part in enumerate(parts) if part), len(parts) - 1)
        return "".join(parts[first : first + 2]) or f"0{self.words.units[-1]}"

    def after(self, time: Millis | None, since: Millis) -> str:
        """A time, and how long after the incident began that was; nothing where there is none."""
        if time is None:
            return ""
        if time - since < SECOND:
            return self.at(time)
        return self.say("after", time=self.at(time), span=self.span(time - since))

    def group(self, name: str) -> str:
        """A group by the plan's name for it."""
        group = self.plan.groups.get(name)
        return plain(group.title.in_(self.language) if group else name)

    def vendor(self, name: str) -> str:
        """A vendor by the plan's name for it."""
        vendor = self.plan.vendors.get(name)
        return plain(vendor.title.in_(self.language) if vendor else name)

    def groups(self, names: Iterable[str]) -> str:
        """Several groups."""
        return self.words.comma.join(self.group(name) for name in names)

    def class_title(self, name: str) -> str:
        """A class by the plan's name for it."""
        found = self.plan.classes.get(name)
        return plain(found.title.in_(self.language) if found else name)

    def listed(self, items: Iterable[str]) -> str:
        """Names that are nobody's markup, with commas."""
        return self.words.comma.join(plain(item) for item in items)

    def value(self, value: Any, name: str = "") -> str:
        """Whatever stands in a field, on one line; a closed word of ours as the language has it."""
        if isinstance(value, dict):
            pairs = (f"{self.field(name)}{self.words.colon}{self.value(each, name)}" for name, each in value.items())
            return self.words.comma.join(pairs)
        if isinstance(value, list | tuple):
            return self.words.comma.join(self.value(each, name) for each in value)
        if value is None or value == "":
            return "–"
        closed = isinstance(value, bool) or name in CLOSED
        return (self.words.values.get(str(value)) if closed else None) or plain(str(value))

    def field(self, name: str) -> str:
        """What a field is called."""
        return self.words.fields.get(name) or plain(name)
