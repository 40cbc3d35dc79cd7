"""What does not prove to come from a channel's tool is refused without a word about why."""

from __future__ import annotations

import io
import logging
from dataclasses import replace

import pytest
from tests.view.callbacks.conftest import CHANNELS, Calling
from tests.view.callbacks.tools import (
    FEISHU_TOKEN,
    PAGERDUTY,
    Callback,
    feishu,
    pagerduty,
    sealed,
    slack,
    telegram,
)

from tocsin._core.plan import Channel
from tocsin._core.secret import Secret
from tocsin._core.times import MINUTE, SECOND
from tocsin.accept.guard import MAX_SIGNED
from tocsin.view.callbacks.heard import Call, Unproved
from tocsin.view.callbacks.slack import hear


def without(callback: Callback, header: str) -> Callback:
    """The same without a header."""
    return Callback(callback.body, {name: value for name, value in callback.headers.items() if name != header})


def changed(callback: Callback) -> Callback:
    """The same with another body."""
    return Callback(callback.body + b" ", callback.headers)


def forged(calling: Calling) -> list[tuple[str, Callback]]:
    """What nobody but an impostor sends."""
    now = calling.seconds
    value = "acknowledge|inc-260101-aaaaaa-1-0123456789ab|01234567"
    event = pagerduty("incident.acknowledged", at=calling.now)
    question = {"challenge": "c", "token": "another", "type": "url_verification"}
    return [
        ("technical-hook", slack(value, at=now, secret="another")),
        ("technical-hook", slack(value, at=now - 301)),
        ("technical-hook", slack(value, at=now + 301)),
        ("technical-hook", changed(slack(value, at=now))),
        ("technical-hook", without(slack(value, at=now), "X-Slack-Signature")),
        ("technical-hook", without(slack(value, at=now), "X-Slack-Request-Timestamp")),
        ("business-hook", telegram(value, secret="another")),
        ("business-hook", without(telegram(value), "X-Telegram-Bot-Api-Secret-Token")),
        ("command-hook", pagerduty("incident.acknowledged", at=calling.now, secrets=("another",))),
        ("command-hook", changed(event)),
        ("command-hook", without(event, "X-PagerDuty-Signature")),
        ("command-hook", Callback(event.body, {"X-PagerDuty-Signature": event.headers["X-PagerDuty-Signature"][3:]})),
        ("legal-hook", feishu(value, at=now, key="another")),
        ("legal-hook", feishu(value, at=now, token="another")),
        ("legal-hook", feishu(value, at=now, key="")),
        ("legal-hook", feishu(value, at=now - 301)),
        ("legal-hook", without(feishu(value, at=now), "X-Lark-Signature")),
        ("legal-hook", changed(feishu(value, at=now))),
        ("legal-hook", sealed(question, at=now, key="kudryavka")),
        ("legal-hook", Callback(b'{"encrypt": "AAAA"}', {})),
        ("legal-hook", Callback(b"", {})),
    ]


async def test_forgeries(calling: Calling) -> None:
    """403 with one sentence, whatever is wrong; nothing is done, and each is counted."""
    cases = forged(calling)
    answers = [await calling.post(*case) for case in cases]
    assert {status for status, _ in answers} == {403}
    assert len({str(answer) for _, answer in answers}) == 1
    assert sum(calling.counted[name, "unproved"] for name in CHANNELS) == len(cases)
    assert await calling.entries() == []


async def test_several_signatures(calling: Calling) -> None:
    """While PagerDuty's secret is being changed, one good signature among several is enough."""
    callback = pagerduty("incident.triggered", at=calling.now, secrets=("old", PAGERDUTY))
    assert (await calling.post("command-hook", callback))[0] == 200


@pytest.mark.parametrize("key", ["kudryavka", ""])
async def test_feishu_asks_whether_the_address_is_ours(calling: Calling, key: str) -> None:
    """The question is answered with its challenge, encrypted or not, and unsigned, as it comes."""
    settings = {"encrypt_key": Secret(key), "verification_token": Secret(FEISHU_TOKEN)}
    channel = Channel(name="legal-hook", type="feishu", settings=settings)
    calling.world.plan = replace(calling.world.plan, channels={**CHANNELS, "legal-hook": channel})
    question = {"challenge": "ajls384kdjx98XX", "token": FEISHU_TOKEN, "type": "url_verification"}
    callback = without(sealed(question, at=calling.seconds, key=key), "X-Lark-Signature")
    assert await calling.post("legal-hook", callback) == (200, {"challenge": "ajls384kdjx98XX"})


async def test_a_token_alone(calling: Calling) -> None:
    """Where the app has no key, its token in the body is the proof."""
    channel = Channel(name="legal-hook", type="feishu", settings={"verification_token": Secret(FEISHU_TOKEN)})
    calling.world.plan = replace(calling.world.plan, channels={**CHANNELS, "legal-hook": channel})
    value = await calling.button("acknowledge", "legal")
    assert (await calling.post("legal-hook", feishu(value, at=calling.seconds, key="", token="no")))[0] == 403
    assert (await calling.post("legal-hook", feishu(value, at=calling.seconds, key="")))[0] == 200
    assert len(await calling.entries()) == 1


async def test_no_channel_is_given_away(calling: Calling, caplog: pytest.LogCaptureFixture) -> None:
    """One that there is not, one of another type and one without a secret are the same to whoever asks; whoever reads
    the log is told once what is missing."""
    hook = Channel(name="hook", type="webhook", settings={"secret": Secret("s")})
    calling.world.plan = replace(calling.world.plan, channels={**CHANNELS, "hook": hook})
    callback = slack("acknowledge|x", at=calling.seconds)
    with caplog.at_level(logging.WARNING):
        answers = [await calling.post(name, callback) for name in ("none", "hook", "data-hook", "data-hook")]
    assert {status for status, _ in answers} == {404}
    assert len({str(answer) for _, answer in answers}) == 1
    (record,) = [each for each in caplog.records if each.name.endswith("callbacks.routes")]
    assert (record.channel, record.setting) == ("data-hook", "signing_secret")  # type: ignore[attr-defined]
    assert not calling.counted


async def test_bodies_are_bounded(calling: Calling) -> None:
    """What is too large is refused before anything is made of it."""
    body = io.BytesIO(b"x" * (MAX_SIGNED + 1))
    async with calling.client.post("/api/v1/callbacks/technical-hook", data=body) as answer:
        assert answer.status == 413


def test_slacks_published_example() -> None:
    """The example of Slack's own page on signatures is taken, and the same a second later is not."""
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    headers = {
        "X-Slack-Request-Timestamp": "1531420618",
        "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    }
    now = 1531420618 * SECOND
    call = Call(headers=headers, body=body, channel=CHANNELS["technical-hook"], now=now)
    assert hear(call) == {}
    with pytest.raises(Unproved):
        hear(replace(call, headers={**headers, "X-Slack-Request-Timestamp": "1531420619"}))
    with pytest.raises(Unproved):
        hear(replace(call, now=now + 6 * MINUTE))
