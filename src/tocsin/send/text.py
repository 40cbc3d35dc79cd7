"""A delivery's subject and plain text, in its language and its groups' own words.

One head that reads the same for every group, what happened, what is asked; then for each group the
facts it needs, what is still unknown apart from them, and what it does next. One screen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from tocsin._core.clean import one_line
from tocsin._core.incident import Delivery, Notice
from tocsin._core.local import moment, span
from tocsin._core.times import MINUTE, parse_time
from tocsin.send.chinese import CHINESE
from tocsin.send.english import ENGLISH
from tocsin.send.facts import Facts, asked
from tocsin.send.words import Words

_FACTS = {
    "command": ("services", "impact", "business_lines", "customer_groups", "vendor"),
    "technical": ("alerts", "namespaces", "hosts", "services", "says"),
    "business": ("business_lines", "customer_groups", "services", "vendor"),
    "legal": ("services", "vendor", "contract"),
    "data": ("datasets", "services", "namespaces", "hosts"),
}
"""What each group needs, in its order. A fact that is missing is named as unknown, except those of ``_IF_ANY``."""

_IF_ANY = frozenset({"vendor", "namespaces", "hosts", "says", "alerts"})
_QUIET = frozenset({"cleared", "closed", "stale"})
"""Events after which a group has other things to do than while something fires, and nobody asks for causes."""

_LISTED = 5
_LINKS = {"runbook": {"technical"}, "dashboard": {"technical", "data"}, "incident": set(_FACTS), "respond": set(_FACTS)}
_OTHER_LINKS = {"command", "technical", "data"}


def subject_of(notice: Notice, delivery: Delivery, facts: Facts) -> str:
    """One line for a list of messages or a phone's lock screen."""
    words = words_of(delivery.language)
    subject = _titled(notice, facts, words)
    mark = _of_event(words.marks, notice).format(tier=words.tiers[notice.tier])
    return words.marked.format(titled=subject, mark=mark) if mark else subject


def text_of(notice: Notice, delivery: Delivery, facts: Facts) -> str:
    """The whole text; lines are ended by ``\n``, but for the last."""
    words, zone = words_of(delivery.language), ZoneInfo(delivery.timezone)
    groups = delivery.groups or (delivery.group,)
    parts = [_head(notice, facts, words, zone), _happened(notice, facts, words, zone)]
    parts += _addressed(notice, delivery, words)
    for group in groups:
        parts.append("")
        parts += [words.bracket.format(words.groups.get(group, group))] if len(groups) > 1 else []
        parts += [line for line in _section(group, notice, facts, words, zone) if line not in parts]
    wanted = [name for name in facts.links if not _LINKS.get(name, _OTHER_LINKS).isdisjoint(groups)]
    parts += [words.fields.get(name, name) + words.colon + facts.links[name] for name in wanted]
    return "\n".join(parts)


def words_of(language: str) -> Words:
    """The words of ``en`` or ``zh``."""
    return CHINESE if language == "zh" else ENGLISH


def _titled(notice: Notice, facts: Facts, words: Words) -> str:
    marks = [words.drill] if notice.drill else []
    marks.append(words.tiers[notice.tier])
    if not facts.title.startswith(facts.class_title):
        marks.append(facts.class_title)
    return words.titled.format(marks="".join(words.bracket.format(mark) for mark in marks), title=facts.title)


def _head(notice: Notice, facts: Facts, words: Words, zone: ZoneInfo) -> str:
    incident = notice.incident
    state = words.states[incident["state"]]
    if incident["state"] != "closed":
        state = words.comma.join((state, words.signals[incident["signals"]]))
    return words.head.format(
        titled=_titled(notice, facts, words),
        id=notice.incident_id,
        revision=incident["revision"],
        state=state,
        rto=_rto(notice, words, zone),
    )


def _rto(notice: Notice, words: Words, zone: ZoneInfo) -> str:
    """Deadline and what is left at the time of the notice, so that every try and every group reads the same."""
    rto = notice.incident["rto"]
    deadline = parse_time(rto["deadline"])
    left = deadline - notice.at
    shown = words.rto_left if left >= 0 else words.rto_over
    if notice.incident["state"] in ("restored", "closed"):
        shown = words.rto_done
    return shown.format(
        deadline=moment(deadline, zone),
        time=span((abs(left) + MINUTE // 2) // MINUTE * MINUTE, words.units),
        used=int(rto["consumed_ratio"] * 100),
    )


def _of_event(table: Mapping[str, str], notice: Notice) -> str:
    """The entry for the event and its reason, else for the event, else nothing."""
    return table.get(f"{notice.event}.{notice.reason}") or table.get(notice.event, "")


def _happened(notice: Notice, facts: Facts, words: Words, zone: ZoneInfo) -> str:
    before = {change.field: change.from_ for change in notice.changes}
    sentences = [_of_event(words.happened, notice)]
    if notice.event == "tier_raised":
        sentences.append(words.raised.get(notice.reason, ""))
        sentences.append(words.raised["class"] if "class" in before else "")
    if not sentences[0]:
        return one_line(f"{notice.event} {notice.reason}")
    return words.gap.join(sentence for sentence in sentences if sentence).format(
        firing=facts.firing,
        total=facts.total,
        started=moment(facts.started_at, zone),
        tier=words.tiers[notice.tier],
        tier_from=words.tiers.get(before.get("tier", ""), "?"),
        class_title=facts.class_title,
        by=facts.acknowledged_by,
        group=words.groups.get(facts.acknowledged_for, facts.acknowledged_for),
        class_from=one_line(before.get("class", "")),
    )


def _addressed(notice: Notice, delivery: Delivery, words: Words) -> Iterator[str]:
    """What is asked of those who read it, and why they get it where it was meant for others."""
    asks = asked(notice, delivery)
    if asks:
        wishes = words.comma.join(words.asks.get(ask, ask) for ask in asks)
        yield words.request.format(wishes=wishes)
    if notice.event == "cleared" and "restore" not in asks:
        yield words.confirm_elsewhere
    if delivery.fallback:
        groups = delivery.groups or (delivery.group,)
        yield words.fallback.format(groups=words.comma.join(words.groups.get(group, group) for group in groups))


def _section(group: str, notice: Notice, facts: Facts, words: Words, zone: ZoneInfo) -> Iterator[str]:
    """A group's own part: facts, what is unknown, what comes next."""
    quiet = notice.event in _QUIET
    unknown: list[str] = []
    for name in _FACTS.get(group, ("services",)):
        value = _fact(name, facts, words)
        if value:
            yield words.fields[name] + words.colon + value
        elif name not in _IF_ANY and not (name == "contract" and not facts.vendor):
            unknown.append(words.fields[name].lower())
    if group == "technical" and notice.truncated_alerts and facts.alerts:
        yield words.not_shown.format(count=notice.truncated_alerts)
    if not quiet:
        yield words.unknown + words.colon + words.comma.join((*unknown, *words.questions.get(group, ())))
    following = words.next.get((group, notice.event if quiet else "active"), "")
    yield from following.format(started=moment(facts.started_at, zone)).splitlines()


def _fact(name: str, facts: Facts, words: Words) -> str:
    if name == "services":
        place = words.comma.join(text for text in (facts.environment, facts.location) if text)
        services = _listed(facts.services, words)
        return f"{services} ({place})" if services and place else services
    if name == "impact":
        return words.impacts.get(facts.impact, "")
    if name == "alerts":
        return _listed(tuple(f"{alert} ×{count}" if count > 1 else alert for alert, count in facts.alerts), words)
    value: str | tuple[str, ...] = getattr(facts, name)
    return value if isinstance(value, str) else _listed(value, words)


def _listed(items: tuple[str, ...], words: Words) -> str:
    """At most five of them, and how many more there are."""
    listed = words.comma.join(items[:_LISTED])
    return listed if len(items) <= _LISTED else words.more.format(listed=listed, count=len(items) - _LISTED)
