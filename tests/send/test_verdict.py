"""What a tool says in the body of a 200 is sorted by its documented codes, and told with a hint."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web
from tests.send.contract import StandingClock, receiving
from yarl import URL

from tocsin._core.errors import SendError, SendRefused, TrySendAgain
from tocsin.send.endpoint import Endpoint
from tocsin.send.registry import open_session
from tocsin.send.verdict import Verdict

VERDICT = Verdict(
    code=("code", "StatusCode"), text=("msg", "why"), later={7: 60, -1: None}, hints={9: "sign anew", 7: "send less"}
)


def answer(body: object, status: int = 200) -> Callable[[web.BaseRequest], Any]:
    """Answer with this JSON."""

    async def handle(request: web.BaseRequest) -> web.Response:
        return web.Response(status=status, body=json.dumps(body).encode())

    return handle


async def judged(body: object, status: int = 200) -> SendError | None:
    """The error that an answer makes, if it makes one."""
    async with receiving() as receiver, open_session() as session:
        receiver.answer = answer(body, status)
        try:
            await VERDICT.post(Endpoint(URL(receiver.address), session=session, clock=StandingClock()), b"{}")
        except (SendRefused, TrySendAgain) as error:
            return error
        return None


@pytest.mark.parametrize("body", [{"code": 0}, {"code": 0, "msg": "too many"}, {"StatusCode": 0, "code": None}])
async def test_zero_is_a_yes(body: object) -> None:
    """Whatever the text beside it; the first key that is there counts."""
    assert await judged(body) is None


@pytest.mark.parametrize(
    ("body", "wait"),
    [
        ({"code": 7, "msg": "slow down"}, 60),
        ({"code": -1}, None),
        ({"code": 4, "msg": "too many request"}, None),
        ({"code": 4, "why": "api freq out of limit"}, None),
        ({"code": False}, None),
        ({"code": "0"}, None),
        ({"ok": True}, None),
        ([0], None),
    ],
)
async def test_what_may_pass_is_tried_again(body: object, wait: float | None) -> None:
    """Named codes, after the pause that belongs to them; words that say too much; and what no tool has said."""
    error = await judged(body)
    assert isinstance(error, TrySendAgain)
    assert error.retry_after == wait


@pytest.mark.parametrize("status", [200, 400, 403])
async def test_all_else_is_refused_with_a_hint(status: int) -> None:
    """With any status: the code in the body is the tool's own word."""
    error = await judged({"code": 9, "msg": "sign match fail"}, status)
    assert isinstance(error, SendRefused)
    assert str(error).endswith("refused it: sign anew (code 9: sign match fail)")
    assert "code 3: no reason given" in str(await judged({"code": 3}, status))


async def test_too_much_is_no_refusal_whatever_the_status() -> None:
    """A tool may answer 400 to the message that is one too many; what says nothing is a refusal by its status."""
    assert isinstance(await judged({"code": 4, "msg": "too many request"}, 400), TrySendAgain)
    assert isinstance(await judged({"code": 0}, 400), SendRefused)
    assert isinstance(await judged({}, 400), SendRefused)
    assert isinstance(await judged({"code": 9}, 503), TrySendAgain)
