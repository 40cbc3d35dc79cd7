"""Channel kind ``feishu``: a custom robot of a group at Feishu (飞书) or Lark, or an app there (``feishu_app``).

A message is a card: its header is the subject in the tier's colour, and all text of others is plain text in it, which
mentions nobody and is no mark-up. It is a card of the first schema, which every client shows; of one of the second,
clients before 7.20 show the header alone. A custom robot has no threads.

Settings: ``url`` (the robot's address), ``token`` (its last part, where the address is without) and ``secret`` (signs
the body, if the robot asks for that).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping

import aiohttp

from tocsin._core.clock import Clock
from tocsin._core.message import Message, Sender
from tocsin._core.plan import Channel
from tocsin._core.times import SECOND
from tocsin.send.endpoint import Endpoint, revealed
from tocsin.send.feishu_app import FeishuApp
from tocsin.send.feishu_card import card
from tocsin.send.fit import fit_json
from tocsin.send.kind import Kind, Rate
from tocsin.send.verdict import Verdict

HOME = "https://open.feishu.cn/open-apis/bot/v2/hook"
MOST = 20_000
"""Bytes of a body: a little less than 20 KB."""

VERDICT = Verdict(
    code=("code", "StatusCode"),
    text=("msg", "StatusMessage"),
    later={11232: None, 99991400: None},
    hints={
        19001: "the robot is not there any more, or its token is wrong; copy its address anew",
        19021: "the robot asks for another signature: check `secret`, and whether the clock is right",
        19022: "the robot takes messages from other addresses only; add ours in its security settings",
        19024: "the robot asks for a keyword that is not in the text; let it ask for a signature instead",
    },
)


class Feishu:
    """A ``feishu`` channel. The session is shared between channels and not closed here."""

    def __init__(self, channel: Channel, *, session: aiohttp.ClientSession, clock: Clock) -> None:
        token = revealed(channel.settings.get("token", ""))
        self._secret = revealed(channel.settings.get("secret", ""))
        self._clock = clock
        secrets = (token, self._secret)
        self._endpoint = Endpoint.of(channel, session=session, clock=clock, default=HOME, secrets=secrets)
        self._url = self._endpoint.url / token if token else self._endpoint.url

    async def send(self, message: Message) -> str:
        """Post it. There is no thread to answer."""
        around = {**self._proof(), "msg_type": "interactive"}
        body = fit_json(lambda below: {**around, "card": card(message, below)}, message.below, MOST)
        await VERDICT.post(self._endpoint, body, to=self._url)
        return ""

    async def check(self) -> bool:
        """A robot can be asked nothing."""
        return False

    async def close(self) -> None:
        """Nothing of its own is open."""

    def _proof(self) -> Mapping[str, str]:
        if not self._secret:
            return {}
        now = self._clock.now() // SECOND
        return {"timestamp": str(now), "sign": signature(self._secret, now)}


def signature(secret: str, timestamp: int) -> str:
    """What a signed robot wants to see for a time in seconds: nothing, signed with time and secret."""
    return base64.b64encode(hmac.digest(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256)).decode("ascii")


def _open(channel: Channel, *, session: aiohttp.ClientSession, clock: Clock) -> Sender:
    """By an app where the channel names one, else by a custom robot."""
    opener = FeishuApp if "app_id" in channel.settings else Feishu
    return opener(channel, session=session, clock=clock)


KIND = Kind(open=_open, rate=Rate(5, 3 * SECOND))
"""Its documents say 5 in a second and 100 in a minute: this keeps to both."""
