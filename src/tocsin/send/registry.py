"""The kinds of channels there are, by the ``type`` of a channel in the plan."""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp

from tocsin import __version__
from tocsin._core.clock import Clock
from tocsin._core.errors import ConfigurationError, SendRefused
from tocsin._core.message import Message, Sender
from tocsin._core.plan import Channel
from tocsin.send.guard import GuardedConnector
from tocsin.send.kind import Bounds, Kind
from tocsin.send.kinds import (
    apprise,
    dingtalk,
    discord,
    email,
    feishu,
    file,
    http,
    mattermost,
    msteams,
    opsgenie,
    pagerduty,
    slack,
    telegram,
    webhook,
    wecom,
)
from tocsin.send.kinds.console import Console

KINDS: Mapping[str, Kind] = {
    "apprise": apprise.KIND,
    "dingtalk": dingtalk.KIND,
    "discord": discord.KIND,
    "email": email.KIND,
    "feishu": feishu.KIND,
    "file": file.KIND,
    "http": http.KIND,
    "mattermost": mattermost.KIND,
    "msteams": msteams.KIND,
    "opsgenie": opsgenie.KIND,
    "pagerduty": pagerduty.KIND,
    "slack": slack.KIND,
    "telegram": telegram.KIND,
    "webhook": webhook.KIND,
    "wecom": wecom.KIND,
}
"""All but ``console``, of which there is one for the whole process. Each passes the shared contract test."""


MOST_TOGETHER = 100
"""Notices in one message of a ``console``."""


class Gone:
    """A channel that the plan no longer has: what is still owed there becomes dead letters, visible, not lost."""

    def __init__(self, name: str) -> None:
        self._name = name

    async def send(self, message: Message) -> str:
        """Refuse."""
        raise SendRefused(f"the plan no longer has a channel {self._name}; what it was owed goes no further")

    async def check(self) -> bool:
        """There is nobody to ask."""
        return False

    async def close(self) -> None:
        """Nothing to give back."""


def open_sender(channel: Channel, *, session: aiohttp.ClientSession, console: Console, clock: Clock) -> Sender:
    """The channel, ready to send; all of type ``console`` share one.

    Raises ``ConfigurationError`` where its settings cannot work.
    """
    if channel.type == "console":
        return console
    kind = KINDS.get(channel.type)
    if kind is None:
        known = ", ".join([*KINDS, "console"])
        raise ConfigurationError(
            f"channels.{channel.name}.type: {channel.type!r} is no kind of channel; there are {known}"
        )
    return kind.open(channel, session=session, clock=clock)


def bounds_of(channel: Channel) -> Bounds:
    """What a channel bears. A terminal takes all at once."""
    kind = KINDS.get(channel.type)
    return Bounds(rate=channel.rate, most=MOST_TOGETHER) if kind is None else kind.bounds(channel.rate)


def open_session(*, refuse_private: bool = False) -> aiohttp.ClientSession:
    """The session that all channels share: no cookies kept, no proxy or password taken from the environment. It may
    ``refuse_private`` addresses."""
    connector = GuardedConnector if refuse_private else aiohttp.TCPConnector
    return aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        headers={"User-Agent": f"Tocsin/{__version__}"},
        connector=connector(limit=0),
    )
