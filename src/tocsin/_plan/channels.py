"""The kinds of channels as a rule file describes them: one model each, told apart by ``type``."""

from __future__ import annotations

from typing import Annotated

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
