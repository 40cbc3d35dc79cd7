"""What clocks cost: ``python -m bench.clocks``.

A real ``tocsin serve`` with its private store. First 10,000 high incidents are opened, each with all its clocks, and
once they are told the processor time of the service and of its store is taken while nothing is due. Then, on a fresh
service, the clocks of 1,000 incidents fall due at the same millisecond, and it is timed until all are committed.
"""

from __future__ import annotations

import tempfile
import urllib.request
from pathlib import Path

import click
import redis
import uvloop
from bench.figures import machine, say
from bench.programs import Tocsin

from tocsin._core.clock import StoreClock
from tocsin._core.times import HOUR, MINUTE, SECOND, Millis, format_time
from tocsin._store.keys import Keys

AT_ONCE = 500
"""Alerts in one post."""

DUE_AFTER: Millis = 30 * SECOND
RTO: Millis = 50 * MINUTE
CLOCK = StoreClock()
KEYS = Keys("tocsin", 0)

PLAN = """
tiers: {high: {rto: 50m, wait: 0s, ack_within: 30m, update_every: 30m, tell: lead, deliver_within: 20m}}
vendors: {acme: {kind: contractor, ack_within: 40m, rto: 3h}}
services: {s: {importance: core, sla_limit: 3h, vendor: acme}}
rules: [{name: outage, match: ['alertname="BenchDown"'], class: critical_function_outage, tier: high, vendor: acme}]
escalation:
  high:
    - {name: nobody, after: 45m, unless: acknowledged, tell: [command], repeat_every: 15m}
    - {name: together, at: SHARE, tell: [command]}
"""


def plan(directory: Path, share: str) -> Path:
    """A plan on the console, with a stage at a share of the recovery time of 50 minutes."""
    directory.mkdir()
    (directory / "plan.yaml").write_text(PLAN.replace("SHARE", share), encoding="utf-8")
    return directory


def post(tocsin: Tocsin, number: int, started: Millis) -> None:
    """Post so many alerts, each of a service of its own."""
    starts, ends = format_time(started), format_time(started + 6 * HOUR)
    for first in range(0, number, AT_ONCE):
        alerts = ",".join(
            f'{{"labels":{{"alertname":"BenchDown","service":"s-{one}"}},"startsAt":"{starts}","endsAt":"{ends}"}}'
            for one in range(first, min(first + AT_ONCE, number))
        )
        request = urllib.request.Request(
            f"http://127.0.0.1:{tocsin.port}/api/v2/alerts",
            f"[{alerts}]".encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60):
            pass


async def reached(client: redis.Redis, name: str, number: int) -> None:
    """Wait until the store has counted so many."""
    while count(client, name) < number:
        await CLOCK.sleep(0.005)


def count(client: redis.Redis, name: str) -> float:
    """A counter of the store."""
    value = client.hget(KEYS.stats, name)
    return float(value) if isinstance(value, bytes) else 0.0


async def idle(directory: Path, incidents: int, seconds: float) -> None:
    """What open incidents cost while nothing is due."""
    with Tocsin(directory / "idle", plan(directory / "idle-rules", "90%")) as tocsin, tocsin.store() as client:
        say(machine(tocsin.store_name()) + "\n")
        post(tocsin, incidents, CLOCK.now())
        await reached(client, "notices|technical|opened", incidents)
        while count(client, "waiting|console") > 0:
            await CLOCK.sleep(0.1)
        await CLOCK.sleep(3)
        before = tocsin.processor_seconds()
        await CLOCK.sleep(seconds)
        spent = [after - then for after, then in zip(tocsin.processor_seconds(), before, strict=True)]
    service, store = (100 * each / seconds for each in spent)
    say(f"{incidents} open incidents, nothing due: service {service:.2f} %, store {store:.2f} % of one core")


async def due(directory: Path, together: int) -> None:
    """How long it takes until clocks that fall due at once are all committed."""
    share = f"{100 * DUE_AFTER / RTO:g}%"
    with Tocsin(directory / "due", plan(directory / "due-rules", share)) as tocsin, tocsin.store() as client:
        started = CLOCK.now()
        post(tocsin, together, started)
        await reached(client, "notices|technical|opened", together)
        if CLOCK.now() >= started + DUE_AFTER:
            raise SystemExit("opening them took longer than until they were due; measure fewer")
        await reached(client, "escalations|high|together", together)
        late = (CLOCK.now() - started - DUE_AFTER) / SECOND
    say(f"{together} clocks due at once: all committed {late:.2f} s after")


async def measure(incidents: int, together: int, seconds: float) -> None:
    """Both."""
    with tempfile.TemporaryDirectory() as directory:
        await idle(Path(directory), incidents, seconds)
        await due(Path(directory), together)


@click.command()
@click.option("--incidents", default=10_000, show_default=True, help="Open incidents while nothing is due.")
@click.option("--together", default=1_000, show_default=True, help="Clocks that fall due at once.")
@click.option("--seconds", default=30.0, show_default=True, help="How long the idle service is watched.")
def main(incidents: int, together: int, seconds: float) -> None:
    """Measure what clocks cost."""
    uvloop.run(measure(incidents, together, seconds))


if __name__ == "__main__":
    main()
