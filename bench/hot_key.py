"""Whether a hot key slows the others: ``python -m bench.hot_key``.

A real ``tocsin serve`` with its private store. First, alerts about other services are posted one at a time, each the
first of its own high incident, and timed to their webhooks. Then the same again while another process posts 10,000 new
alerts a second that all join one incident. Printed are both, side by side, and how often the hot key was committed.
``--kind spread`` lets the same storm join a hundred incidents: what the load costs without any key being hot.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import click
import uvloop
from bench import plans
from bench.figures import machine, percentile, row, row_head, say
from bench.load import Order, Result, finish, start
from bench.payloads import ends_at
from bench.programs import Tocsin
from bench.sink import Prober, Sink, Times

from tocsin._core.clock import StoreClock
from tocsin._core.times import format_time

GAP = 0.05
"""Seconds between two probes."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Probes before and during the storm, the storm itself, and the commits of the hot key."""

    quiet: list[Times]
    stormy: list[Times]
    storm: Result
    commits: int
    firing: int
    store: str


async def probes(prober: Prober, first: int, seconds: float) -> list[Times]:
    """Probe for so many seconds."""
    clock = StoreClock()
    ends = clock.monotonic() + seconds
    times: list[Times] = []
    while clock.monotonic() < ends:
        now = clock.now()
        times.append(await prober.probe(first + len(times), starts=format_time(now), ends=ends_at(now)))
        await clock.sleep(GAP)
    return times


async def measure(directory: Path, rate: float, seconds: float, kind: str) -> Measured:
    """Both phases."""
    async with Sink() as sink:
        with Tocsin(directory, plans.webhooks(directory / "rules", sink.port)) as tocsin:
            prober = await Prober.connect(sink, tocsin.port)
            await probes(prober, 0, 1.0)
            quiet = await probes(prober, 100_000, seconds)
            most = int(rate * seconds)
            order = Order(
                port=tocsin.port, kind=kind, per_request=64, distinct=most, most=most, seconds=seconds, rate=rate
            )
            storm = start(order)
            stormy = await probes(prober, 200_000, seconds - 0.5)
            result = finish(storm)
            prober.close()
            commits, firing = hot_key(tocsin)
            return Measured(
                quiet=quiet, stormy=stormy, storm=result, commits=commits, firing=firing, store=tocsin.store_name()
            )


def hot_key(tocsin: Tocsin) -> tuple[int, int]:
    """Commits and firing alerts of the key on which most alerts fire."""
    with tocsin.store() as client:
        views = [client.hmget(name, ["rev", "firing"]) for name in client.scan_iter("*:view:*", count=1000)]
    return max(((int(rev or 0), int(firing or 0)) for rev, firing in views), key=lambda view: view[1])


@click.command(help=__doc__)
@click.option("--rate", default=10_000.0, help="Alerts a second on the hot key.")
@click.option("--seconds", default=8.0, help="Length of each of the two phases.")
@click.option("--kind", type=click.Choice(["hot", "spread"]), default="hot", help="One incident, or a hundred.")
def main(rate: float, seconds: float, kind: str) -> None:
    """Measure and print."""
    before = machine()
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as directory:
        measured = uvloop.run(measure(Path(directory), rate, seconds, kind))
    say(before)
    say(f"store     {measured.store}")
    say(f"method    probes one at a time, {1000 * GAP:g} ms apart; {seconds:g} s without the storm, then with it\n")
    storm = measured.storm
    say(f"the storm: {storm.alerts:,} alerts in {storm.seconds:.1f} s, {storm.rate:,.0f} a second; {rate:,.0f} wanted")
    paced = measured.commits / storm.seconds
    say(f"the hot key: {measured.commits} commits, {paced:.1f} a second; {measured.firing:,} of its alerts fire\n")
    say(row_head("another key's alert, ms"))
    for name, times in (("without the storm", measured.quiet), ("with it", measured.stormy)):
        say(row(f"to its first webhook, {name}", [each.first for each in times]))
        say(row(f"to all five, {name}", [each.last for each in times]))
    quiet, stormy = (percentile([each.first for each in times], 0.5) for times in (measured.quiet, measured.stormy))
    say(
        f"\np50 to the first webhook with the storm: {stormy / quiet:.1f} times that without; all were told to all five"
    )


if __name__ == "__main__":
    main()
