"""What a delivery's text may say: the notice's facts, cleaned, bounded and cut to what its groups may see.

Everything here that comes from an alert is data: it is put into sentences, and never read as one.
``unnamed`` deliveries (details are a summary, or only business and legal get it) name no host: facts taken from
labels and annotations are left out, and so is a title that shows labels; a host's name or address within the title
is blotted out. A link of the plan goes before an annotation's of the same name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tocsin._core.clean import ELLIPSIS, one_line
from tocsin._core.incident import AlertRecord, Delivery, Notice
from tocsin._core.times import Millis, parse_time

UNNAMED_GROUPS = frozenset({"business", "legal"})

_HOST_LABELS = ("instance", "node", "nodename", "host", "hostname", "pod", "ip", "host_ip", "pod_ip")
_WHERE_LABELS = ("instance", "pod", "node", "host", "hostname")
_SAYS_ANNOTATIONS = ("summary", "message", "description")
_ADDRESS = re.compile(r"(?<![\w.])(\d{1,3}(\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(:[0-9A-Fa-f]{0,4}){3,7})(:\d+)?(?![\w.])")
_PORT = re.compile(r":\d+$")
_TITLE = 120
_WORD = 80
_SAYS = 300
_URL = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The facts of one delivery. Empty is unknown. ``alerts`` counts by name, the most frequent first."""

    title: str
    class_title: str
    services: tuple[str, ...]
    environment: str
    location: str
    vendor: str
    contract: str
    business_lines: tuple[str, ...]
    customer_groups: tuple[str, ...]
    datasets: tuple[str, ...]
    impact: str
    acknowledged_by: str
    acknowledged_for: str
    started_at: Millis
    firing: int
    total: int
    alerts: tuple[tuple[str, int], ...]
    hosts: tuple[str, ...]
    namespaces: tuple[str, ...]
    says: str
    links: dict[str, str]


def gather(notice: Notice, delivery: Delivery, *, external_url: str, respond: str = "") -> Facts:
    """The facts that this delivery may carry."""
    incident, language = notice.incident, delivery.language
    unnamed = delivery.details != "full" or UNNAMED_GROUPS.issuperset(delivery.groups or (delivery.group,))
    alerts = () if unnamed else notice.alerts
    titled = (unnamed and incident.get("plain_title")) or incident.get("title")
    title = one_line(_in(titled, language), _TITLE)

    acknowledged = incident.get("acknowledged") or {}

    def word(name: str) -> str:
        return one_line(str(incident.get(name) or ""), _WORD)

    def words(name: str) -> tuple[str, ...]:
        return tuple(one_line(str(item), _WORD) for item in incident.get(name) or ())

    return Facts(
        title=_without_hosts(title, notice.alerts, keep=words("services")) if unnamed else title,
        class_title=one_line(_in(incident.get("class_title"), language) or str(incident["class"]), _WORD),
        services=words("services"),
        environment=word("environment"),
        location=word("location"),
        vendor=one_line(_in(incident.get("vendor_title"), language), _WORD) or word("vendor"),
        contract=word("contract"),
        business_lines=words("business_lines"),
        customer_groups=words("customer_groups"),
        datasets=words("datasets"),
        impact=word("impact"),
        acknowledged_by=one_line(str(acknowledged.get("by") or ""), _WORD),
        acknowledged_for=str(acknowledged.get("group") or ""),
        started_at=parse_time(incident["started_at"]),
        firing=incident["alerts"]["firing"],
        total=incident["alerts"]["total"],
        alerts=tuple(Counter(one_line(alert.labels.get("alertname", "?"), _WORD) for alert in alerts).most_common()),
        hosts=_values(alerts, _WHERE_LABELS),
        namespaces=_values(alerts, ("namespace",)),
        says=_says(alerts),
        links=_links(notice, full=delivery.details == "full", external_url=external_url, respond=respond),
    )


def asked(notice: Notice, delivery: Delivery) -> tuple[str, ...]:
    """The actions asked of this delivery's groups, each once."""
    groups = delivery.groups or (delivery.group,)
    return tuple(dict.fromkeys(ask for group in groups for ask in notice.asks.get(group, ())))


def _in(title: Any, language: str) -> str:
    """A title in the language, or in the other where it has none."""
    if isinstance(title, Mapping):
        return str(title.get(language) or title.get("en") or title.get("zh") or "")
    return str(title or "")


def _links(notice: Notice, *, full: bool, external_url: str, respond: str) -> dict[str, str]:
    links = {"respond": respond} if respond else {}
    if external_url:
        links["incident"] = f"{external_url.rstrip('/')}/api/v1/incidents/{notice.incident_id}"
    planned = notice.incident.get("plan_links", {}) if full else {}
    newest = notice.alerts[0].annotations if full and notice.alerts else {}
    for name in ("dashboard", "runbook"):
        url = newest.get(f"{name}_url", "").strip()
        if _is_web_address(url):
            links[name] = url
    return {**links, **planned}


def _is_web_address(url: str) -> bool:
    if len(url) > _URL or url != one_line(url, _URL) or " " in url:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _values(alerts: Iterable[AlertRecord], names: tuple[str, ...]) -> tuple[str, ...]:
    """Of each alert the first of the labels that it has; every value once."""
    found = (next((alert.labels[name] for name in names if alert.labels.get(name)), "") for alert in alerts)
    return tuple(dict.fromkeys(one_line(value, _WORD) for value in found if value))


def _says(alerts: tuple[AlertRecord, ...]) -> str:
    """What the newest alert says of itself."""
    annotations = alerts[0].annotations if alerts else {}
    return next((one_line(annotations[name], _SAYS) for name in _SAYS_ANNOTATIONS if annotations.get(name)), "")


def _without_hosts(text: str, alerts: Iterable[AlertRecord], *, keep: tuple[str, ...]) -> str:
    """The text without the hosts that the alerts name and without IP addresses. A service may be called as its host."""
    names = {alert.labels[name] for alert in alerts for name in _HOST_LABELS if alert.labels.get(name)}
    names |= {_PORT.sub("", name) for name in names}
    for name in sorted(names.difference(keep), key=len, reverse=True):
        if len(name) >= 3 and name in text:
            text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", ELLIPSIS, text)
    return _ADDRESS.sub(ELLIPSIS, text)
