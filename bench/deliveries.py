"""How fast what is owed leaves: ``python -m bench.deliveries``.

Thousands of incidents are opened on a private store, each with one notice for one webhook, and then the channel's loop
is let go: rendered, signed, posted one by one, and recorded in the store. Before and after that, the plain aiohttp
client posts as many bodies of the same length in the same process, as many at once. This process has one core for
itself, where the system lets it; the store and the receiver have the others.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import aiohttp
import click
import uvloop
from bench.figures import machine, say
from bench.sink import Sink

from tocsin import __version__
from tocsin._core.clock import StoreClock
from tocsin._core.model import Alert
from tocsin._core.room import Room
from tocsin._core.times import HOUR
from tocsin._store.client import Store
from tocsin._store.server import PrivateServer
from tocsin._store.stats import read_figures
from tocsin.dedup.take import take
from tocsin.explain.keep import Keeper
from tocsin.incident.loop import IncidentLoop
from tocsin.pipeline import Routes
from tocsin.plan import Current, load
from tocsin.send.kinds.console import Console
from tocsin.send.loop import AT_ONCE
from tocsin.send.post import Post
from tocsin.telemetry.metrics import Metrics

PLAN = """
tiers: {high: {rto: 4h, wait: 0s, tell: lead}}
groups:
  command: {channels: [other]}
  technical: {channels: [hook]}
  business: {channels: [other]}
  legal: {channels: [other]}
  data: {channels: [other]}
channels: {hook: {type: webhook, url: "http://127.0.0.1:PORT/hook", secret: {env: KEY}}, other: {type: console}}
rules: [{name: outage, match: ['alertname="BenchDown"'], class: critical_function_outage, tier: high}]
"""
BATCH = 250


def alone() -> str:
    """Keep one core for this process, and the others for those that it starts from now on; says which."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cores) < 2:
        return "all on the cores that there are"
    os.sched_setaffinity(0, cores[-1:])
    return f"on core {cores[-1]} alone; store and receiver on the others"


def elsewhere() -> None:
    """Give a child the cores that this process has not."""
    if hasattr(os, "sched_setaffinity"):
        count = os.cpu_count() or 1
        if count > 1:
            os.sched_setaffinity(0, set(range(count - 1)))


async def receive() -> None:
    """The other side, in a process of its own: says its port, and runs until its input ends."""
    async with Sink() as sink:
        click.echo(sink.port)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


class Owed:
    """The service's second half, up to the deliveries, and its post."""

    def __init__(self, store: Store, plan: Path) -> None:
        self.store = store
        self.clock = StoreClock()
        self.current = Current(load(plan, environment={"KEY": "signing"}))
        self.metrics = Metrics(__version__)
        self.incidents = IncidentLoop(
            store=store,
            clock=self.clock,
            plan=self.current.plan,
            router=Routes(self.current),
            explain=Keeper(self.current).why,
            meter=self.metrics,
            owed=lambda _: None,
            process="bench",
        )

    async def owe(self, number: int) -> None:
        """Open so many incidents."""
        edition, room = self.current.edition, Room(256)
        source = edition.plan.sources["prometheus"]
        for first in range(0, number, BATCH):
            now = self.clock.now()
            batch = []
            for one in range(first, min(first + BATCH, number)):
                alert = Alert(
                    source="prometheus",
                    labels={"alertname": "BenchDown", "service": f"s-{one}", "severity": "critical"},
                    annotations={"summary": f"Service s-{one} does not answer"},
                    firing=True,
                    starts_at=now,
                    ends_at=now + HOUR,
                    received_at=now,
                )
                batch.append((alert, source, edition.classifier.classify(alert, now)))
            self.incidents.wake((await take(self.store, batch, now, clock=self.clock, room=room)).due)
        (keys,) = self.store.shards
        while (await self.figures()).get(("hook",), 0) < number:
            await self.incidents.turn(keys)

    async def figures(self) -> Mapping[tuple[str, ...], float]:
        """What waits, by channel."""
        return (await read_figures(self.store)).of("waiting")

    def post(self) -> Post:
        """The post, as the service has it."""
        return Post(
            store=self.store,
            clock=self.clock,
            console=Console(sys.stdout),
            external_url=lambda: "https://tocsin.example",
            respond=lambda delivery: f"https://tocsin.example/r/{delivery.id}",
            edition=lambda: self.current.edition,
            failed=lambda _, __: None,
            checked=lambda _, __: None,
            meter=self.metrics,
            process="bench",
        )

    async def leave(self) -> float:
        """Send all that is owed; answers the seconds that took."""
        channels = self.current.plan().channels
        async with self.post() as post:
            post.follow(channels, post.prepare(channels))
            began = time.perf_counter()
            running = asyncio.create_task(post.run(()))
            (keys,) = self.store.shards
            while True:
                pipe = self.store.pipeline()
                pipe.hget(keys.stats, "waiting|hook")
                if int((await self.store.call(pipe.execute()))[0] or 0) == 0:
                    break
                await self.clock.sleep(0.02)
            took = time.perf_counter() - began
            post.drain()
            await running
        return took


async def plain(port: int, number: int, body: bytes) -> float:
    """The plain client: as many posts, as many at once; answers the seconds."""
    left = iter(range(number))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def worker() -> None:
            for _ in left:
                headers = {"Content-Type": "application/json"}
                async with session.post(f"http://127.0.0.1:{port}/hook", data=body, headers=headers) as response:
                    await response.read()

        began = time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
        return time.perf_counter() - began


async def measure(url: str, plan: Path, port: int, number: int) -> None:
    """Both, in turns."""
    store = await Store.open(url)
    owed = Owed(store, plan)
    await owed.owe(number)
    notice = {"event": "opened", "group": "technical", "incident": {"services": ["s"]}, "text": "x" * 1700}
    body = json.dumps(notice).encode()  # as long as a notice's
    say(f"{AT_ONCE} at once; plain bodies of {len(body)} bytes")
    before = await plain(port, number, body)
    took = await owed.leave()
    after = await plain(port, number, body)
    client = 2 * number / (before + after)
    rate = number / took
    say(f"plain aiohttp client   {client:8,.0f} posts a second")
    say(f"deliveries             {rate:8,.0f} a second, {rate / client:.2f} of that")
    await store.close()


@click.command()
@click.option("--deliveries", default=5_000, show_default=True, help="How many.")
@click.option("--receive", "receives", is_flag=True, hidden=True)
def main(deliveries: int, receives: bool) -> None:
    """Measure how fast deliveries leave."""
    if receives:
        elsewhere()
        uvloop.run(receive())
        return
    with (
        tempfile.TemporaryDirectory() as directory,
        PrivateServer.start(Path(directory) / "data", path=os.defpath) as server,
    ):
        if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
            os.sched_setaffinity(server.pid, set(range((os.cpu_count() or 1) - 1)))
        receiver = subprocess.Popen(
            [sys.executable, "-m", "bench.deliveries", "--receive"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert receiver.stdin is not None
        assert receiver.stdout is not None
        port = int(receiver.stdout.readline())
        rules = Path(directory) / "rules"
        rules.mkdir()
        (rules / "plan.yaml").write_text(PLAN.replace("PORT", str(port)), encoding="utf-8")
        say(f"{machine('its private store')}\n{alone()}\n")
        try:
            uvloop.run(measure(server.url, rules, port, deliveries))
        finally:
            receiver.stdin.close()
            receiver.wait(10)


if __name__ == "__main__":
    main()
