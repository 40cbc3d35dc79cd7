"""An app at Feishu: its messages are one thread, its buttons act, and its access is fetched anew."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from aiohttp import web
from tests.send.fakes.feishu_app import APP, APP_SECRET, CHAT, FakeFeishuApp
from tests.send.talking import about_none, calling, channel, giant, said

from tocsin._core.errors import SendRefused, TrySendAgain
from tocsin._core.message import Message
from tocsin._core.press import read_value
from tocsin._core.secret import Secret

HEARS: dict[str, Any] = {"encrypt_key": Secret("k"), "verification_token": Secret("t")}


async def posted(*messages: Message, app: FakeFeishuApp | None = None, **settings: Any) -> tuple[FakeFeishuApp, str]:
    """The groups after these messages, each in the thread of the one before, and the thread of the last."""
    app = app or FakeFeishuApp()
    given = {"app_id": APP, "app_secret": Secret(APP_SECRET), "chat": CHAT, **settings}
    thread = ""
    async with channel("feishu", app.answer, **given) as sender:
        for message in messages:
            thread = await sender.send(dataclasses.replace(message, thread=message.thread or thread))
    return app, thread


def other(event: str, number: int, **more: Any) -> Message:
    """A later message."""
    return dataclasses.replace(said(event=event, **more), id=f"inc-261205-7k2m9p-{number}-nmhmq5")


async def test_an_incident_is_one_topic() -> None:
    """The first is a card in the group, the others reply to it; what all must see is a card in the group again."""
    messages = (said(), other("acknowledged", 2), other("tier_raised", 3), other("restored", 4, state="restored"))
    app, thread = await posted(*messages)
    assert [each["in"] for each in app.posted] == [CHAT, "om_1", CHAT, "om_1"]
    assert thread == f"om_1 {CHAT}"
    assert len(app.tokens) == 1


@pytest.mark.parametrize("is_gone", [True, False])
async def test_a_topic_that_is_gone_begins_anew(is_gone: bool) -> None:
    """Where the first card was taken back, or the plan has another group since."""
    thread = f"om_1 {CHAT}" if is_gone else "om_1 oc_another"
    app, thread = await posted(
        dataclasses.replace(other("acknowledged", 2), thread=thread), app=FakeFeishuApp(gone={"om_1"})
    )
    assert [each["in"] for each in app.posted] == [CHAT]
    assert thread == f"om_1 {CHAT}"


async def test_about_no_incident_there_is_no_topic() -> None:
    """A test, or a digest, is followed by nothing."""
    assert (await posted(about_none()))[1] == ""


async def test_the_same_again_is_shown_once() -> None:
    """A second try is known by its id."""
    app, thread = await posted(said(), dataclasses.replace(said(), thread=""))
    assert len(app.posted) == 1
    assert thread == f"om_1 {CHAT}"


async def test_what_is_asked_has_a_button() -> None:
    """It stands before the links, and says the delivery that it came with; without proof of callbacks there is none."""
    message = said("zh")
    message = dataclasses.replace(message, body={**message.body, "asks": ["acknowledge"]})
    app, _ = await posted(message, **HEARS)
    first, *links = app.buttons()
    assert (first["text"]["content"], first["type"]) == ("确认收到", "primary")
    press = read_value(first["value"]["press"])
    assert press is not None
    assert (press.action, press.delivery) == ("acknowledge", said().id)
    assert [link["type"] for link in links] == ["default"] * len(links)
    assert all("url" in button for button in (await posted(message))[0].buttons())


async def test_people_are_called_and_long_texts_are_cut() -> None:
    """As in a robot's card, below 30 KB as it is sent."""
    app, _ = await posted(calling(giant()))
    text, called, *_ = app.posted[0]["card"]["elements"]
    assert "…" in text["text"]["content"]
    assert 20_000 < len(text["text"]["content"].encode()) < 30_000
    assert called["content"] == "<at id=zhangwei></at>"


async def test_access_is_fetched_anew() -> None:
    """When its time is over, and when it is refused: then the message is tried again with a fresh one."""
    app = FakeFeishuApp(expire=0)
    await posted(said(), other("acknowledged", 2), app=app)
    assert len(app.tokens) == 2
    given: dict[str, Any] = {"app_id": APP, "app_secret": Secret(APP_SECRET), "chat": CHAT}
    app = FakeFeishuApp()
    async with channel("feishu", app.answer, **given) as sender:
        assert await sender.check()
        app.valid = "another"
        with pytest.raises(TrySendAgain, match="Invalid access token") as caught:
            await sender.send(said())
        assert app.tokens[0] not in str(caught.value)
        assert await sender.send(said())


@pytest.mark.parametrize(
    ("settings", "app", "words"),
    [
        ({"chat": "oc_other"}, FakeFeishuApp(), "the app's bot is not in the chat; add it to the group"),
        ({"app_secret": Secret("wrong-secret")}, FakeFeishuApp(), "`app_secret` is wrong"),
        ({"app_id": "cli_wrong"}, FakeFeishuApp(), "`app_id` or `app_secret` is wrong"),
    ],
)
async def test_a_refusal_says_what_to_do(settings: dict[str, Any], app: FakeFeishuApp, words: str) -> None:
    """And shows no secret."""
    with pytest.raises(SendRefused, match=words) as caught:
        await posted(said(), app=app, **settings)
    assert "secret-0123456789" not in str(caught.value)


async def test_too_much_is_tried_again() -> None:
    """Feishu says it with 400."""
    with pytest.raises(TrySendAgain, match="frequency limit"):
        await posted(said(), app=FakeFeishuApp(busy=True))


@pytest.mark.parametrize("step", ["token", "messages"])
@pytest.mark.parametrize(
    ("status", "again"), [(302, False), (400, False), (403, False), (404, False), (429, True), (500, True), (503, True)]
)
async def test_every_status_is_sorted_at_both_steps(step: str, status: int, again: bool) -> None:
    """Whether it is the access or the message that is refused; no secret is shown, though the answer repeats them."""
    app = FakeFeishuApp()

    async def answer(request: web.BaseRequest) -> web.Response:
        if step in request.path:
            echo = f"{APP_SECRET} {request.headers.get('Authorization', '')} {app.valid}"
            return web.Response(status=status, text=echo, headers={"Location": "http://127.0.0.1:9/"})
        return await app.answer(request)

    given: dict[str, Any] = {"app_id": APP, "app_secret": Secret(APP_SECRET), "chat": CHAT}
    async with channel("feishu", answer, **given) as sender:
        with pytest.raises(TrySendAgain if again else SendRefused) as caught:
            await sender.send(said())
    assert APP_SECRET not in str(caught.value)
    assert not app.valid or app.valid not in str(caught.value)


@pytest.mark.parametrize("body", ["", "<html>", "{}", '{"code": 0}', '{"code": 0, "tenant_access_token": 5}'])
async def test_what_is_no_access_is_tried_again(body: str) -> None:
    """Nobody knows who has answered."""

    async def answer(_: web.BaseRequest) -> web.Response:
        return web.Response(text=body)

    given: dict[str, Any] = {"app_id": APP, "app_secret": Secret(APP_SECRET), "chat": CHAT}
    async with channel("feishu", answer, **given) as sender:
        with pytest.raises(TrySendAgain):
            await sender.send(said())
        with pytest.raises(TrySendAgain):
            await sender.check()
