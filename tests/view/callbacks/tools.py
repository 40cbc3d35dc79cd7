"""Channels' tools as they call back: bodies as they document them, signed by the algorithms that they publish."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

SLACK, PAGERDUTY, TELEGRAM = "8f742231b10e8888abcd99yyyzzz85a5", "pd-webhook-secret", "telegram-callback-secret"
FEISHU_KEY, FEISHU_TOKEN = "kudryavka", "rvaYgkND1GOiu5MM0E1rncYC6PLtF7JV"


@dataclass(frozen=True)
class Callback:
    """A request of a tool."""

    body: bytes
    headers: Mapping[str, str]


REPLY_TO = "https://hooks.slack.com/actions/T9TK3CUKW/1/2"


def slack(value: str, *, at: int, user: str = "U02ABCDEF", secret: str = SLACK, reply_to: str = REPLY_TO) -> Callback:
    """A press of a button: a ``block_actions`` in a form, signed with the app's secret."""
    payload = {
        "type": "block_actions",
        "user": {"id": user, "username": "zhang", "name": "zhang", "team_id": "T9TK3CUKW"},
        "api_app_id": "AA8RF4GDR",
        "token": "verification",
        "container": {"type": "message", "message_ts": "1548261231.000200", "channel_id": "CBR2V3XEX"},
        "trigger_id": "12466734323.1395872398.1b83e8ba26d1d5",
        "team": {"id": "T9TK3CUKW", "domain": "acme"},
        "channel": {"id": "CBR2V3XEX", "name": "payments"},
        "message": {"type": "message", "bot_id": "B1", "text": "down", "ts": "1548261231.000200"},
        "response_url": reply_to,
        "actions": [
            {
                "type": "button",
                "block_id": "asks",
                "action_id": "acknowledge",
                "text": {"type": "plain_text", "text": "Acknowledge"},
                "value": value,
                "action_ts": "1548426417.840180",
            }
        ],
    }
    body = urlencode({"payload": json.dumps(payload)}).encode()
    signature = hmac.new(secret.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": str(at),
        "X-Slack-Signature": f"v0={signature}",
    }
    return Callback(body, headers)


def telegram(value: str, *, user: int = 5012345678, update: int = 10000, secret: str = TELEGRAM) -> Callback:
    """A press of a button of an inline keyboard."""
    person = {"id": user, "is_bot": False, "first_name": "Zhang", "username": "zhangwei", "language_code": "zh"}
    query = {
        "id": "4382bfdwdsb323b2d9",
        "from": person,
        "message": {"message_id": 1365, "chat": {"id": -1001234567890, "type": "supergroup"}, "date": 1441645532},
        "chat_instance": "42a",
        "data": value,
    }
    body = json.dumps({"update_id": update, "callback_query": query}).encode()
    return Callback(body, {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": secret})


def feishu(
    value: Any, *, at: int, key: str = FEISHU_KEY, token: str = FEISHU_TOKEN, event: str = "f7984f25108f8137722bb63c"
) -> Callback:
    """A press of a button of a card; encrypted and signed where there is a key."""
    said = {
        "schema": "2.0",
        "header": {
            "event_id": event,
            "token": token,
            "create_time": f"{at}000000",
            "event_type": "card.action.trigger",
            "tenant_key": "736588c9260f175d",
            "app_id": "cli_a5",
        },
        "event": {
            "operator": {
                "tenant_key": "736588c9260f175d",
                "user_id": "867ca2a",
                "open_id": "ou_f5",
                "union_id": "on_d",
            },
            "token": "c-295ee57216a5dc9de90fefd0aadb4b1d7d",
            "action": {"value": value, "tag": "button"},
            "host": "im_message",
            "context": {"open_message_id": "om_574d639e4a44e4dd646eaf628e2", "open_chat_id": "oc_62"},
        },
    }
    return sealed(said, at=at, key=key)


def sealed(said: Mapping[str, Any], *, at: int, key: str) -> Callback:
    """A body of Feishu's, encrypted and signed where there is a key."""
    body = json.dumps(said).encode()
    if not key:
        return Callback(body, {"Content-Type": "application/json"})
    first = b"0123456789abcdef"
    pad = PKCS7(128).padder()
    lock = Cipher(algorithms.AES(hashlib.sha256(key.encode()).digest()), modes.CBC(first)).encryptor()
    hidden = first + lock.update(pad.update(body) + pad.finalize()) + lock.finalize()
    body = json.dumps({"encrypt": base64.b64encode(hidden).decode()}).encode()
    signature = hashlib.sha256(f"{at}nonce{key}".encode() + body).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-Lark-Request-Timestamp": str(at),
        "X-Lark-Request-Nonce": "nonce",
        "X-Lark-Signature": signature,
    }
    return Callback(body, headers)


USER = {"id": "PLH1HKV", "summary": "Zhang Wei", "type": "user_reference", "self": "https://api.pagerduty.com/users/P"}


def pagerduty(
    event_type: str,
    *,
    at: str,
    key: str = "",
    event: str = "5ac64822-4adc-4fda-ade0-410becf0de4f",
    agent: Mapping[str, str] | None = USER,
    note: str = "",
    secrets: tuple[str, ...] = (PAGERDUTY,),
) -> Callback:
    """An event of webhooks version 3; one about a note, where there is one."""
    incident: dict[str, Any] = {
        "id": "PGR0VU2",
        "type": "incident",
        "self": "https://api.pagerduty.com/incidents/PGR0VU2",
        "number": 2,
        "status": "triggered",
        "incident_key": key,
        "created_at": "2020-04-09T15:16:27Z",
        "title": "A little bump in the road",
        "service": {"id": "PF9KMXH", "type": "service_reference"},
        "assignees": [USER],
        "urgency": "high",
        "resolve_reason": None,
    }
    if note:
        about = {"id": "PGR0VU2", "type": "incident_reference", "summary": "A little bump in the road"}
        incident = {"incident": about, "id": "P2LA89X", "content": note, "trimmed": False, "type": "incident_note"}
    said = {
        "id": event,
        "event_type": event_type,
        "resource_type": "incident",
        "occurred_at": at,
        "agent": agent,
        "client": None,
        "data": incident,
    }
    body = json.dumps({"event": said}).encode()
    signatures = ",".join(f"v1={hmac.new(each.encode(), body, hashlib.sha256).hexdigest()}" for each in secrets)
    return Callback(body, {"Content-Type": "application/json", "X-PagerDuty-Signature": signatures})
