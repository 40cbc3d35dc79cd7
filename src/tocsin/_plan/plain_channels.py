"""Channels that are no company's tool, as a rule file describes them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, PlainValidator, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from tocsin._core.secret import Secret
from tocsin._plan import shapes
from tocsin._plan.channel_entry import ChannelEntry
from tocsin._plan.fields import Header, HeaderName, Positive, SecretText, Url, text_of
from tocsin._plan.http_channel import HttpChannel


class ConsoleChannel(ChannelEntry):
    """Prints to standard output; nothing to set."""

    type: Literal["console"]
    """What kind of channel it is."""


def _path(value: object, info: ValidationInfo) -> str:
    text = text_of(value, info)
    if text and (not text.startswith("/") or text.endswith("/") or not text.isprintable()):
        raise PydanticCustomError(
            "value", "{said}", {"said": "must be the whole path of a file, as in /var/log/x.jsonl"}
        )
    return text


class FileChannel(ChannelEntry):
    """Adds every notice to a file, as a line of JSON."""

    type: Literal["file"]
    """What kind of channel it is."""
    path: Annotated[str, PlainValidator(_path), shapes.PATH]
    """The file, by its whole path; its directory must be there."""


class AppriseChannel(ChannelEntry):
    """Hands notices to the library Apprise."""

    type: Literal["apprise"]
    """What kind of channel it is."""
    url: SecretText
    """The address, as Apprise writes it; a secret."""
    timeout: Positive | None = None
    """How long one message may take; 30s by default."""


_OURS = frozenset(
    {"accept-encoding", "connection", "content-length", "content-type", "host", "idempotency-key"}
    | {"transfer-encoding", "webhook-id", "webhook-signature", "webhook-timestamp"}
)


def settable(headers: dict[str, str | Secret]) -> dict[str, str | Secret]:
    """Headers that a plan may set."""
    for name in headers:
        if name.lower() in _OURS:
            raise PydanticCustomError("value", "{said}", {"said": f"cannot set `{name}`, which Tocsin sets itself"})
    return headers


class WebhookChannel(HttpChannel):
    """Posts notices to an address."""

    type: Literal["webhook"]
    """What kind of channel it is."""
    url: Url
    """Where notices are posted; http or https."""
    secret: SecretText | None = None
    """What each request is signed with."""
    secrets: Annotated[list[SecretText], Field(min_length=1, max_length=4)] | None = None
    """In place of `secret`, several, the newest first: each request is signed with all, while receivers change over."""
    headers: Annotated[dict[HeaderName, Header], AfterValidator(settable)] | None = None
    """Further headers by name; those that Tocsin sets itself are refused."""

    @model_validator(mode="after")
    def _signs_one_way(self) -> Self:
        if self.secret is not None and self.secrets is not None:
            raise PydanticCustomError("value", "{said}", {"said": "has both `secret` and `secrets`; take `secret` out"})
        return self
