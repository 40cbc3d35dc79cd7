"""Callbacks before a real store, over HTTP, with a clock that is moved: each group has a channel at another tool."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
import pytest
from tests.accept.running import Counted
from tests.support.clock import ManualClock
from tests.support.plans import plan
from tests.support.world import World
from tests.view.callbacks.tools import FEISHU_KEY, FEISHU_TOKEN, PAGERDUTY, SLACK, TELEGRAM, Callback

from tocsin._core.action import Action
from tocsin._core.incident import Delivery, Incident
from tocsin._core.model import Text
from tocsin._core.people import Person
from tocsin._core.plan import Channel, Token
from tocsin._core.press import value_of
from tocsin._core.secret import Secret
from tocsin._core.times import SECOND, format_time
from tocsin._store.client import Store
from tocsin._store.listing import show_incident
from tocsin.accept.body import Bodies
from tocsin.accept.guard import Guard
from tocsin.accept.ports import Policy
from tocsin.accept.server import Server, create_app
from tocsin.view.callbacks.routes import CallbackRoutes

CHANNELS = {
    "technical-hook": Channel(name="technical-hook", type="slack", settings={"signing_secret": Secret(SLACK)}),
    "command-hook": Channel(name="command-hook", type="pagerduty", settings={"webhook_secret": Secret(PAGERDUTY)}),
    "business-hook": Channel(name="business-hook", type="telegram", settings={"callback_secret": Secret(TELEGRAM)}),
    "legal-hook": Channel(
        name="legal-hook",
        type="feishu",
        settings={"encrypt_key": Secret(FEISHU_KEY), "verification_token": Secret(FEISHU_TOKEN)},
    ),
    "data-hook": Channel(name="data-hook", type="slack"),
}

ZHANG = Person(
    name="zhang.wei",
    title=Text("Zhang Wei", "张伟"),
    groups=("technical", "command"),
    accounts={"slack": "U02ABCDEF", "pagerduty": "PLH1HKV", "telegram": "5012345678", "feishu": "ou_f5"},
)


@dataclass
class Calling:
    """The route, and the world behind it."""

    world: World
    client: aiohttp.ClientSession = field(init=False)
    replies: list[tuple[str, Any]] = field(default_factory=list)
    """What was posted where, afterwards."""
    counted: Counter[tuple[str, str]] = field(default_factory=Counter)
    fail: Exception | None = None
    """What acting raises, in place of doing anything."""

    def callback(self, channel: str, result: str) -> None:
        """Count, as the metrics do."""
        self.counted[channel, result] += 1

    async def reply(self, channel: Channel, address: str, said: Mapping[str, Any]) -> None:
        """Keep what is posted afterwards."""
        self.replies.append((address, said))

    @property
    def seconds(self) -> int:
        """Now, as tools write it in their headers."""
        return self.world.clock.now() // SECOND

    @property
    def now(self) -> str:
        """Now, as tools write it in their bodies."""
        return format_time(self.world.clock.now())

    async def delivery(self, group: str) -> Delivery:
        """The last delivery to a group."""
        whole = await show_incident(self.world.store, (await self.world.incident()).id)
        return [each for each in whole.deliveries if group in each.groups][-1]

    async def button(self, action: str, group: str) -> str:
        """What the button of the last message to a group says."""
        delivery = await self.delivery(group)
        return value_of(action, delivery.id, self.world.plan.channels[delivery.channel])

    async def post(self, channel: str, callback: Callback) -> tuple[int, Any]:
        """Call back from outside; answers the status, and the JSON if there is any."""
        path, headers = f"/api/v1/callbacks/{channel}", {"Host": "tocsin.example", **callback.headers}
        async with self.client.post(path, data=callback.body, headers=headers) as answer:
            text = await answer.text()
        await self.world.settle()
        return answer.status, json.loads(text) if text else None

    async def entries(self) -> list[tuple[str, str, str, bool | None, str]]:
        """What people did: action, by whom, which way they came, whether that proves it, and for which group."""
        whole = await show_incident(self.world.store, (await self.world.incident()).id)
        people = [entry for entry in whole.timeline if not entry.actor.startswith("system:")]
        return [(each.action, each.actor, each.via, each.verified, each.detail.get("group", "")) for each in people]


@pytest.fixture
async def calling(store_url: str, clock: ManualClock) -> AsyncIterator[Calling]:
    """The route, listening on loopback with a login, of a world in which a high incident was told to all."""
    store = await Store.open(store_url)
    groups = plan().groups
    groups = {**groups, "business": replace(groups["business"], language="zh")}
    world = World(store, clock, plan=plan(channels=CHANNELS, people={"zhang.wei": ZHANG}, groups=groups))

    given = Calling(world)

    async def act(action: Action) -> Incident:
        if given.fail is not None:
            raise given.fail
        return await world.acts.act(action)

    routes = CallbackRoutes(store=store, clock=clock, plan=lambda: world.plan, act=act, reply=given.reply, meter=given)
    token = Token(name="t", may=frozenset({"read"}), token=Secret("t-secret"))
    policy = Policy(sources=dict, tokens=lambda: {"t": token})
    guard = Guard(policy=policy, measures=Counted(), loopback=True, bodies=Bodies())
    server = Server(create_app(routes=routes.routes(), guard=guard), drain=1.0)
    port = await server.start("127.0.0.1", 0)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as given.client:
        await world.fire()
        await world.settle()
        yield given
    await server.stop()
    await store.close()
