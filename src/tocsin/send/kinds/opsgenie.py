"""Channel kind ``opsgenie``: one alert for each incident, by the Alert API that Opsgenie, Jira Service Management and
others share.

Settings: ``api_key`` (the integration's), and ``url`` (where the API is, without ``/v2/alerts``; Opsgenie's address in
the USA where left out). The incident's id is its alert's alias. What calls nobody becomes a note of the
alert. Opsgenie answers before it has done anything: its yes means that it will.
"""

from __future__ import annotations

from typing import Any

import aiohttp
from yarl import URL

from tocsin._core.clock import Clock
from tocsin._core.message import Message
from tocsin._core.plan import Channel
from tocsin.send.endpoint import Endpoint, answered, in_json, revealed
from tocsin.send.fit import fit
from tocsin.send.kind import Kind
from tocsin.send.paging import Deed, deed, key_of

ADDRESS = "https://api.opsgenie.com"
"""For accounts in the USA."""

_ACTIONS = {Deed.TAKEN: "acknowledge", Deed.OVER: "close", Deed.TELL: "notes"}
_PRIORITIES = {"high": "P1", "medium": "P2", "low": "P3"}
_MESSAGE, _DESCRIPTION, _NOTE, _ENTITY, _USER, _TAG, _DETAIL = 130, 15_000, 25_000, 512, 100, 50, 500
_DETAILS = ("id", "tier", "class", "state", "environment", "location", "vendor", "started_at", "rule")
_NO_MARKUP = str.maketrans({"<": "‹", ">": "›"})
"""A message and a description may hold HTML there, so nothing that we send may hold any."""


class Opsgenie:
    """An ``opsgenie`` channel. The session is shared between channels and not closed here."""

    def __init__(self, channel: Channel, *, session: aiohttp.ClientSession, clock: Clock) -> None:
        key = revealed(channel.settings["api_key"])
        self._endpoint = Endpoint.of(channel, session=session, clock=clock, default=ADDRESS, secrets=(key,))
        bare = self._endpoint.url.with_user(None)  # it is the key that says who asks
        self._alerts = bare if bare.path.rstrip("/").endswith("/v2/alerts") else bare / "v2" / "alerts"
        self._headers = {"Content-Type": "application/json", "Authorization": f"GenieKey {key}"}

    async def send(self, message: Message) -> str:
        """Open, acknowledge, close or annotate the incident's alert. Raises ``TrySendAgain`` or ``SendRefused``."""
        done = deed(message)
        alias = key_of(message)
        if done is Deed.CALL:
            await self._post(self._alerts, {**alert_of(message), "alias": alias})
        else:
            to = (self._alerts / alias / _ACTIONS[done]).with_query(identifierType="alias")
            await self._post(to, {"user": _by(message), "source": "Tocsin", "note": text_of(message, _NOTE)})
        return ""

    async def check(self) -> bool:
        """Asking needs a right that sending does not, so that a refusal would say nothing."""
        return False

    async def close(self) -> None:
        """Nothing of its own is open."""

    async def _post(self, to: URL, fields: dict[str, Any]) -> None:
        said = answered(await self._endpoint.post(in_json(fields), self._headers, to=to))
        if not said.get("result"):
            raise self._endpoint.again(str(said.get("message") or "the answer is not that of an Alert API"))


def alert_of(message: Message) -> dict[str, Any]:
    """The fields of a new alert, but for its alias."""
    incident = message.body.get("incident", {})
    tags = [message.tier, incident.get("class", ""), incident.get("environment", "")]
    tags += ["drill"] if message.body.get("drill") else []
    return {
        "message": fit(message.subject.translate(_NO_MARKUP), _MESSAGE) or message.event,
        "description": text_of(message, _DESCRIPTION),
        "priority": _PRIORITIES.get(message.tier, "P3" if message.event == "channel_down" else "P5"),
        "entity": fit(", ".join(incident.get("services") or ()).translate(_NO_MARKUP), _ENTITY),
        "source": "Tocsin",
        "user": "Tocsin",
        "tags": [fit(tag.translate(_NO_MARKUP), _TAG) for tag in dict.fromkeys(tags) if tag],
        "details": {
            name: fit(str(incident[name]).translate(_NO_MARKUP), _DETAIL) for name in _DETAILS if incident.get(name)
        },
    }


def text_of(message: Message, most: int) -> str:
    """What the notice says, cut so that all its links have room."""
    links = "".join(f"\n{link.title.translate(_NO_MARKUP)}: {link.url}" for link in message.links)
    return fit(message.plain.translate(_NO_MARKUP), max(most - len(links) - 1, 0)) + (f"\n{links}" if links else "")


def _by(message: Message) -> str:
    """Who has it, where somebody is known to."""
    person = message.body.get("incident", {}).get("acknowledged_by") if message.event == "acknowledged" else ""
    return fit(str(person or "Tocsin"), _USER)


KIND = Kind(open=Opsgenie, merges=False)
