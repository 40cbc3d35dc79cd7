"""The demo: the service on a store of its own and the shipped rules, and a short story told to it over HTTP.

The story is posted as a Prometheus would post it. Waits are shortened, which the demo says; nothing else is
changed. What is seen is what the groups' channels print.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

import aiohttp
import click

from tocsin import app
from tocsin._core.clock import Clock, StoreClock
from tocsin._core.plan import Plan
from tocsin._core.times import SECOND, format_time
from tocsin.plan import Current, load
from tocsin.settings import Settings
from tocsin.telemetry.logs import configure

PAUSE = 2.5
"""Seconds between the story's steps, so that a person can read along."""

SHORT_WAIT = 1 * SECOND

GATEWAY = {"alertname": "PaymentGatewayDown", "service": "payments", "severity": "critical", "namespace": "pay"}
LATENCY = {
    "alertname": "PaymentGatewayHighErrorRate",
    "service": "payments",
    "severity": "critical",
    "namespace": "pay",
}
DISK = {"alertname": "NodeFilesystemAlmostOutOfSpace", "service": "cms", "severity": "warning", "device": "/dev/sda1"}
REPLICAS = ("prometheus-0", "prometheus-1")


def shortened(plan: Plan) -> Plan:
    """The plan with waits short enough to watch."""
    tiers = {tier: replace(policy, wait=min(policy.wait, SHORT_WAIT)) for tier, policy in plan.tiers.items()}
    return replace(plan, tiers=tiers)


def play(listen: tuple[str, int], rules: Path) -> None:
    """Run the demo until Ctrl-C. Raises ``ConfigurationError`` where it cannot start."""
    configure(sys.stderr, "text", logging.WARNING)
    variables = app.environment()
    current = Current(shortened(load(rules, environment=variables)))
    with tempfile.TemporaryDirectory(prefix="tocsin-demo-") as directory:
        plain = "NO_COLOR" in variables
        host = f"[{listen[0]}]" if ":" in listen[0] else listen[0]
        settings = Settings(
            data_dir=Path(directory) / "data",
            host=listen[0],
            port=listen[1],
            external_url=f"http://{host}:{listen[1]}" if listen[1] else "",
            plain=plain,
        )
        story = Story(sys.stdout, clock=StoreClock(), host=host, plain=plain)
        app.run(settings, current, variables=variables, console=sys.stdout, beside=story.tell)
    click.echo("\nThe demo has ended; nothing is left running.")


class Story:
    """Posts alerts, and says before each step what happens and what to look for."""

    def __init__(self, out: TextIO, *, clock: Clock, host: str, plain: bool) -> None:
        self._out = out
        self._is_coloured = out.isatty() and not plain
        self._clock = clock
        self._host = host
        self._step = 0

    async def tell(self, port: int) -> None:
        """The whole story; then wait for Ctrl-C."""
        url = f"http://{self._host}:{port}"
        self._say(
            "Tocsin's demo: a real service, a private store, the shipped rules.\n"
            f"It listens on {url}. To be watched, every wait before telling is cut to one second."
        )
        async with aiohttp.ClientSession(base_url=url) as session:
            await self._clock.sleep(1)
            for step in STEPS:
                self._narrate(step.text)
                if step.alerts:
                    await self._post(session, step.alerts, resolved=step.resolved)
                for deed in step.deeds:
                    await self._act(session, deed)
                await self._clock.sleep(PAUSE)
            await self._overview(session)
        self._say(NEXT.format(url=url))
        await asyncio.Event().wait()

    def _say(self, text: str) -> None:
        self._out.write(f"\n{text}\n")
        self._out.flush()

    def _narrate(self, text: str) -> None:
        self._step += 1
        head = f"── {self._step}. {text} "
        self._say(click.style(head + "─" * max(0, 100 - len(head)), bold=True) if self._is_coloured else head)

    async def _post(
        self, session: aiohttp.ClientSession, alerts: Sequence[Mapping[str, str]], *, resolved: bool
    ) -> None:
        now = self._clock.now()
        body: list[dict[str, Any]] = [
            {
                "labels": dict(labels),
                "annotations": {"summary": SUMMARIES[labels["alertname"]]},
                "startsAt": format_time(now - 5 * SECOND),
                "endsAt": format_time(now - SECOND if resolved else now + 240 * SECOND),
                "generatorURL": "http://prometheus.example/graph",
            }
            for labels in alerts
        ]
        async with session.post("/api/v2/alerts", json=body) as response:
            answer = await response.json()
        counts = ", ".join(f"{answer[name]} {name}" for name in ("new", "repeated", "resolved") if answer.get(name))
        self._out.write(f"   POST /api/v2/alerts → {response.status}: {counts}\n\n")
        self._out.flush()

    async def _act(self, session: aiohttp.ClientSession, deed: Mapping[str, str]) -> None:
        """Somebody does something about the payments incident."""
        async with session.get("/api/v1/incidents", params={"service": "payments"}) as response:
            (incident,) = (await response.json())["items"]
        async with session.post(f"/api/v1/incidents/{incident['id']}/actions", json=deed) as response:
            answer = await response.json()
        said = answer.get("state") or answer.get("detail", "")
        self._out.write(f"   POST …/actions {deed['action']} by {deed['by']} → {response.status}: {said}\n\n")
        self._out.flush()

    async def _overview(self, session: aiohttp.ClientSession) -> None:
        async with session.get("/api/v1/incidents") as response:
            items = (await response.json())["items"]
        lines = [f"   {i['id']}  {i['tier']:<6} {i['state']}, {i['signals']}: {i['title']}" for i in items]
        self._narrate("What it all came to: two incidents, one of them over")
        self._out.write("\n".join(lines) + "\n")
        self._out.flush()


SUMMARIES = {
    "PaymentGatewayDown": "The payment gateway answers no requests",
    "PaymentGatewayHighErrorRate": "Nine of ten payments fail",
    "NodeFilesystemAlmostOutOfSpace": "Less than 5 % left on /dev/sda1",
}


@dataclass(frozen=True, kw_only=True)
class Step:
    """What happens: alerts fire, or end, and people do something about the payments incident."""

    text: str
    alerts: Sequence[Mapping[str, str]] = ()
    resolved: bool = False
    deeds: Sequence[Mapping[str, str]] = ()


STEPS: Sequence[Step] = (
    Step(text="The payment gateway goes down: high, so all five groups are told", alerts=(GATEWAY,)),
    Step(
        text="Both Prometheus replicas repeat it, again and again: nobody is told",
        alerts=tuple({**GATEWAY, "prometheus_replica": replica} for replica in REPLICAS for _ in range(5)),
    ),
    Step(
        text="Technical rescue has it: lead and command hear who, and nobody will be called in five minutes",
        deeds=({"action": "acknowledge", "by": "zhang.wei", "group": "technical"},),
    ),
    Step(text="A second alert joins the same incident: only the lead is told", alerts=(LATENCY,)),
    Step(text="Both alerts clear: everyone who was told hears of it, once", alerts=(GATEWAY, LATENCY), resolved=True),
    Step(
        text="Business says that customers can pay again, and command closes it: a person's word, not the alert's",
        deeds=(
            {"action": "restore", "by": "li.na", "group": "business"},
            {"action": "close", "by": "wang.fang", "group": "command"},
        ),
    ),
    Step(text="A disk fills up on a supporting service: low, so only its lead is told", alerts=(DISK,)),
)

NEXT = """That is the story. The service stays up. Open a notice's Answer link in a browser; try, in another terminal:

  curl -s {url}/api/v1/incidents | python3 -m json.tool
  .venv/bin/tocsin incidents list --url {url}
  .venv/bin/tocsin deliveries list --url {url}
  curl -s {url}/metrics | grep ^tocsin_incident_info
  curl -s {url}/api/v2/alerts -H 'Content-Type: application/json' \\
       -d '[{{"labels": {{"alertname": "BlackboxProbeFailed", "service": "orders"}}}}]'

The rules are in rules/; what was decided and why: .venv/bin/tocsin incidents show INC-… --url {url}
Who did what, as the draft of a review:            .venv/bin/tocsin incidents export INC-… --format report --url {url}
Ctrl-C ends it."""
