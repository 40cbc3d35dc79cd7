"""From a message at a tool to a press there and back, with a service that runs and tools that behave as documented."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp import web
from tests.send.contract import receiving
from tests.send.fakes.feishu_app import APP, APP_SECRET, CHAT, FakeFeishuApp
from tests.send.fakes.slack import CHANNEL, TOKEN, FakeSlack
from tests.send.fakes.telegram import CHAT as CHAT_ID
from tests.send.fakes.telegram import TOKEN as BOT
from tests.send.fakes.telegram import FakeTelegram
from tests.support.alerts import firing, resolved
from tests.support.service import SMALL_PLAN, Service, Start, wait_for
from tests.support.service import hooks as hooks
from tests.support.service import start as start
from tests.view.callbacks.tools import (
    FEISHU_KEY,
    FEISHU_TOKEN,
    PAGERDUTY,
    SLACK,
    TELEGRAM,
    Callback,
    feishu,
    pagerduty,
    slack,
    telegram,
)

from tocsin._core.times import SECOND, parse_time

DOWN = {"alertname": "PaymentGatewayDown", "service": "payments"}
SECRETS = {
    "SLACK_TOKEN": TOKEN,
    "SLACK": SLACK,
    "PAGERDUTY_KEY": "r" * 32,
    "PAGERDUTY": PAGERDUTY,
    "APP": APP_SECRET,
    "KEY": FEISHU_KEY,
    "TOKEN": FEISHU_TOKEN,
    "BOT": BOT,
    "TELEGRAM": TELEGRAM,
}
PEOPLE = """
people:
  zhang.wei:
    groups: [technical, business, command]
    accounts: {slack: U02ABCDEF, pagerduty: PLH1HKV, feishu: ou_f5}
"""


def plan_of(address: str) -> str:
    """The small plan, with the tools at this address."""
    changed = SMALL_PLAN
    for name, settings in {
        "technical": f"type: slack, url: '{address}/api', token: {{env: SLACK_TOKEN}}, channel: {CHANNEL}, "
        "signing_secret: {env: SLACK}",
        "command": f"type: pagerduty, url: '{address}/v2/enqueue', routing_key: {{env: PAGERDUTY_KEY}}, "
        "webhook_secret: {env: PAGERDUTY}",
        "business": f"type: feishu, url: '{address}', app_id: {APP}, app_secret: {{env: APP}}, chat: {CHAT}, "
        "encrypt_key: {env: KEY}, verification_token: {env: TOKEN}",
        "data": f"type: telegram, url: '{address}', token: {{env: BOT}}, chat_id: '{CHAT_ID}', "
        "callback_secret: {env: TELEGRAM}",
    }.items():
        hook = f'{{type: webhook, url: "http://127.0.0.1:9900/{name}"}}'
        assert hook in changed
        changed = changed.replace(hook, f"{{{settings}}}")
    return changed + PEOPLE


class Tools:
    """All of them, at one address."""

    def __init__(self) -> None:
        self.slack, self.feishu, self.telegram = FakeSlack(), FakeFeishuApp(), FakeTelegram()
        self.pages: list[dict[str, Any]] = []
        self.said: list[dict[str, Any]] = []

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        if request.path.startswith("/api/"):
            return await self.slack.answer(request)
        if request.path.startswith("/open-apis/"):
            return await self.feishu.answer(request)
        if request.path.startswith("/bot"):
            return await self.telegram.answer(request)
        body = json.loads(await request.read())
        if request.path == "/actions/1":
            self.said.append(body)
            return web.Response(text="ok")
        self.pages.append(body)
        return web.json_response({"status": "success", "message": "Event processed", "dedup_key": "k"}, status=202)

    def are_told(self) -> bool:
        """Whether each was told something."""
        return all((self.pages, self.slack.posted, self.feishu.posted, self.telegram.sent))

    def button(self, place: str, number: int = 0) -> Any:
        """What a button of the last card at a tool says."""
        if place == "telegram":
            return self.telegram.sent[1]["reply_markup"]["inline_keyboard"][0][number]["callback_data"]
        if place == "feishu":
            return self.feishu.buttons()[number]["value"]
        heads = [*self.slack.heads, *self.slack.replies]
        actions = next(block for block in heads[-1]["blocks"] if block["type"] == "actions")
        return actions["elements"][number]["value"]


async def call(service: Service, channel: str, callback: Callback) -> tuple[int, str]:
    """Call back, as the tool does."""
    url = f"{service.url}/api/v1/callbacks/{channel}"
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=callback.body, headers=callback.headers) as answer,
    ):
        return answer.status, await answer.text()


async def until(condition: Callable[[], bool], what: str) -> None:
    """Wait beside the tools, which go on answering."""
    await asyncio.to_thread(wait_for, condition, what)


async def test_from_the_message_to_the_press_and_back(start: Start) -> None:
    """A page opens at PagerDuty, and cards with buttons in Slack and Feishu; a press in Slack acknowledges, stops the
    page and is answered; what is resolved at PagerDuty and pressed in Feishu is done to the incident, once."""
    tools = Tools()
    async with receiving() as receiver:
        receiver.answer = tools.answer
        service = await asyncio.to_thread(start, plan_of(receiver.address), environment=SECRETS)
        await asyncio.to_thread(service.alert, firing(**DOWN))
        await until(tools.are_told, "all to be told")
        incident = (await asyncio.to_thread(service.incident))["id"]
        assert tools.pages[0]["dedup_key"] == incident
        now = parse_time((await asyncio.to_thread(service.incident))["started_at"]) // SECOND

        press = slack(tools.button("slack"), at=now, reply_to=f"{receiver.address}/actions/1")
        assert await call(service, "technical-hook", press) == (200, "")
        await until(lambda: bool(tools.said), "Slack to be told what became of it")
        assert tools.said[0]["text"] == "Done: recorded that you have it."
        await until(lambda: tools.pages[-1]["event_action"] == "acknowledge", "the page to be stopped")
        shown = await asyncio.to_thread(service.incident)
        assert (shown["state"], shown["acknowledged_by"]) == ("acknowledged", "zhang.wei")
        assert (await call(service, "technical-hook", press))[0] == 200, "a replay is answered"
        status, text = await call(service, "data-hook", telegram(tools.button("telegram")))
        assert (status, json.loads(text)["text"]) == (200, "Done: recorded that you have it.")

        await asyncio.to_thread(service.alert, resolved(**DOWN))
        await until(lambda: "press" in str(tools.feishu.posted[-1]) and len(tools.feishu.posted) > 1, "the question")
        status, text = await call(service, "business-hook", feishu(tools.button("feishu", 1), at=now))
        assert (status, json.loads(text)["toast"]["content"]) == (200, "已记录：仍未恢复。")
        at = (await asyncio.to_thread(service.incident))["started_at"]
        event = pagerduty("incident.reopened", at=at, key=incident)
        assert (await call(service, "command-hook", event))[0] == 200
        timeline = (await asyncio.to_thread(service.get, f"/api/v1/incidents/{incident}")).json["timeline"]
        done = [(entry["action"], entry.get("via")) for entry in timeline if not entry["actor"].startswith("system:")]
        assert done[:3] == [("acknowledged", "slack"), ("acknowledged", "telegram"), ("still_broken", "feishu")]
        assert [entry["actor"] for entry in timeline if entry.get("via")][:2] == ["zhang.wei", "telegram:5012345678"]
        assert (
            await asyncio.to_thread(service.metric, "callbacks_total", channel="technical-hook", result="repeated") == 1
        )
        assert await asyncio.to_thread(lambda: len(service.incidents())) == 1
