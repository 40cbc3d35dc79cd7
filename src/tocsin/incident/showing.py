"""The alerts that notices show. Pure. Deciding needs no record of an alert, so they are loaded only to be told."""

from __future__ import annotations

from msgspec.structs import replace

from tocsin._core.incident import AlertRecord, Notice
from tocsin._core.view import View

ROOM = 256 * 1024
"""Characters of labels and annotations that a notice shows; of a single alert that is larger, all the same."""


def showing(notice: Notice, view: View, *, is_new: bool, follows_another: bool) -> Notice:
    """The notice with the newest of its incident's alerts. ``is_new`` says that the incident opens by this decision,
    ``follows_another`` that one does, which has the newest ones."""
    alerts = view.of_next().alerts if is_new else view.of_last().alerts if follows_another else view.alerts
    shown = _fitting(alerts)
    return replace(notice, alerts=shown, truncated_alerts=max(0, notice.truncated_alerts - len(shown)))


def _fitting(alerts: tuple[AlertRecord, ...]) -> tuple[AlertRecord, ...]:
    """The newest alerts, as many as fit: one alert may be megabytes, and a notice is stored and sent whole."""
    room = ROOM
    for place, alert in enumerate(alerts):
        texts = (*alert.labels.items(), *alert.annotations.items())
        room -= sum(len(name) + len(value) for name, value in texts)
        if room < 0:
            return alerts[: max(1, place)]
    return alerts
