"""Slack's interactivity: a form whose ``payload`` is a ``block_actions``, signed with the app's signing secret.

The signature is ``v0=`` and the HMAC-SHA256 of ``v0:<timestamp>:<body>``, in hexadecimal, good for five minutes. The
answer is empty: Slack shows nothing of it.
"""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import parse_qs

from tocsin.view.callbacks.heard import Answer, Call, Heard, Unproved, inside, json_of, pressed, same, text


def hear(call: Call) -> Heard | Answer:
    """The first of the buttons that were pressed. Raises ``Unproved``."""
    at, signature = call.headers.get("X-Slack-Request-Timestamp", ""), call.headers.get("X-Slack-Signature", "")
    secret = call.secret("signing_secret")
    wanted = hmac.digest(secret.encode(), f"v0:{at}:".encode("utf-8", "replace") + call.body, hashlib.sha256).hex()
    if not secret or not same(signature, f"v0={wanted}") or not call.is_now(at):
        raise Unproved
    try:
        form = parse_qs(call.body.decode("utf-8", "replace"), max_num_fields=20)
    except ValueError:
        form = {}
    payload = json_of(form.get("payload", [""])[0])
    actions = payload.get("actions")
    if payload.get("type") != "block_actions" or not isinstance(actions, list):
        return {}
    found = (pressed(action.get("value")) for action in actions if isinstance(action, dict))
    delivery, acts = next((each for each in found if each[0]), ("", ()))
    if not delivery:
        return {}
    user = text(inside(payload, "user").get("id"))
    return Heard(event=wanted, accounts=(user,) if user else (), acts=acts, delivery=delivery)
