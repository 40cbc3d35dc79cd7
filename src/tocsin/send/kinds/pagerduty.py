"""Channel kind ``pagerduty``: one alert for each incident, by PagerDuty's Events API v2.

Settings: ``routing_key`` (the integration's key), and ``url`` (where events go; PagerDuty's address in the USA where
left out). The incident's id is the key of its alert, so that every call is about the same one. What only
tells, and calls nobody, is taken without a call (``paging``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import aiohttp

from tocsin._core.clock import Clock
from tocsin._core.message import Message
from tocsin._core.plan import Channel
from tocsin.send.endpoint import Endpoint, answered, in_json, revealed
from tocsin.send.fit import fit
from tocsin.send.kind import Kind
from tocsin.send.paging import Deed, deed, key_of

ADDRESS = "https://events.pagerduty.com/v2/enqueue"
"""For accounts in the USA."""

_ACTIONS = {Deed.CALL: "trigger", Deed.TAKEN: "acknowledge", Deed.OVER: "resolve"}
_SEVERITIES = {"high": "critical", "medium": "error", "low": "warning"}
_SUMMARY = 1024
_SOURCE = 255
_MOST = 512_000
"""Bytes of a request; PagerDuty takes 512 KB."""

_TEXT = 100_000


class PagerDuty:
    """A ``pagerduty`` channel. The session is shared between channels and not closed here."""

    def __init__(self, channel: Channel, *, session: aiohttp.ClientSession, clock: Clock) -> None:
        self._key = revealed(channel.settings["routing_key"])
        self._endpoint = Endpoint.of(channel, session=session, clock=clock, default=ADDRESS, secrets=(self._key,))

    async def send(self, message: Message) -> str:
        """Trigger, acknowledge or resolve the incident's alert. Raises ``TrySendAgain`` or ``SendRefused``."""
        done = deed(message)
        if done is Deed.TELL:
            return ""
        event = {"routing_key": self._key, "event_action": _ACTIONS[done], "dedup_key": key_of(message)}
        body = in_json(event) if done is not Deed.CALL else _within(event, message)
        said = answered(await self._endpoint.post(body, {"Content-Type": "application/json"}))
        if said.get("status") == "success":
            return ""
        text = f"{said.get('status') or 'the answer is not PagerDuty’s'}: {said.get('message') or 'no message'}"
        raise self._endpoint.refused(f"{text} {said['errors']}") if said.get("errors") else self._endpoint.again(text)

    async def check(self) -> bool:
        """Whoever asks PagerDuty's events for anything has sent one."""
        return False

    async def close(self) -> None:
        """Nothing of its own is open."""


def _within(event: Mapping[str, Any], message: Message) -> bytes:
    """The event that opens the alert, with as many of the incident's alerts as it may hold."""
    body = message.body
    incident = body.get("incident", {})
    where = ", ".join(incident.get("services") or ()) or incident.get("location") or incident.get("environment")
    payload = {
        "summary": fit(message.subject, _SUMMARY) or message.event,
        "source": fit(where or "tocsin", _SOURCE),
        "severity": _SEVERITIES.get(message.tier, "error" if message.event == "channel_down" else "info"),
        **({"timestamp": body["at"]} if "at" in body else {}),
        **({"class": incident["class"]} if "class" in incident else {}),
    }
    links = [{"href": link.url, "text": link.title} for link in message.links]
    whole = {**event, "client": "Tocsin", "payload": payload, "links": links}
    for details in _details(message):
        encoded = in_json({**whole, "payload": {**payload, "custom_details": details}})
        if len(encoded) <= _MOST:
            return encoded
    return in_json({**whole, "links": []})


def _details(message: Message) -> Iterator[dict[str, Any]]:
    """What else there is to know; each with less than the one before."""
    body = message.body
    known = {"text": fit(message.plain, _TEXT), "event": message.event, "group": message.group}
    if "incident" in body:
        known["incident"] = body["incident"]
    alerts = list(body.get("alerts") or ())
    while alerts:
        yield {**known, "alerts": alerts}
        alerts = alerts[: len(alerts) // 2]
    yield known
    yield {"text": known["text"]}


KIND = Kind(open=PagerDuty, merges=False)
