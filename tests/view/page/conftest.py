"""The answer page before a real store, over HTTP, with a clock that is moved."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import aiohttp
import pytest
from tests.accept.running import Counted
from tests.support.clock import ManualClock
from tests.support.world import World

from tocsin._core.action import Action
from tocsin._core.incident import Delivery, Incident
from tocsin._store.client import Store
from tocsin._store.listing import show_incident
from tocsin.accept.body import Bodies
from tocsin.accept.guard import Guard
from tocsin.accept.ports import Policy
from tocsin.accept.server import Server, create_app
from tocsin.incident.actions import allowed
from tocsin.view.page.links import AnswerLinks
from tocsin.view.page.routes import AnswerPage

OWN = "https://tocsin.example/alarm"


class Page(HTMLParser):
    """What a browser would make of an answer: its text, and the fields of its forms with what stands in them."""

    def __init__(self, status: int, headers: Mapping[str, str], html: str) -> None:
        super().__init__()
        self.status = status
        self.headers = headers
        self.html = html
        self.forms: dict[str, dict[str, str]] = {}
        self.open: list[str] = []
        self.text = ""
        self._fields: dict[str, str] = {}
        self._select = self._area = ""
        self._is_open = self._is_style = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag begins."""
        given = {name: value or "" for name, value in attrs}
        if tag == "details":
            self._is_open = "open" in given
        elif tag == "form":
            self._fields = {}
        elif tag == "input" and given.get("type") == "checkbox":
            self._fields[given["name"]] = given["value"] if "checked" in given else ""
        elif tag == "input":
            self._fields[given["name"]] = given["value"]
        elif tag == "select":
            self._select = given["name"]
            self._fields.setdefault(self._select, "")
        elif tag == "option" and "selected" in given:
            self._fields[self._select] = given["value"]
        elif tag == "textarea":
            self._area = given["name"]
            self._fields[self._area] = ""
        self._is_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        """A tag ends."""
        if tag == "form":
            action = self._fields["action"]
            self.forms[action] = self._fields
            self.open += [action] if self._is_open else []
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        """Text."""
        if self._area:
            self._fields[self._area] += data.removeprefix("\n")
        elif not self._is_style:
            self.text += data


@dataclass
class Answering:
    """The page, and the world behind it."""

    world: World
    links: AnswerLinks
    client: aiohttp.ClientSession
    fail: Exception | None = None
    """What acting raises, in place of doing anything."""

    async def path(self, group: str = "technical") -> str:
        """The link of the last delivery to a group."""
        whole = await show_incident(self.world.store, (await self.world.incident()).id)
        delivery = [each for each in whole.deliveries if group in each.groups][-1]
        return self.path_of(delivery)

    def path_of(self, delivery: Delivery) -> str:
        """The link of a delivery, without what comes before our own path."""
        link = self.links.link(delivery)
        assert link.startswith(f"{OWN}/r/")
        return link.removeprefix(OWN)

    async def get(self, path: str, **given: Any) -> Page:
        """Look."""
        async with self.client.get(path, **given) as answer:
            return Page(answer.status, answer.headers, await answer.text())

    async def post(self, path: str, headers: Mapping[str, str] | None = None, /, **fields: str) -> Page:
        """Send a form; what it leads to is not followed."""
        async with self.client.post(path, data=fields, headers=headers, allow_redirects=False) as answer:
            page = Page(answer.status, answer.headers, await answer.text())
        await self.world.settle()
        return page

    async def entries(self) -> list[tuple[str, str, str, bool | None]]:
        """What people did: action, by whom, which way they came, and whether that proves it."""
        whole = await show_incident(self.world.store, (await self.world.incident()).id)
        people = [entry for entry in whole.timeline if not entry.actor.startswith("system:")]
        return [(entry.action, entry.actor, entry.via, entry.verified) for entry in people]


@pytest.fixture
async def answering(store_url: str, clock: ManualClock) -> AsyncIterator[Answering]:
    """The page, listening on loopback, of a world in which nothing has happened."""
    async with answering_at(store_url, clock) as given:
        yield given


@asynccontextmanager
async def answering_at(store_url: str, clock: ManualClock) -> AsyncIterator[Answering]:
    """The same, of the store at a URL."""
    store = await Store.open(store_url)
    world = World(store, clock)
    links = AnswerLinks(store=store, external_url=lambda: OWN + "/")
    await links.key()

    async def act(action: Action) -> Incident:
        if given.fail is not None:
            raise given.fail
        return await world.acts.act(action)

    page = AnswerPage(store=store, clock=clock, plan=lambda: world.plan, links=links, act=act, allowed=allowed)
    policy = Policy(sources=dict, tokens=dict)
    guard = Guard(policy=policy, measures=Counted(), loopback=True, bodies=Bodies())
    server = Server(create_app(routes=page.routes(), guard=guard), drain=1.0)
    port = await server.start("127.0.0.1", 0)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
        given = Answering(world, links, client)
        yield given
    await server.stop()
    await store.close()
