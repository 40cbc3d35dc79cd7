"""Alertmanager's API v2, as a Prometheus speaks it: a list of alerts, resolved when ``endsAt`` has passed.

In: ``[{"labels": {}, "annotations": {}, "startsAt": "…", "endsAt": "…", "generatorURL": "…"}]``.
"""

from __future__ import annotations

import msgspec

from tocsin._core.errors import Unreadable
from tocsin._core.model import Alert, Batch
from tocsin._core.source import Source
from tocsin._core.times import Millis
from tocsin.adapt.payload import bounded, gather, plain, quick
from tocsin.adapt.posted import Posted, careful, kind, to_alert

_DECODER = msgspec.json.Decoder(list[Posted])


def decode(body: bytes, *, source: Source, received_at: Millis) -> Batch:
    """Read a list of alerts. Raises ``Unreadable`` if the body is none."""

    def make(posted: Posted) -> Alert:
        return to_alert(posted, source=source.name, received_at=received_at, firing=None)

    posted = quick(_DECODER, body)
    if posted is not None:
        return gather(bounded(posted, path="$"), make, path="$")
    values = plain(body)
    if isinstance(values, dict) and isinstance(values.get("alerts"), list):
        raise Unreadable("expected a list of alerts; this is Alertmanager's webhook: post it to /ingest/alertmanager")
    if not isinstance(values, list):
        raise Unreadable(f"expected a list of alerts, got {kind(values)}")
    return gather(bounded(values, path="$"), lambda value: make(careful(value)), path="$")
