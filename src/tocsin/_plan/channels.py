"""The kinds of channels as a rule file describes them: one model each, told apart by ``type``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from tocsin._core.plan import Language
from tocsin._core.secret import Secret
from tocsin._plan.entry import Entry
from tocsin._plan.fields import Header, HeaderName, Name, Positive, SecretText, Url, Zone


class ChannelEntry(Entry):
    """What every channel may have; each type adds its own settings."""

    later = frozenset({"match", "mention", "details"})
    when: Name | None = None
    """When it carries notices, one of `calendars`; left out, always."""
    language: Language | None = None
    """The language of its notices, where it differs from the group's: `en` or `zh`."""
    timezone: Zone | None = None
    """The time zone of times in its notices, where it differs from the group's."""

    def settings(self) -> dict[str, Any]:
        """The settings of the type alone, those that were given."""
        own = type(self).model_fields.keys() - ChannelEntry.model_fields.keys() - {"type"}
        given = {name: getattr(self, name) for name in sorted(own)}
        return {name: value for name, value in given.items() if value is not None}


class ConsoleChannel(ChannelEntry):
    """Prints to standard output; nothing to set."""

    type: Literal["console"]
    """What kind of channel it is: `webhook` or `console`."""


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
    """What kind of channel it is: `webhook` or `console`."""
    url: Url
    """Where notices are posted; http or https."""
    secret: SecretText | None = None
    """What each request is signed with."""
    timeout: Positive | None = None
    """How long one request may take; 10s by default."""
    headers: Annotated[dict[HeaderName, Header], AfterValidator(_settable)] | None = None
    """Further headers by name; those that Tocsin sets itself are refused."""


AnyChannel = Annotated[WebhookChannel | ConsoleChannel, Field(discriminator="type")]
