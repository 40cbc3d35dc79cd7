"""Channels that are robots of a group chat, as a rule file describes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from tocsin._core.secret import Secret
from tocsin._plan.fields import Plain, SecretText, Url
from tocsin._plan.http_channel import HttpChannel

_EITHER_TOKEN = ConfigDict(json_schema_extra={"anyOf": [{"required": ["url"]}, {"required": ["token"]}]})
_ROBOT_OR_APP = ConfigDict(
    json_schema_extra={
        "anyOf": [{"required": ["url"]}, {"required": ["token"]}, {"required": ["app_id", "app_secret", "chat"]}]
    }
)
_EITHER_KEY = ConfigDict(json_schema_extra={"anyOf": [{"required": ["url"]}, {"required": ["key"]}]})


def _error(message: str) -> PydanticCustomError:
    return PydanticCustomError("value", "{said}", {"said": message})


def _lacks(url: str | Secret | None, parameter: str) -> bool:
    """Whether an address does not say who the robot is. One that is not there yet is told elsewhere."""
    text = url.reveal() if isinstance(url, Secret) else url
    return text is None or (text != "" and not parse_qs(urlsplit(text).query).get(parameter))


class DingTalkChannel(HttpChannel):
    """Lets a custom robot speak in a DingTalk group."""

    model_config = _EITHER_TOKEN
    type: Literal["dingtalk"]
    """What kind of channel it is."""
    url: Url | None = None
    """The robot's address; with a `token`, https://oapi.dingtalk.com/robot/send by default."""
    token: SecretText | None = None
    """The robot's `access_token`, where its address is without one."""
    secret: SecretText | None = None
    """What the address is signed with, where the robot's security settings say so (加签)."""

    @model_validator(mode="after")
    def _which_robot(self) -> DingTalkChannel:
        if self.token is None and _lacks(self.url, "access_token"):
            raise _error("needs a `url` with the robot's `access_token` in it, or a `token`; write one of them")
        return self


class WeComChannel(HttpChannel):
    """Lets a robot speak in a WeCom group."""

    model_config = _EITHER_KEY
    type: Literal["wecom"]
    """What kind of channel it is."""
    url: Url | None = None
    """The robot's address; with a `key`, https://qyapi.weixin.qq.com/cgi-bin/webhook/send by default."""
    key: SecretText | None = None
    """The robot's `key`, where its address is without one."""

    @model_validator(mode="after")
    def _which_robot(self) -> WeComChannel:
        if self.key is None and _lacks(self.url, "key"):
            raise _error("needs a `url` with the robot's `key` in it, or a `key`; write one of them")
        return self


class FeishuChannel(HttpChannel):
    """Lets a custom robot, or an app, speak in a group at Feishu or Lark."""

    model_config = _ROBOT_OR_APP
    type: Literal["feishu"]
    """What kind of channel it is."""
    url: Url | None = None
    """The robot's address, or that of an app's API; with a `token` or an app, Feishu's own by default."""
    token: SecretText | None = None
    """The last part of the robot's address, where `url` is without it."""
    secret: SecretText | None = None
    """What each message is signed with, where the robot's security settings say so."""
    app_id: Plain | None = None
    """The app that speaks in place of a custom robot: its messages are one thread, and may have buttons that act."""
    app_secret: SecretText | None = None
    """The app's secret."""
    chat: Plain | None = None
    """Where the app posts: the id of a group, such as oc_5ad11d72b830411d72b836c20."""
    encrypt_key: SecretText | None = None
    """What the app's callbacks are encrypted and signed with, by which its messages have buttons that act."""
    verification_token: SecretText | None = None
    """The token in the app's callbacks, with the `encrypt_key` or in its place."""

    @model_validator(mode="after")
    def _which_robot(self) -> FeishuChannel:
        app = {"app_id": self.app_id, "app_secret": self.app_secret, "chat": self.chat}
        given = {name for name, value in app.items() if value is not None}
        if given:
            return self._app(missing=[f"`{name}`" for name in app if name not in given])
        if self.encrypt_key is not None or self.verification_token is not None:
            raise _error("is a custom robot, which has no callbacks; name an app: `app_id`, `app_secret` and `chat`")
        if self.token is None and self.url is None:
            raise _error("needs a `url`, the robot's address, or a `token`, the last part of it; write one of them")
        return self

    def _app(self, missing: Sequence[str]) -> FeishuChannel:
        if missing:
            raise _error(f"needs `app_id`, `app_secret` and `chat` together; write {' and '.join(missing)} too")
        if self.token is not None or self.secret is not None:
            raise _error("names an app, and a custom robot beside; take `token` and `secret` out, or the app")
        return self


class TeamsChannel(HttpChannel):
    """Posts to a channel or chat of Microsoft Teams by a workflow."""

    type: Literal["msteams"]
    """What kind of channel it is."""
    url: Url
    """The address of the workflow that posts what comes to a webhook."""
