"""What a webhook is sent: body, headers and signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks
from tests.send.contract import NOW, Receiver, StandingClock, receiving
from tests.send.samples import message
from yarl import URL

from tocsin import __version__
from tocsin._core.clock import Clock, StoreClock
from tocsin._core.errors import ConfigurationError, SendRefused
from tocsin._core.message import Message
from tocsin._core.plan import Channel
from tocsin._core.secret import Secret
from tocsin.send.endpoint import Endpoint
from tocsin.send.kinds.webhook import Webhook, signature
from tocsin.send.registry import open_session


async def sent(settings: dict[str, Any], made: Message | None = None, clock: Clock | None = None) -> tuple[Any, bytes]:
    """The headers and body that a receiver gets."""
    async with receiving() as receiver, open_session() as session:
        channel = Channel(name="hook", type="webhook", settings={"url": receiver.address, **settings})
        await Webhook(channel, session=session, clock=clock or StandingClock()).send(made or message())
        return one(receiver)


def one(receiver: Receiver) -> tuple[Any, bytes]:
    """The only request that came."""
    ((request, body),) = receiver.requests
    assert request.method == "POST"
    return request.headers, body


async def test_the_body_is_the_notice_as_json() -> None:
    """UTF-8, as it is, and with its length."""
    headers, body = await sent({})
    assert json.loads(body) == message().body
    assert "×".encode() in body
    assert headers["Content-Type"] == "application/json"
    assert headers["Content-Length"] == str(len(body))
    assert headers["Idempotency-Key"] == message().id
    assert headers["User-Agent"] == f"Tocsin/{__version__}"
    assert "webhook-signature" not in headers


async def test_given_headers_are_added() -> None:
    """Plain and secret values; the user agent may be another."""
    headers, _ = await sent({"headers": {"X-Team": "pay", "authorization": Secret("Bearer x"), "user-agent": "Bell"}})
    assert (headers["X-Team"], headers["Authorization"], headers["User-Agent"]) == ("pay", "Bearer x", "Bell")


async def test_text_that_is_no_unicode_is_sent_all_the_same() -> None:
    """A lone surrogate of a broken source does not keep the notice from its group."""
    made = message()
    odd = Message(
        id=made.id, event="opened", group="data", incident="INC-1", subject="", text="", body={"text": "a\ud800b"}
    )
    _, body = await sent({}, odd)
    assert json.loads(body) == {"text": "a?b"}


@pytest.mark.parametrize(
    ("secret", "key"),
    [
        ("a plain text", b"a plain text"),
        ("whsec_" + base64.b64encode(b"\x00\xffraw key").decode(), b"\x00\xffraw key"),
    ],
)
async def test_a_secret_signs(secret: str, key: bytes) -> None:
    """The receiver's own computation over id, time and body gives the same signature."""
    headers, body = await sent({"secret": Secret(secret)})
    assert headers["webhook-id"] == message().id
    assert headers["webhook-timestamp"] == str(NOW // 1000)
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


@pytest.mark.parametrize("count", [1, 2])
async def test_the_published_library_verifies_each_secret(count: int) -> None:
    """Whoever has one of the secrets accepts the request as it came; whoever has another refuses it."""
    secrets = ["whsec_" + base64.b64encode(f"key number {number}".encode()).decode() for number in range(3)]
    clock = StoreClock()  # the library compares with the time of day
    headers, body = await sent({"secrets": [Secret(each) for each in secrets[:count]]}, clock=clock)
    assert headers["webhook-signature"].count("v1,") == count
    for secret in secrets[:count]:
        assert standardwebhooks.Webhook(secret).verify(body, dict(headers)) == message().body
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(secrets[2]).verify(body, dict(headers))


def test_the_signature_scheme_by_a_known_value() -> None:
    """The example that the scheme's own documents give."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = signature([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"secret": Secret("whsec_no base64!")}, "channels.hook.secret begins with whsec_"),
        ({"secrets": [Secret("a"), Secret("whsec_no base64!")]}, "channels.hook.secrets[1] begins with whsec_"),
        ({"headers": {"Content-Length": "3"}}, "channels.hook.headers: 'Content-Length' cannot be set"),
        ({"headers": {"bad name": "3"}}, "channels.hook.headers: 'bad name' cannot be set"),
        ({"headers": {"X-Key": Secret("T0p\r\nX-Other: 1")}}, "channels.hook.headers.X-Key: a value is one line"),
    ],
)
async def test_settings_that_cannot_work_are_said_at_once(settings: dict[str, Any], complaint: str) -> None:
    """When the channel is opened; the message names the place and not the value."""
    async with open_session() as session:
        channel = Channel(name="hook", type="webhook", settings={"url": "http://127.0.0.1:9", **settings})
        with pytest.raises(ConfigurationError) as caught:
            Webhook(channel, session=session, clock=StandingClock())
    assert complaint in str(caught.value)
    assert "T0p" not in str(caught.value)
    assert "no base64!" not in str(caught.value)


def test_the_documented_check_accepts_what_is_sent() -> None:
    """The example in the documentation says yes to a real signature, and no to another body, key or time."""
    page = (Path(__file__).parents[2] / "docs" / "channels.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    namespace: dict[str, Any] = {}
    exec(code, namespace)
    is_from_tocsin = namespace["is_from_tocsin"]
    now = StoreClock().now() // 1000
    headers = signature([b"key"], "d-1", now, b"{}")
    assert is_from_tocsin(headers, b"{}", "key")
    assert is_from_tocsin(headers, b"{}", "whsec_" + base64.b64encode(b"key").decode())
    assert not is_from_tocsin(headers, b"[]", "key")
    assert not is_from_tocsin(headers, b"{}", "other")
    assert not is_from_tocsin(signature([b"key"], "d-1", now - 1000, b"{}"), b"{}", "key")


async def test_what_a_tool_said_to_a_no_can_be_read() -> None:
    """A sender finds codes in the answer, which the error's text shows a short and clean piece of."""
    async with receiving() as receiver, open_session() as session:
        receiver.answer = receiver.say(404)
        endpoint = Endpoint(URL(receiver.address), session=session, clock=StandingClock())
        with pytest.raises(SendRefused) as caught:
            await endpoint.get()
    assert caught.value.answer.startswith(b"no\x1b[31m\r\n\x00 way")
    assert SendRefused("").answer == b""
