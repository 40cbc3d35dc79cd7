"""Who is called and who gets mail: a page that follows the incident, and one thread of mails."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.send.contract import receiving
from tests.send.fakes.opsgenie import KEY as GENIE_KEY
from tests.send.fakes.opsgenie import Alerts
from tests.send.fakes.pagerduty import KEY as PAGER_KEY
from tests.send.fakes.pagerduty import Events
from tests.support.alerts import firing, resolved
from tests.support.hooks import PATIENCE
from tests.support.mail import mail_server
from tests.support.service import Service, Start

PLAN = """
tiers: {high: {wait: 0s}}
groups:
  command:   {channels: [command-genie], fallback: [screen]}
  technical: {channels: [technical-pager], fallback: [screen]}
  business:  {channels: [screen], fallback: [legal-mail]}
  legal:     {channels: [legal-mail], fallback: [screen], language: zh}
  data:      {channels: [screen], fallback: [legal-mail]}
channels:
  technical-pager: {type: pagerduty, routing_key: {env: PAGER_KEY}, url: {env: PAGER}}
  command-genie:   {type: opsgenie, api_key: {env: GENIE_KEY}, url: {env: GENIE}}
  legal-mail:      {type: email, url: {env: MAIL}, tls: none, from: tocsin@example.org, to: [legal@example.org]}
  screen:          {type: console}
services:
  payments: {importance: core}
rules:
  - name: gateway
    match: ['alertname="PaymentGatewayDown"']
    class: critical_function_outage
    impact: wide
    title: {en: Payment gateway down, zh: 支付网关中断}
"""
DOWN = {"alertname": "PaymentGatewayDown", "service": "payments"}


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something holds of what was received."""
    async with asyncio.timeout(PATIENCE):
        while not await asyncio.to_thread(condition):
            pass


async def act(service: Service, action: str, group: str) -> None:
    """Somebody does something about the only incident."""
    incident = await asyncio.to_thread(service.incident)
    done = {"action": action, "by": "zhang.wei", "group": group}
    answer = await asyncio.to_thread(service.post, f"/api/v1/incidents/{incident['id']}/actions", done)
    assert answer.status == 200, answer.text


async def test_a_page_and_a_thread_follow_the_incident(start: Start) -> None:
    """It opens, somebody has it, it is restored: alerts at both pagers do the same, and legal reads one thread."""
    async with receiving() as at_pager, receiving() as at_genie, mail_server(tls="none") as box:
        pager, genie = Events(at_pager), Alerts(at_genie)
        places = {
            "PAGER": f"{at_pager.address}/v2/enqueue", "PAGER_KEY": PAGER_KEY, "GENIE": at_genie.address,
            "GENIE_KEY": GENIE_KEY, "MAIL": f"smtp://127.0.0.1:{box.port}",
        }  # fmt: skip
        service = await asyncio.to_thread(lambda: start(PLAN, environment=places))
        await asyncio.to_thread(service.alert, firing(**DOWN))
        await until(lambda: len(pager.alerts) == 1 and len(genie.alerts) == 1 and len(box.envelopes) == 1)
        (name,) = pager.alerts
        assert genie.alerts.keys() == {name}
        assert name == (await asyncio.to_thread(service.incident))["id"]

        await act(service, "acknowledge", "technical")
        await until(lambda: pager.alerts[name] == "acknowledged" and bool(genie.alerts[name]["acknowledged"]))

        await asyncio.to_thread(service.alert, resolved(**DOWN))
        await until(lambda: len(box.envelopes) == 2)
        assert pager.alerts[name] == "acknowledged"

        await act(service, "restore", "technical")
        await until(lambda: not pager.alerts and not genie.alerts and len(box.envelopes) == 3)

    assert (pager.calls, genie.calls) == (1, 1)
    mails = box.mails
    assert len({mail["References"] for mail in mails}) == 1
    assert [mail["X-Tocsin-Event"] for mail in mails] == ["opened", "cleared", "restored"]
    assert all(mail["Subject"].startswith(f"{name} 【高】【关键功能中断】支付网关中断") for mail in mails)
