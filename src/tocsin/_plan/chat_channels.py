"""Channels that are chats, as a rule file describes them."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

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


ChatChannel = SlackChannel
