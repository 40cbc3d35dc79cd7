"""Channels that call people, or reach them by mail, as a rule file describes them."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from tocsin._plan.fields import SecretText, Url
from tocsin._plan.http_channel import HttpChannel

_ROUTING_KEY = 32


class PagerDutyChannel(HttpChannel):
    """Keeps an alert at PagerDuty for each incident."""

    type: Literal["pagerduty"]
    """What kind of channel it is."""
    routing_key: SecretText
    """The key of an integration of the type Events API v2."""
    url: Url | None = None
    """Where events are posted; `https://events.pagerduty.com/v2/enqueue` by default."""

    webhook_secret: SecretText | None = None
    """What PagerDuty signs its webhooks with, by which acknowledging and resolving there is done here too."""

    @model_validator(mode="after")
    def _whole_key(self) -> PagerDutyChannel:
        given = len(self.routing_key.reveal())
        if self.url is None and given not in (0, _ROUTING_KEY):  # none is one that is not there, and told elsewhere
            said = f"is no key of PagerDuty's Events API v2: those have {_ROUTING_KEY} characters, not {given}"
            raise PydanticCustomError("value", "{said}", {"said": said, "within": ("routing_key",)})
        return self


class OpsgenieChannel(HttpChannel):
    """Keeps an alert for each incident at Opsgenie, or at what has the same Alert API."""

    type: Literal["opsgenie"]
    """What kind of channel it is."""
    api_key: SecretText
    """The key of an API integration."""
    url: Url | None = None
    """Where the Alert API is, without `/v2/alerts`; `https://api.opsgenie.com` by default."""
