"""What a button of a message says when it is pressed, and which channels hear of it. Pure.

``acknowledge|inc-261205-7k2m9p-1-0123456789ab|1f2e3d4c``: the action; the delivery that the button came with, which
names the incident and the groups that were asked; and a seal by the secret of its channel, since a client that somebody
wrote may say that anything was pressed. At most 62 characters, so that it fits where a tool allows 64 bytes.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass

from tocsin._core.plan import Channel
from tocsin._core.secret import Secret

PRESSED: tuple[str, ...] = ("acknowledge", "contain", "restore", "still_broken")
"""The actions that need no words, so that a button can do them."""

PROOFS: Mapping[str, tuple[str, ...]] = {
    "feishu": ("encrypt_key", "verification_token"),
    "pagerduty": ("webhook_secret",),
    "slack": ("signing_secret",),
    "telegram": ("callback_secret",),
}
"""The types of channels whose tool sends back what people do there, and the settings that prove it; one is enough."""

_SEAL = 8
_VALUE = re.compile(r"([a-z_]{1,20})\|([a-z0-9-]{1,40})\|([0-9a-f]{8})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Press:
    """What a button said: an action, and the delivery that it came with. The ``seal`` is still to be looked at."""

    action: str
    delivery: str
    seal: str

    def is_of(self, channel: Channel) -> bool:
        """Whether it is the button of a message on this channel, which has them only if it hears of presses."""
        return hears(channel) and hmac.compare_digest(self.seal, _sealed(self.action, self.delivery, channel))


def value_of(action: str, delivery: str, channel: Channel) -> str:
    """What the button of an action says, on the message of a delivery on a channel that hears of presses."""
    return f"{action}|{delivery}|{_sealed(action, delivery, channel)}"


def read_value(value: object) -> Press | None:
    """What a button said; ``None`` for what is no button of ours."""
    match = _VALUE.fullmatch(value) if isinstance(value, str) else None
    return Press(match[1], match[2], match[3]) if match and match[1] in PRESSED else None


def _sealed(action: str, delivery: str, channel: Channel) -> str:
    key = "\0".join(proof(channel, name) for name in PROOFS.get(channel.type, ()))
    return hmac.digest(key.encode(), f"{action}|{delivery}".encode(), hashlib.sha256).hex()[:_SEAL]


def proof(channel: Channel, name: str) -> str:
    """A setting that proves where a callback comes from; ``""`` where it is not set."""
    value = channel.settings.get(name, "")
    return value.reveal() if isinstance(value, Secret) else str(value)


def hears(channel: Channel) -> bool:
    """Whether what people do at this channel's tool comes back, so that buttons make sense there."""
    return any(proof(channel, name) for name in PROOFS.get(channel.type, ()))


def of_one_tool(one: Channel, other: Channel) -> bool:
    """Whether what comes back on one channel may be about a message on the other: both are of one type, and neither
    says that it belongs to another app or account than the other's."""
    return one.type == other.type and all(
        proof(one, name) == proof(other, name) or not proof(other, name) for name in PROOFS.get(one.type, ())
    )
