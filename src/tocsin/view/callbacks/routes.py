"""``POST /api/v1/callbacks/{channel}``: what a channel's tool sends back, proved by that tool's signature.

On goes an action upon our incident, as if the person had acted here. Nothing that comes this way is an alert, and what
our own messages did at the tool is not done again. A 200 means that it was dealt with: done, refused, or none of ours.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

import msgspec
from aiohttp import web

from tocsin._core.action import Action, Restore
from tocsin._core.clock import Clock
from tocsin._core.errors import Busy, Conflict, Forbidden, NotFound, StoreError, Unprocessable
from tocsin._core.ids import incident_of
from tocsin._core.incident import Delivery, Incident
from tocsin._core.plan import Channel, Plan
from tocsin._core.press import PROOFS, hears, of_one_tool
from tocsin._store.callbacks import Callbacks
from tocsin._store.client import Store
from tocsin._store.listing import show_incident
from tocsin._store.whole import Whole
from tocsin.view.callbacks import feishu, pagerduty, slack, telegram
from tocsin.view.callbacks.actor import actions_of
from tocsin.view.callbacks.heard import Answer, Call, Hear, Heard, Unproved
from tocsin.view.callbacks.words import done, not_done

log = logging.getLogger(__name__)

HEARS: Mapping[str, Hear] = {
    "feishu": feishu.hear,
    "pagerduty": pagerduty.hear,
    "slack": slack.hear,
    "telegram": telegram.hear,
}
"""How callbacks are read, by the type of their channel."""

_INCIDENT = re.compile(r"INC-[0-9]{6}-[0-9A-HJKMNP-TV-Z]{6}", re.ASCII)

Reply = Callable[[Channel, str, Answer], Awaitable[None]]
"""Posts to an address that a channel's tool named."""

Result = tuple[str, str]
"""What became of a callback, as it is counted, and what the person is told."""


class Meter(Protocol):
    """Where callbacks are counted."""

    def callback(self, channel: str, result: str) -> None:
        """One came: ``done``, ``refused``, ``repeated``, ``ignored``, ``unknown`` or ``unproved``."""
        ...


class CallbackRoutes:
    """The route. ``act`` does what is asked for; ``reply`` tells the person, where the answer itself cannot."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        plan: Callable[[], Plan],
        act: Callable[[Action], Awaitable[Incident]],
        reply: Reply,
        meter: Meter,
    ) -> None:
        self._store = store
        self._kept = Callbacks(store)
        self._clock = clock
        self._plan = plan
        self._act = act
        self._reply = reply
        self._meter = meter
        self._warned: set[tuple[str, str]] = set()

    def routes(self) -> Sequence[tuple[web.RouteDef, str]]:
        """The route, which needs nothing but the tool's signature."""
        return ((web.post("/api/v1/callbacks/{channel}", self.post), "signed"),)

    async def post(self, request: web.Request) -> web.Response:
        """Do what somebody asked for at the tool; answers as the tool wants it.

        Raises ``NotFound`` for what is no channel that hears, ``Forbidden`` without a proof, ``Busy`` and
        ``StoreUnavailable``, after which the tool may send the same again.
        """
        channel = self._channel(request.match_info["channel"])
        call = Call(headers=request.headers, body=await request.read(), channel=channel, now=self._clock.now())
        try:
            heard = HEARS[channel.type](call)
        except Unproved:
            self._meter.callback(channel.name, "unproved")
            self._warn("a callback did not prove to come from the channel's tool", channel)
            raise Forbidden("this does not prove to come from the channel's tool") from None
        if not isinstance(heard, Heard):
            self._meter.callback(channel.name, "ignored")
            return _response(heard)
        result, words = await self._once(channel, heard)
        self._meter.callback(channel.name, result)
        if not heard.reply_to:
            return _response(heard.answer(words))
        response = web.Response()
        await response.prepare(request)
        await response.write_eof()  # the tool waits no longer, and shows the press as done
        if words:
            await self._reply(channel, heard.reply_to, heard.answer(words))
        return response

    def _channel(self, name: str) -> Channel:
        """The channel, if its callbacks are taken. Raises ``NotFound``, which says nothing of which there are."""
        channel = self._plan().channels.get(name)
        if channel is not None and channel.type in HEARS and hears(channel):
            return channel
        if channel is not None and channel.type in HEARS:
            self._warn("callbacks come for a channel that cannot prove them", channel)
        raise NotFound("no channel of this name takes callbacks")

    def _warn(self, message: str, channel: Channel) -> None:
        """Tell whoever reads the log, once: anybody may post here, as often as they like."""
        if (message, channel.name) not in self._warned:
            self._warned.add((message, channel.name))
            log.warning(message, extra={"channel": channel.name, "setting": " or ".join(PROOFS[channel.type])})

    async def _once(self, channel: Channel, heard: Heard) -> Result:
        """Deal with it, unless that was done before."""
        standing = await self._kept.take(channel.name, heard.event)
        if standing == "taken":
            raise Busy("the same is being dealt with; send it again if no answer came")
        if standing == "done":
            return "repeated", ""
        is_done = False
        try:
            result = await self._dealt_with(channel, heard)
            is_done = True
        finally:
            settle = self._kept.done if is_done else self._kept.give_back
            with contextlib.suppress(StoreError):
                await asyncio.shield(settle(channel.name, heard.event))
        return result

    async def _dealt_with(self, channel: Channel, heard: Heard) -> Result:
        whole, told = await self._meant(channel, heard)
        language = told[-1].language if told else channel.language or self._plan().language
        if whole is None:
            return "unknown", not_done("unknown", language)
        if not heard.acts:
            return "ignored", ""
        return await self._acted(channel, heard, whole.incident, told)

    async def _meant(self, channel: Channel, heard: Heard) -> tuple[Whole | None, tuple[Delivery, ...]]:
        """The incident that it is about, and those of its messages that this tool carried: without any, none."""
        press = heard.press
        name = incident_of(press.delivery) if press else heard.incident.upper()
        is_named = _INCIDENT.fullmatch(name) is not None
        if not name and heard.topic:
            name = await self._kept.topic(channel.type, heard.topic)
        if not _INCIDENT.fullmatch(name):
            return None, ()
        try:
            whole = await show_incident(self._store, name)
        except NotFound:
            return None, ()
        channels = self._plan().channels
        vendor = next((each.name for each in self._plan().vendors.values() if channel.name in each.channels), "")
        told = tuple(
            each
            for each in whole.deliveries
            if each.vendor == vendor  # what a vendor does at its tool answers nothing that was for others
            and (carrier := channels.get(each.channel)) is not None
            and of_one_tool(channel, carrier)
            and (press is None or (press.delivery == each.id and press.is_of(carrier)))
        )
        if told and is_named and heard.topic:
            await self._kept.note_topic(channel.type, heard.topic, name)
        return (whole, told) if told else (None, ())

    async def _acted(self, channel: Channel, heard: Heard, incident: Incident, told: tuple[Delivery, ...]) -> Result:
        """Do the first of what is meant that the incident takes."""
        language, why = told[-1].language, "refused"
        for action in actions_of(
            incident, heard.acts, tool=channel.type, accounts=heard.accounts, told=told, plan=self._plan()
        ):
            if isinstance(action.act, Restore) and (incident.restored_at or incident.closed_at) is not None:
                return "done", done(action.action, language)
            try:
                await self._act(action)
            except (Conflict, Unprocessable):
                continue
            except Forbidden:
                why = "forbidden"
                continue
            except NotFound:
                return "unknown", not_done("unknown", language)
            return "done", done(action.action, language)
        return "refused", not_done(why, language)


def _response(answer: Answer) -> web.Response:
    if not answer:
        return web.Response()
    return web.Response(body=msgspec.json.encode(answer), content_type="application/json")
