"""The five groups' ends: one server on loopback that keeps what it is sent, and the plan that tells it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

GROUPS = ("command", "technical", "business", "legal", "data")

PLAN = """
tiers: {{medium: {{wait: 0s}}, high: {{wait: 0s}}}}
groups: {{{groups}}}
channels: {{{channels}}}
services:
  payments: {{importance: core}}
  orders: {{importance: important}}
rules:
  - {{name: outage, match: ['alertname=~".*Down"'], class: critical_function_outage, tier: high}}
  - {{name: fault, match: ['alertname=~".*Slow"'], class: hw_sw_fault, tier: medium}}
"""


@dataclass(frozen=True)
class Got:
    """One request to a group's webhook."""

    group: str
    id: str
    raw: bytes
    body: dict[str, Any]

    @property
    def told(self) -> tuple[str, str, str]:
        """Which group was told what of which service."""
        return self.group, self.body["event"], self.body["incident"]["services"][0]


def opened(high: Iterable[str] = (), medium: Iterable[str] = ()) -> set[tuple[str, str, str]]:
    """Who is to be told that these services have an incident: all of a high one, command and technical of others."""
    all_told = {(group, "opened", service) for service in high for group in GROUPS}
    return all_told | {(group, "opened", service) for service in medium for group in GROUPS[:2]}


class Sinks:
    """Listens on ``port``; ``got`` is all that came, in order. ``receipt`` is called before one is answered."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.port = 0
        self.receipt: Callable[[Got], None] = lambda _: None
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Begin to listen."""
        app = web.Application()
        app.router.add_post("/{group}", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Listen no more."""
        if self._runner:
            await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        raw = await request.read()
        body = json.loads(raw)
        assert request.headers["Idempotency-Key"] == body["id"]
        self.got.append(Got(request.match_info["group"], body["id"], raw, body))
        self.receipt(self.got[-1])
        return web.Response()

    def write_plan(self, directory: Path) -> Path:
        """A plan whose five groups are told here; high tells all, a fault of medium command and technical."""
        directory.mkdir(exist_ok=True)
        groups = ", ".join(f"{name}: {{channels: [{name}-hook]}}" for name in GROUPS)
        url = f"http://127.0.0.1:{self.port}"
        channels = ", ".join(f'{name}-hook: {{type: webhook, url: "{url}/{name}"}}' for name in GROUPS)
        (directory / "plan.yaml").write_text(PLAN.format(groups=groups, channels=channels))
        return directory

    def told(self) -> set[tuple[str, str, str]]:
        """Every (group, event, service) that was told."""
        return {each.told for each in self.got}

    def copies(self) -> Counter[str]:
        """How often each delivery id came."""
        return Counter(each.id for each in self.got)

    def check(self) -> None:
        """One delivery is one body, and nobody was told the same of the same incident under two ids."""
        bodies: dict[str, bytes] = {}
        ids: dict[tuple[str, str, str], str] = {}
        for each in self.got:
            assert bodies.setdefault(each.id, each.raw) == each.raw, f"another body under {each.id}"
            what = (each.group, each.body["event"], each.body["incident"]["id"])
            assert ids.setdefault(what, each.id) == each.id, f"{what} under two ids"
