"""What a delivery's text may say: the notice's facts, cleaned, bounded and cut to what its groups may see.

Everything here that comes from an alert or a person is data: it is put into sentences, and never read as one.
``unnamed`` deliveries (details are a summary, or only business and legal get it) name no host: facts taken from
labels and annotations are left out, and so is a title that shows labels; a host's name or address within the title
or in what a person wrote is blotted out. A link of the plan goes before an annotation's of the same name. A vendor's
are made of its own part of the notice alone, and it gets no link: there is nothing of ours for it to see.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from tocsin._core.blot import UNNAMED_GROUPS, Blot
from tocsin._core.clean import is_web_address, one_line
from tocsin._core.incident import AlertRecord, Delivery, Notice
from tocsin._core.local import moment, span
from tocsin._core.plan import VENDOR
from tocsin._core.times import MINUTE, Millis, parse_time
from tocsin.send.scope import of_vendor, others_in
from tocsin.send.words import Words

_WHERE_LABELS = ("instance", "pod", "node", "host", "hostname")
_SAYS_ANNOTATIONS = ("summary", "message", "description")
_LISTED = 5
_TITLE = 120
_WORD = 80
_SAYS = 300


class Listing(tuple[str, ...]):
    """A list that reads as its language writes lists: at most five, and how many more there are."""

    words: Words

    @classmethod
    def of(cls, items: Iterable[str], words: Words) -> Listing:
        """The list of these."""
        made = cls(items)
        made.words = words
        return made

    def __str__(self) -> str:
        listed = self.words.comma.join(self[:_LISTED])
        return listed if len(self) <= _LISTED else self.words.more.format(listed=listed, count=len(self) - _LISTED)


class Facts:
    """The facts of one delivery, in its language and time zone. Empty is unknown."""

    def __init__(self, notice: Notice, delivery: Delivery, words: Words, *, external_url: str, respond: str) -> None:
        self.is_vendors = delivery.details == VENDOR
        self.notice = of_vendor(notice) if self.is_vendors else notice
        self.delivery = delivery
        self.words = words
        self.incident = self.notice.incident
        self.groups = delivery.groups or (delivery.group,)
        self.zone = ZoneInfo(delivery.timezone)
        self.unnamed = delivery.details != "full" or UNNAMED_GROUPS.issuperset(self.groups)
        self.alerts = () if self.unnamed else notice.alerts
        self._whole = notice
        self._external_url = external_url
        self._respond = respond

    @cached_property
    def blot(self) -> Blot:
        """Takes out what groups that read no technical detail, or a vendor, may not see."""
        others = others_in(self._whole) if self.is_vendors else ()
        return Blot(self._whole.alerts, keep=self.incident.get("services") or (), others=others)

    def clean(self, value: Any, limit: int = _WORD) -> str:
        """Text that anybody may have written, on one line, with nothing in it that these groups may not see."""
        text = one_line(str(value if value is not None else ""), limit)
        return self.blot(text) if self.unnamed and text else text

    def word(self, name: str) -> str:
        """A field of the incident that the plan has named."""
        return one_line(str(self.incident.get(name) or ""), _WORD)

    def listing(self, items: Iterable[Any] | None) -> Listing:
        """Names of the plan or of alerts, cleaned."""
        return Listing.of((one_line(str(item), _WORD) for item in items or ()), self.words)

    @cached_property
    def title(self) -> str:
        """The incident's title, without labels for those who see none."""
        titled = (self.unnamed and self.incident.get("plain_title")) or self.incident.get("title")
        return self.clean(self.of_language(titled), _TITLE)

    @cached_property
    def class_title(self) -> str:
        """The class as people call it."""
        return one_line(self.of_language(self.incident.get("class_title")) or str(self.incident["class"]), _WORD)

    @cached_property
    def links(self) -> dict[str, str]:
        """Addresses by name."""
        if self.is_vendors:
            return {}
        full = self.delivery.details == "full"
        return _links(self.notice, full=full, external_url=self._external_url, respond=self._respond)

    @cached_property
    def asks(self) -> tuple[str, ...]:
        """The actions asked of this delivery's groups, each once."""
        asks = self.notice.asks
        return tuple(dict.fromkeys(ask for group in self.groups for ask in asks.get(group, ())))

    @cached_property
    def alert_names(self) -> Listing:
        """The alerts by name with how many there are of each, the most frequent first."""
        counted = Counter(one_line(alert.labels.get("alertname", "?"), _WORD) for alert in self.alerts).most_common()
        return Listing.of((f"{name} ×{count}" if count > 1 else name for name, count in counted), self.words)

    @cached_property
    def hosts(self) -> Listing:
        """Where the alerts are."""
        return self.values_of(_WHERE_LABELS)

    @cached_property
    def says(self) -> str:
        """What the newest alert says of itself."""
        return said_by(self.alerts[0]) if self.alerts else ""

    def values_of(self, names: tuple[str, ...]) -> Listing:
        """Of each alert the first of the labels that it has; every value once."""
        found = (next((alert.labels[name] for name in names if alert.labels.get(name)), "") for alert in self.alerts)
        return self.listing(dict.fromkeys(value for value in found if value))

    def of_language(self, title: Any) -> str:
        """A title in the language, or in the other where it has none."""
        if isinstance(title, Mapping):
            return str(title.get(self.delivery.language) or title.get("en") or title.get("zh") or "")
        return str(title or "")

    def moment(self, at: Any) -> str:
        """A time as these groups read it; empty where there is none, as it is where it cannot be read."""
        if not isinstance(at, str) or not at:
            return ""
        try:
            return _moment(at, self.zone)
        except (ValueError, OverflowError):
            return self.clean(at)

    def moment_of(self, at: Millis) -> str:
        """A time as these groups read it."""
        return moment(at, self.zone)

    def left(self, deadline: Millis) -> tuple[str, bool]:
        """How long from the notice to the deadline, or since it, in whole minutes; and whether it has passed."""
        left = deadline - self.notice.at
        return span((abs(left) + MINUTE // 2) // MINUTE * MINUTE, self.words.units), left < 0


@lru_cache(maxsize=1024)
def _moment(at: str, zone: ZoneInfo) -> str:
    """The same few times are in all the notices of an incident, for every group."""
    return moment(parse_time(at), zone)


def said_by(alert: AlertRecord) -> str:
    """What an alert says of itself."""
    annotations = alert.annotations
    return next((one_line(annotations[name], _SAYS) for name in _SAYS_ANNOTATIONS if annotations.get(name)), "")


def _links(notice: Notice, *, full: bool, external_url: str, respond: str) -> dict[str, str]:
    links = {"respond": respond} if respond else {}
    if external_url:
        links["incident"] = f"{external_url.rstrip('/')}/api/v1/incidents/{notice.incident_id}"
    planned = notice.incident.get("plan_links", {}) if full else {}
    newest = notice.alerts[0].annotations if full and notice.alerts else {}
    for name in ("dashboard", "runbook"):
        url = newest.get(f"{name}_url", "").strip()
        if is_web_address(url):
            links[name] = url
    return {**links, **planned}
