"""Slack's interactivity: a form whose ``payload`` is a ``block_actions``, signed with the app's signing secret.

The signature is ``v0=`` and the HMAC-SHA256 of ``v0:<timestamp>:<body>``, in hexadecimal, good for five minutes. The
answer is empty, since Slack shows nothing of it; the person is told at the ``response_url``, in a message for them
alone.
"""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import parse_qs, urlsplit

from tocsin._core.press import read_value
from tocsin.view.callbacks.heard import Answer, Call, Heard, Unproved, act_of, inside, json_of, same, text

_HOSTS = ("hooks.slack.com", "hooks.slack-gov.com")


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
    found = (read_value(action.get("value")) for action in actions if isinstance(action, dict))
    press = next((each for each in found if each is not None), None)
    if press is None:
        return {}
    user = text(inside(payload, "user").get("id"))
    return Heard(
        event=wanted,
        accounts=(user,) if user else (),
        acts=act_of(press),
        press=press,
        answer=lambda words: {"response_type": "ephemeral", "replace_original": False, "text": words},
        reply_to=_reply_to(text(payload.get("response_url")), call.secret("url")),
    )


def _reply_to(address: str, own: str) -> str:
    """Where Slack wants to be told more: at its own host, or where the channel says that Slack is."""
    try:
        there, here = urlsplit(address), urlsplit(own)
        is_slack = there.scheme == "https" and there.port is None and there.hostname in _HOSTS
        is_own = bool(own) and (there.scheme, there.hostname, there.port) == (here.scheme, here.hostname, here.port)
    except ValueError:
        return ""
    return address if is_slack or is_own else ""
