"""Channel kind ``webhook``: one POST of the notice's JSON body to an address.

Settings: ``url`` (http or https), and if wanted ``secret`` (signs every request by the Standard Webhooks
scheme), or in its place ``secrets``, and ``headers``. Any of them may be secret. What counts as a yes, and what is
tried again, is ``endpoint``'s to say, and so are the settings of the way: ``timeout``, ``proxy``, ``ca_file``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable

import aiohttp

from tocsin import __version__
from tocsin._core.clock import Clock
from tocsin._core.errors import ConfigurationError
from tocsin._core.message import Message
from tocsin._core.plan import Channel
from tocsin._core.times import SECOND
from tocsin.send.endpoint import Endpoint, in_json, revealed
from tocsin.send.headers import own_headers
from tocsin.send.kind import Kind


class Webhook:
    """A ``webhook`` channel. The session is shared between channels and not closed here."""

    def __init__(self, channel: Channel, *, session: aiohttp.ClientSession, clock: Clock) -> None:
        settings = channel.settings
        place = f"channels.{channel.name}"
        given = {f"{place}.secrets[{index}]": each for index, each in enumerate(settings.get("secrets", ()))}
        if "secret" in settings:
            given[f"{place}.secret"] = settings["secret"]
        signing = {where: revealed(each) for where, each in given.items()}
        self._keys = [key for where, secret in signing.items() if (key := _signing_key(where, secret))]
        self._headers = own_headers(channel.name, settings.get("headers", {}))
        self._clock = clock
        secrets = (*signing.values(), *self._headers.values())
        self._endpoint = Endpoint.of(channel, session=session, clock=clock, secrets=secrets)

    async def send(self, message: Message) -> str:
        """POST once; returns on a 2xx, whatever the answer's body. Raises ``TrySendAgain`` or ``SendRefused``."""
        body = in_json(dict(message.body))
        headers = {
            "User-Agent": f"Tocsin/{__version__}",
            "Content-Type": "application/json",
            "Idempotency-Key": message.id,
            **self._headers,
        }
        if self._keys:
            headers |= signature(self._keys, message.id, self._clock.now() // SECOND, body)
        await self._endpoint.post(body, headers)
        return ""

    async def check(self) -> bool:
        """A receiver of notices takes nothing else."""
        return False

    async def close(self) -> None:
        """Nothing of its own is open."""


def signature(keys: Iterable[bytes], delivery: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of the Standard Webhooks scheme, version 1, over ``id.timestamp.body``: signed with each key."""
    signed = f"{delivery}.{timestamp}.".encode() + body
    digests = (base64.b64encode(hmac.digest(key, signed, hashlib.sha256)) for key in keys)
    return {
        "webhook-id": delivery,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{digest.decode('ascii')}" for digest in digests),
    }


def _signing_key(where: str, secret: str) -> bytes:
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise ConfigurationError(
            f"{where} begins with whsec_, and the rest is no base64; "
            "copy it whole, or leave whsec_ away to use the text itself as the key"
        ) from None


KIND = Kind(open=Webhook)
