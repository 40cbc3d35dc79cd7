"""The kinds of channels as a rule file describes them: one model each, told apart by ``type``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from tocsin._core.plan import Language
from tocsin._core.secret import Secret
from tocsin._plan.entry import Entry
from tocsin._plan.fields import Header, HeaderName, Positive, SecretText, Url, Zone


class ChannelEntry(Entry):
    """What every channel may have; each type adds its own settings."""

    later = frozenset({"match", "when", "mention", "details"})
    language: Language | None = None
    timezone: Zone | None = None

    def settings(self) -> dict[str, Any]:
        """The settings of the type alone, those that were given."""
        own = type(self).model_fields.keys() - ChannelEntry.model_fields.keys() - {"type"}
        given = {name: getattr(self, name) for name in sorted(own)}
        return {name: value for name, value in given.items() if value is not None}


class ConsoleChannel(ChannelEntry):
    """Prints to standard output; nothing to set."""

    type: Literal["console"]


_OURS = frozenset(
    {"accept-encoding", "connection", "content-length", "content-type", "host", "idempotency-key"}
    | {"transfer-encoding", "webhook-id", "webhook-signature", "webhook-timestamp"}
)


def _settable(headers: dict[str, str | Secret]) -> dict[str, str | Secret]:
    for name in headers:
        if name.lower() in _OURS:
            raise PydanticCustomError("value", "{said}", {"said": f"cannot set `{name}`, which Tocsin sets itself"})
    return headers


class WebhookChannel(ChannelEntry):
    """Posts notices to an address."""

    type: Literal["webhook"]
    url: Url
    secret: SecretText | None = None
    timeout: Positive | None = None
    headers: Annotated[dict[HeaderName, Header], AfterValidator(_settable)] | None = None


AnyChannel = Annotated[WebhookChannel | ConsoleChannel, Field(discriminator="type")]
