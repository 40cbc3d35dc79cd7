"""A ticket that follows the incident, and a file that keeps what the group was told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import web
from tests.send.contract import Receiver, receiving
from tests.support.alerts import firing, resolved
from tests.support.hooks import PATIENCE
from tests.support.service import Service, Start

PLAN = """
tiers: {high: {wait: 0s}}
groups:
  command:   {channels: [screen], fallback: [screen-too]}
  technical: {channels: [screen, tickets, audit], fallback: [screen-too]}
  business:  {channels: [screen], fallback: [screen-too]}
  legal:     {channels: [screen], fallback: [screen-too]}
  data:      {channels: [screen], fallback: [screen-too]}
channels:
  tickets:
    type: http
    url: {env: TICKETS}
    path: /issue/{{ thread }}/comment
    body: '{"body": "{{ event }}: {{ plain }}"}'
    on:
      opened: {path: /issue, body: '{"summary": "{{ subject }}", "labels": {{ incident.services | json }}}'}
    headers: {Authorization: {env: TICKETS_TOKEN}}
    thread: key
    match: ['event=~"opened|contained|restored"']
  audit: {type: file, path: {env: AUDIT}}
  screen: {type: console}
  screen-too: {type: console}
services:
  payments: {importance: core}
rules:
  - name: gateway
    match: ['alertname="PaymentGatewayDown"']
    class: critical_function_outage
    impact: wide
    title: {en: Gateway "down", zh: 支付网关中断}
"""


class Tickets:
    """A ticket system: ``issues`` by key, each with its comments."""

    def __init__(self, receiver: Receiver) -> None:
        self.issues: dict[str, list[str]] = {}
        self.opened: list[dict[str, Any]] = []
        receiver.answer = self.answer

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Open an issue, or comment on one that there is."""
        if request.headers["Authorization"] != "Bearer t0ken":
            return web.json_response({"errors": ["who are you"]}, status=401)
        said = json.loads(await request.read())
        if request.path == "/issue":
            self.opened.append(said)
            self.issues[key := f"OPS-{len(self.opened)}"] = []
            return web.json_response({"key": key}, status=201)
        _, _, key, what = request.path.split("/")
        if key not in self.issues or what != "comment":
            return web.json_response({"errors": ["no such issue"]}, status=404)
        self.issues[key].append(said["body"])
        return web.json_response({"id": len(self.issues[key])}, status=201)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something holds of what was received."""
    async with asyncio.timeout(PATIENCE):
        while not await asyncio.to_thread(condition):
            pass


def act(service: Service, action: str) -> None:
    """Somebody does something about the only incident."""
    done = {"action": action, "by": "zhang.wei", "group": "technical"}
    answer = service.post(f"/api/v1/incidents/{service.incident()['id']}/actions", done)
    assert answer.status == 200, answer.text


async def test_a_ticket_follows_the_incident(start: Start, tmp_path: Path) -> None:
    """It is opened once; under the number that the tool gave it comments follow; and all that was told is in a file."""
    audit = tmp_path / "notices.jsonl"
    async with receiving() as at_tickets:
        tickets = Tickets(at_tickets)
        environment = {"TICKETS": at_tickets.address, "TICKETS_TOKEN": "Bearer t0ken", "AUDIT": str(audit)}
        service = await asyncio.to_thread(start, PLAN, environment=environment)
        await asyncio.to_thread(service.alert, firing("PaymentGatewayDown", service="payments"))
        await until(lambda: bool(tickets.opened))
        await asyncio.to_thread(act, service, "contain")
        await until(lambda: len(tickets.issues["OPS-1"]) == 1)
        await asyncio.to_thread(service.alert, resolved("PaymentGatewayDown", service="payments"))
        await asyncio.to_thread(act, service, "restore")
        await until(lambda: len(tickets.issues["OPS-1"]) == 2)
        await until(lambda: "restored" in [line["event"] for line in lines(audit)])

        assert tickets.opened == [{"summary": lines(audit)[0]["subject"], "labels": ["payments"]}]
        contained, restored = tickets.issues["OPS-1"]
        assert contained.startswith("contained: ") and restored.startswith("restored: ")
        assert 'Gateway "down"' in contained
        told = [line["event"] for line in lines(audit) if line["event"] != "cleared"]  # told if it was noticed first
        assert told == ["opened", "contained", "restored"]
        assert not await asyncio.to_thread(service.deliveries, "?state=dead")


def lines(path: Path) -> list[dict[str, Any]]:
    """The notices in a file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]] if path.exists() else []
