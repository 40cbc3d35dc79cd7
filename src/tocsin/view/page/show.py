"""An incident as the page shows it, to the groups of a link, in a language. Pure.

Groups that are told no host get the plain title, what people wrote without hosts and addresses, and of the timeline who
did what.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from tocsin._core.blot import UNNAMED_GROUPS, Blot
from tocsin._core.clean import one_line
from tocsin._core.incident import Acknowledgement, AlertRecord, Incident
from tocsin._core.link import Link
from tocsin._core.local import moment, span
from tocsin._core.plan import Language, Plan
from tocsin._core.timeline import TimelineEntry
from tocsin._core.times import MINUTE, Millis
from tocsin._store.listing import Whole
from tocsin.view.page.chinese import CHINESE
from tocsin.view.page.english import ENGLISH
from tocsin.view.page.words import Words

LATELY = 6
"""Entries of the timeline that are shown."""

Pairs = tuple[tuple[str, str], ...]

_SAID = ("note", "text", "reason", "why")


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A line of what was done last."""

    at: str
    who: str
    what: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One page's view. ``language`` is the one chosen, else that of the notice. ``blot`` takes hosts out of text."""

    whole: Whole
    plan: Plan
    link: Link
    language: Language
    zone: ZoneInfo
    now: Millis
    blot: Blot

    @property
    def incident(self) -> Incident:
        """The incident as it is now."""
        return self.whole.incident

    @property
    def words(self) -> Words:
        """The language's words."""
        return words_of(self.language)

    @property
    def is_full(self) -> bool:
        """Whether the link's groups are told of hosts and details: as in their notices."""
        details = {self.plan.groups[name].details for name in self.link.groups}
        return details == {"full"} and not UNNAMED_GROUPS.issuperset(self.link.groups)

    def say(self, key: str, **places: object) -> str:
        """A heading or a sentence with its places filled."""
        return self.words.say[key].format(**places)

    def at(self, time: Millis) -> str:
        """A time in the group's zone."""
        return moment(time, self.zone)

    def group(self, name: str) -> str:
        """A group by the plan's name for it."""
        group = self.plan.groups.get(name)
        return group.title.in_(self.language) if group else name

    @property
    def groups(self) -> str:
        """The link's groups."""
        return self.words.comma.join(self.group(name) for name in self.link.groups)

    @property
    def class_title(self) -> str:
        """The class by the plan's name for it; nothing where the title says it."""
        found = self.plan.classes.get(self.incident.class_)
        name = found.title.in_(self.language) if found else self.incident.class_
        return "" if self.title.startswith(name) else name

    @property
    def title(self) -> str:
        """What it is called, to those who may see hosts and to those who may not."""
        incident = self.incident
        plain = None if self.is_full else incident.decision.plain_title
        return self.text((plain or incident.title).in_(self.language))

    def text(self, text: str, limit: int = 200) -> str:
        """Somebody's words on one line, without hosts where those may not be seen."""
        line = one_line(text, limit)
        return line if self.is_full else self.blot(line)

    def head(self) -> Pairs:
        """What must be seen first: how it is called, and what it is."""
        return (self.words.say["rto"], self._rto()), (self.words.say["who"], self._who())

    def facts(self) -> Iterator[tuple[str, str]]:
        """What else is known, likewise."""
        incident, say = self.incident, self.words.say
        if incident.assigned_to:
            yield say["assigned"], one_line(incident.assigned_to)
        if incident.update_due is not None and incident.restored_at is None and incident.closed_at is None:
            yield say["next_update"], self.at(incident.update_due)
        if incident.eta is not None and incident.restored_at is None:
            yield say["eta"], self.say("eta_by", at=self.at(incident.eta.at), person=one_line(incident.eta.by))
        if incident.snoozed_until is not None and incident.snoozed_until > self.now:
            yield say["snoozed"], self.at(incident.snoozed_until)
        if incident.services:
            yield say["services"], self._services()
        yield say["started"], self.at(incident.started_at)
        for name in ("restored", "closed"):
            time = getattr(incident, f"{name}_at")
            if time is not None:
                yield say[name], self.at(time)
        if incident.merged_into:
            yield say["merged_into"], incident.merged_into

    def flags(self) -> Iterator[str]:
        """What must not be missing from the emergency changes, and is."""
        for change in self.incident.changes:
            missing = self.words.comma.join(self.words.missing[name] for name in change.flags)
            if missing:
                yield self.say("flag", number=change.number, missing=missing)

    def _rto(self) -> str:
        incident = self.incident
        left = incident.rto_deadline - self.now
        key = "rto_left" if left >= 0 else "rto_over"
        if incident.state in ("restored", "closed"):
            key = "rto_done"
        elif incident.cleared_at is not None and not incident.still_broken:
            key = "rto_quiet"
        time = span((abs(left) + MINUTE // 2) // MINUTE * MINUTE, self.words.units)
        used = int(incident.rto_consumed(self.now) * 100)
        return self.say(key, deadline=self.at(incident.rto_deadline), time=time, used=used)

    def _who(self) -> str:
        incident = self.incident
        if incident.acknowledged_at is None:
            return self.words.say["nobody"]
        given = next((each for each in incident.acknowledgements if _settled(each, incident)), None)
        group = self.group(given.group) if given else "?"
        person, at = one_line(incident.acknowledged_by), self.at(incident.acknowledged_at)
        return self.say("has_it", person=person, group=group, at=at)

    def _services(self) -> str:
        decision = self.incident.decision
        listed = self.words.comma.join(one_line(name, 80) for name in self.incident.services[:5])
        more = f" +{len(self.incident.services) - 5}" if len(self.incident.services) > 5 else ""
        place = self.words.comma.join(one_line(each, 80) for each in (decision.environment, decision.location) if each)
        return f"{listed}{more} ({place})" if place else listed + more

    def asked(self) -> tuple[str, ...]:
        """The actions that the link's groups are asked for at present."""
        incident = self.incident
        if incident.closed_at is not None or incident.restored_at is not None:
            return ()
        found = self.plan.classes.get(incident.class_) or self.plan.classes["other"]
        groups = set(self.link.groups)
        if incident.cleared_at is not None and not incident.still_broken:
            return ("restore",) if groups & {found.lead, "business"} else ()
        wanted = []
        is_due = incident.acknowledged_at is None and self.plan.tiers[incident.tier].ack_within is not None
        if is_due and not self.has_acknowledged:
            wanted.append("acknowledge")
        if found.lead in groups and incident.update_due is not None and self.now >= incident.update_due:
            wanted.append("update")
        return tuple(wanted)

    @property
    def has_acknowledged(self) -> bool:
        """Whether somebody of each of the link's groups has."""
        return {given.group for given in self.incident.acknowledgements}.issuperset(self.link.groups)

    def progress(self) -> Pairs:
        """The last update, by field; nothing before the first."""
        said = self.incident.progress
        if said is None:
            return ()
        texts = {name: getattr(said, name) for name in ("goal", "progress", "risks", "next_step")}
        return tuple((self.words.fields[name], self.text(text, 2000)) for name, text in texts.items() if text)

    def lately(self) -> tuple[Done, ...]:
        """What was done last, the latest first."""
        named = [entry for entry in self.whole.timeline if entry.action in self.words.entries]
        return tuple(self._done(entry) for entry in reversed(named[-LATELY:]))

    def _done(self, entry: TimelineEntry) -> Done:
        is_person = not entry.actor.startswith("system:")
        who = one_line(entry.actor, 100) if is_person else self.words.say["tocsin"]
        if group := entry.detail.get("group"):
            who += self.words.comma + self.group(str(group))
        if entry.via == "link":
            who += self.words.comma + self.words.say["unverified"]
        said = next((str(entry.detail[name]) for name in _SAID if entry.detail.get(name)), "") if is_person else ""
        what = self.words.entries[entry.action]
        return Done(at=self.at(entry.at), who=who, what=what, said=one_line(said) if self.is_full else "")


def view_of(
    whole: Whole, plan: Plan, link: Link, *, language: str, alerts: Iterable[AlertRecord], now: Millis
) -> Shown:
    """The view of an incident through a link: in the language and the time zone of its delivery, or of the plan where
    that is not kept any more. ``language`` is the one that was chosen, ``""`` for none; ``alerts`` name its hosts."""
    delivery = next((each for each in whole.deliveries if each.id == link.delivery), None)
    speakers = (plan.groups[link.groups[0]], plan)
    zone = next(each.timezone for each in speakers if each.timezone is not None)
    spoken = delivery.language if delivery else next(each.language for each in speakers if each.language is not None)
    return Shown(
        whole=whole,
        plan=plan,
        link=link,
        language="zh" if (language or spoken) == "zh" else "en",
        zone=ZoneInfo(delivery.timezone) if delivery else zone,
        now=now,
        blot=Blot(alerts, keep=whole.incident.services),
    )


def words_of(language: str) -> Words:
    """The words of ``en`` or ``zh``."""
    return CHINESE if language == "zh" else ENGLISH


def languages() -> Sequence[Words]:
    """All of them, for a page that cannot know which is wanted."""
    return (ENGLISH, CHINESE)


def _settled(given: Acknowledgement, incident: Incident) -> bool:
    return (given.by, given.at) == (incident.acknowledged_by, incident.acknowledged_at)
