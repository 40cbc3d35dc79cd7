"""The kinds of channels as a rule file describes them: one model each, told apart by ``type``."""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import Field

from tocsin._plan.chat_channels import ChatChannel
from tocsin._plan.paging_channels import EmailChannel, OpsgenieChannel, PagerDutyChannel
from tocsin._plan.plain_channels import AppriseChannel, ConsoleChannel, FileChannel, WebhookChannel
from tocsin._plan.request_channel import RequestChannel
from tocsin._plan.robot_channels import DingTalkChannel, FeishuChannel, TeamsChannel, WeComChannel

AnyChannel = Annotated[
    WebhookChannel
    | AppriseChannel
    | FileChannel
    | ConsoleChannel
    | ChatChannel
    | DingTalkChannel
    | EmailChannel
    | FeishuChannel
    | OpsgenieChannel
    | PagerDutyChannel
    | RequestChannel
    | TeamsChannel
    | WeComChannel,
    Field(discriminator="type"),
]

TYPES: tuple[str, ...] = tuple(
    name for model in get_args(get_args(AnyChannel)[0]) for name in get_args(model.model_fields["type"].annotation)
)
"""All types of channels."""
