"""Alertmanager's webhook, version 4: a group of alerts, each with a status of its own.

In: ``{"version": "4", "truncatedAlerts": 0, "alerts": [{"status": "firing", "labels": {}, …}]}``. A group may
carry firing and resolved alerts at once, so the group's status is not looked at. A firing alert's ``endsAt``
is the zero time. An alert without a status is judged by its ``endsAt``. What ``truncatedAlerts`` counts is
noted on each alert and means nothing about those left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from tocsin._core.errors import Unreadable
from tocsin._core.model import Alert, Batch, RejectReason
from tocsin._core.source import Source
from tocsin._core.times import Millis
from tocsin.adapt.payload import bounded, gather, plain, quick
from tocsin.adapt.posted import Posted, Refused, careful, kind, shown, to_alert

_FIRING = {"firing": True, "resolved": False, None: None}
_MOST_TRUNCATED = 2**31 - 1


class Webhook(msgspec.Struct):
    """What is read of the payload."""

    alerts: list[Posted]
    truncatedAlerts: int = 0  # noqa: N815


_DECODER = msgspec.json.Decoder(Webhook)


def decode(body: bytes, *, source: Source, received_at: Millis) -> Batch:
    """Read a webhook's group. Raises ``Unreadable`` if the body is none."""
    webhook = quick(_DECODER, body)
    if webhook is not None:
        make = _maker(source.name, received_at, _truncated(webhook.truncatedAlerts))
        return gather(bounded(webhook.alerts, path="$.alerts"), make, path="$.alerts")
    group = _group(plain(body))
    make = _maker(source.name, received_at, _truncated(group.get("truncatedAlerts")))
    return gather(bounded(group["alerts"], path="$.alerts"), lambda value: make(careful(value)), path="$.alerts")


def _maker(source: str, received_at: Millis, truncated: int) -> Callable[[Posted], Alert]:
    def make(posted: Posted) -> Alert:
        if posted.status not in _FIRING:
            message = f"expected firing or resolved, got {shown(posted.status or '')}"
            raise Refused(RejectReason.STATUS, ".status", message)
        firing = _FIRING[posted.status]
        return to_alert(posted, source=source, received_at=received_at, firing=firing, truncated=truncated)

    return make


def _group(values: Any) -> dict[str, Any]:
    if isinstance(values, list):
        raise Unreadable("expected Alertmanager's webhook, got a list; a list of alerts goes to /api/v2/alerts")
    if not isinstance(values, dict):
        raise Unreadable(f"expected Alertmanager's webhook, got {kind(values)}")
    if not isinstance(values.get("alerts"), list):
        raise Unreadable(f"expected a list of alerts, got {kind(values.get('alerts'))}", path="$.alerts")
    return values


def _truncated(value: object) -> int:
    """A count that cannot be read is no reason to refuse the alerts; it counts as none."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
        return int(min(value, _MOST_TRUNCATED))
    return 0
