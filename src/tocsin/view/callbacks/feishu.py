"""Feishu's callbacks: ``card.action.trigger`` of schema 2.0, encrypted and signed, or with the app's token in it.

With an ``encrypt_key``, the body is ``{"encrypt": …}`` (AES-256-CBC by the SHA-256 of the key, the first block its
initial value), and ``X-Lark-Signature`` is the SHA-256 of timestamp, nonce, key and body, in hexadecimal, taken for
five minutes. With a ``verification_token`` that token must be in it. The question whether the address is ours is not
signed: that it can be read, or its token, proves it. The answer's toast is shown to the person who pressed the button.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from tocsin._core.press import read_value
from tocsin.view.callbacks.heard import Answer, Call, Heard, Unproved, act_of, inside, json_of, same, text


def hear(call: Call) -> Heard | Answer:
    """The button that was pressed, or the question whether the address is ours. Raises ``Unproved``."""
    key, token = call.secret("encrypt_key"), call.secret("verification_token")
    said = _opened(call.body, key) if key else json_of(call.body)
    given = text(said.get("token")) or text(inside(said, "header").get("token"))
    if not said or not (key or token) or (token and not same(given, token)):
        raise Unproved
    if said.get("type") == "url_verification":
        return {"challenge": text(said.get("challenge"))}
    if key and not _is_signed(call, key):
        raise Unproved
    header, event = inside(said, "header"), inside(said, "event")
    value = inside(event, "action").get("value")
    press = read_value(value.get("press") if isinstance(value, dict) else value)
    name = text(header.get("event_id"))
    if header.get("event_type") != "card.action.trigger" or press is None or not name:
        return {}
    operator = inside(event, "operator")
    accounts = (text(operator.get(name)) for name in ("open_id", "user_id", "union_id"))
    return Heard(
        event=name,
        accounts=tuple(each for each in accounts if each),
        acts=act_of(press),
        press=press,
        answer=lambda words: {"toast": {"type": "info", "content": words}} if words else {},
    )


def _is_signed(call: Call, key: str) -> bool:
    at, nonce = call.headers.get("X-Lark-Request-Timestamp", ""), call.headers.get("X-Lark-Request-Nonce", "")
    signed = f"{at}{nonce}{key}".encode("utf-8", "replace") + call.body
    return same(call.headers.get("X-Lark-Signature", ""), hashlib.sha256(signed).hexdigest()) and call.is_now(at)


def _opened(body: bytes, key: str) -> Mapping[str, Any]:
    """What an encrypted body holds; nothing where it was not encrypted with this key."""
    try:
        sealed = base64.b64decode(text(json_of(body).get("encrypt")), validate=True)
        unlock = Cipher(algorithms.AES(hashlib.sha256(key.encode()).digest()), modes.CBC(sealed[:16])).decryptor()
        padded = unlock.update(sealed[16:]) + unlock.finalize()
        unpad = PKCS7(128).unpadder()
        return json_of(unpad.update(padded) + unpad.finalize())
    except (binascii.Error, ValueError):
        return {}
