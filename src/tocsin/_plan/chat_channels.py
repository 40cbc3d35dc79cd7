"""Channels that are chats, as a rule file describes them."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, PlainValidator, model_validator
from pydantic_core import PydanticCustomError

from tocsin._core.secret import Secret
from tocsin._plan import shapes
from tocsin._plan.fields import Plain, SecretText, Url
from tocsin._plan.http_channel import HttpChannel


def _error(message: str) -> PydanticCustomError:
    return PydanticCustomError("value", "{said}", {"said": message})


class SlackChannel(HttpChannel):
    """Posts to Slack, by an incoming webhook or by a bot."""

    type: Literal["slack"]
    """What kind of channel it is."""
    url: Url | None = None
    """The incoming webhook; with a `token`, the address of the API: https://slack.com/api by default."""
    token: SecretText | None = None
    """The token of a bot, by which all messages about an incident are one thread."""
    channel: Plain | None = None
    """Where the bot posts: the id of a channel, such as C0123456789."""
    signing_secret: SecretText | None = None
    """What the app's callbacks are signed with, by which messages have buttons that act."""

    @model_validator(mode="after")
    def _by_webhook_or_bot(self) -> SlackChannel:
        if self.token is None and self.url is None:
            raise _error("needs either `url`, an incoming webhook, or `token` and `channel`, a bot and where it posts")
        if (self.token is None) != (self.channel is None):
            out = "`token` too, or take `channel` out: a webhook has its own" if self.token is None else "`channel` too"
            raise _error(f"needs `token` and `channel` together; write {out}")
        return self


_CHAT_ID = re.compile(r"-?\d{1,19}|@[A-Za-z]\w{3,31}", re.ASCII)


def _chat_id(value: object) -> str:
    text = str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    if not _CHAT_ID.fullmatch(text):
        raise _error("must be the id of a chat, such as -1001234567890, or the name of a public one, such as '@ops'")
    return text


def _channel_id(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch("[a-z0-9]{26}", value):
        raise _error("must be the id of a channel, 26 small letters and digits; its *View Info* shows it")
    return value


def _topic(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise _error("must be the number of a topic, which stands in its link, such as 42")
    return value


def _header_token(secret: Secret) -> Secret:
    """By the Bot API; one that is not there yet is told elsewhere."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret.reveal()):
        raise _error("must be 1 to 256 letters, digits, dashes and underscores: Telegram takes no other")
    return secret


class TelegramChannel(HttpChannel):
    """Speaks in a chat at Telegram, by a bot."""

    type: Literal["telegram"]
    """What kind of channel it is."""
    token: SecretText
    """The token of the bot, 123456:ABC-def."""
    chat_id: Annotated[str, PlainValidator(_chat_id), shapes.CHAT_ID]
    """The chat that the bot speaks in: an id, such as -1001234567890, or the name of a public one, such as '@ops'."""
    topic: Annotated[int, PlainValidator(_topic), shapes.COUNT] | None = None
    """In a group with topics, the number of the one that it speaks in."""
    url: Url | None = None
    """The address of an API server of your own; https://api.telegram.org by default."""
    callback_secret: Annotated[SecretText, AfterValidator(_header_token)] | None = None
    """The secret token of the bot's webhook, by which messages have buttons that act."""


class DiscordChannel(HttpChannel):
    """Posts to a channel at Discord, by a webhook."""

    type: Literal["discord"]
    """What kind of channel it is."""
    url: Url
    """The address of the webhook."""
    forum: bool | None = None
    """Whether its channel is a forum, in which each incident is a post of its own; it is not by default."""


class MattermostChannel(HttpChannel):
    """Posts to a channel at Mattermost, by an incoming webhook or by a bot."""

    type: Literal["mattermost"]
    """What kind of channel it is."""
    url: Url
    """The incoming webhook; with a `token`, the address of the server."""
    token: SecretText | None = None
    """The access token of a bot, by which all posts about an incident are one thread."""
    channel_id: Annotated[str, PlainValidator(_channel_id), shapes.CHANNEL_ID] | None = None
    """Where the bot posts: the id of a channel, 26 letters and digits."""

    @model_validator(mode="after")
    def _by_webhook_or_bot(self) -> MattermostChannel:
        if (self.token is None) != (self.channel_id is None):
            out = "`token` too, or take `channel_id` out: a webhook has its own"
            missing = out if self.token is None else "`channel_id` too"
            raise _error(f"needs `token` and `channel_id` together; write {missing}")
        return self


ChatChannel = DiscordChannel | MattermostChannel | SlackChannel | TelegramChannel
