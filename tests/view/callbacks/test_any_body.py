"""Whatever a tool sends, if it is proved, is read or answered with nothing; it is never a fault of ours."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

from hypothesis import given
from hypothesis import strategies as st
from tests.view.callbacks.conftest import CHANNELS
from tests.view.callbacks.tools import FEISHU_KEY, FEISHU_TOKEN, PAGERDUTY, SLACK, TELEGRAM, sealed

from tocsin._core.plan import Channel
from tocsin._core.press import value_of
from tocsin._core.times import SECOND
from tocsin.view.callbacks import feishu, pagerduty, slack, telegram
from tocsin.view.callbacks.heard import Call, Heard

AT = 1_780_000_000
_NAMES = (
    "event", "event_type", "data", "agent", "incident", "incident_key", "id", "type", "content", "occurred_at",
    "actions", "value", "user", "payload", "response_url", "callback_query", "from", "update_id", "header", "operator",
    "action", "press", "open_id", "event_id", "token", "challenge",
)  # fmt: skip
_WORDS = (
    "incident.acknowledged", "incident.annotated", "user_reference", "incident", "block_actions", "card.action.trigger",
    "url_verification", "2026-05-28T20:26:40Z", "https://[", "INC-260101-AAAAAA", FEISHU_TOKEN,
    value_of("acknowledge", "inc-260101-aaaaaa-1-0123456789ab", CHANNELS["technical-hook"]),
)  # fmt: skip
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(_WORDS)
    | st.text()
)
ANY = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=6),
    max_leaves=30,
)


def heard(name: str, hear: Any, body: bytes, headers: dict[str, str]) -> None:
    """Read it; what is heard has a name by which it is known again."""
    channel: Channel = CHANNELS[name]
    found = hear(Call(headers=headers, body=body, channel=channel, now=AT * SECOND))
    if isinstance(found, Heard):
        assert found.event
        assert isinstance(found.answer("words"), dict)
    else:
        json.dumps(found)


@given(ANY)
def test_any_json(said: Any) -> None:
    """Of any shape, with the words that each tool uses in it."""
    body = json.dumps(said).encode()
    signed = hmac.new(PAGERDUTY.encode(), body, hashlib.sha256).hexdigest()
    heard("command-hook", pagerduty.hear, body, {"X-PagerDuty-Signature": f"v1={signed}"})
    heard("business-hook", telegram.hear, body, {"X-Telegram-Bot-Api-Secret-Token": TELEGRAM})
    form = urlencode({"payload": json.dumps(said)}).encode()
    signed = hmac.new(SLACK.encode(), f"v0:{AT}:".encode() + form, hashlib.sha256).hexdigest()
    heard(
        "technical-hook", slack.hear, form, {"X-Slack-Request-Timestamp": str(AT), "X-Slack-Signature": f"v0={signed}"}
    )
    whole = {**(said if isinstance(said, dict) else {"event": said}), "token": FEISHU_TOKEN}
    hidden = sealed(whole, at=AT, key=FEISHU_KEY)
    heard("legal-hook", feishu.hear, hidden.body, dict(hidden.headers))
