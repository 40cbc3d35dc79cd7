"""Whether a hot key slows the others: ``python -m bench.hot_key``.

A real ``tocsin serve`` with its private store. First, alerts about other services are posted one at a time, each the
first of its own high incident, and timed to their webhooks. Then the same again while another process posts 10,000 new
alerts a second. That is done three times, each time on new services. The storm joins one incident (``hot``); it joins a
hundred (``spread``), which tells the cost of a hot key from the cost of its load; and it joins one incident of another
Tocsin on the same machine (``elsewhere``), which tells the cost of the load from that of sharing the processor with
it. Printed are all, side by side, the processor time that the storm took, and how often the hot key was committed.
"""

from __future__ import annotations

import contextlib
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
    """Probes before and during a storm, the storm itself, the commits of its busiest key, and the processor seconds
    that service and store took meanwhile, for the probes too."""

    quiet: list[Times]
    stormy: list[Times]
    storm: Result
    commits: int
    firing: int
    service_seconds: float
    store_seconds: float
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
    """Both phases; the probes are of one service, the storm is on it or, ``elsewhere``, on another."""
    rules = directory / "rules"
    (directory / "other").mkdir()
    async with Sink() as sink:
        plans.webhooks(rules, sink.port)
        with contextlib.ExitStack() as stack:
            tocsin = struck = stack.enter_context(Tocsin(directory, rules))
            if kind == "elsewhere":
                struck = stack.enter_context(Tocsin(directory / "other", rules))
            prober = await Prober.connect(sink, tocsin.port)
            await probes(prober, 0, 1.0)
            quiet = await probes(prober, 100_000, seconds)
            most = int(rate * seconds)
            order = Order(
                port=struck.port,
                kind="spread" if kind == "spread" else "hot",
                per_request=64,
                distinct=most,
                most=most,
                seconds=seconds,
                rate=rate,
            )
            used = struck.processor_seconds()
            storm = start(order)
            stormy = await probes(prober, 200_000, seconds - 0.5)
            result = finish(storm)
            service_seconds, store_seconds = (
                after - before for before, after in zip(used, struck.processor_seconds(), strict=True)
            )
            prober.close()
            commits, firing = hot_key(struck)
            return Measured(
                quiet=quiet,
                stormy=stormy,
                storm=result,
                commits=commits,
                firing=firing,
                service_seconds=service_seconds,
                store_seconds=store_seconds,
                store=tocsin.store_name(),
            )


def hot_key(tocsin: Tocsin) -> tuple[int, int]:
    """Commits and firing alerts of the key on which most alerts fire."""
    with tocsin.store() as client:
        views = [client.hmget(name, ["rev", "firing"]) for name in client.scan_iter("*:view:*", count=1000)]
    return max(((int(rev or 0), int(firing or 0)) for rev, firing in views), key=lambda view: view[1])


def median(times: list[Times]) -> float:
    """The median time to the first webhook."""
    return percentile([each.first for each in times], 0.5)


def tell(kind: str, measured: Measured, rate: float) -> None:
    """One storm's part of what is printed."""
    storm = measured.storm
    joined = {"hot": "one incident", "spread": "a hundred incidents", "elsewhere": "one of another service"}[kind]
    say(f"\n{kind}: {storm.alerts:,} alerts joined {joined} in {storm.seconds:.1f} s,")
    say(f"  {storm.rate:,.0f} a second; {rate:,.0f} wanted")
    shares = (measured.service_seconds / storm.seconds, measured.store_seconds / storm.seconds)
    say(f"  the service took {shares[0]:.2f} and the store {shares[1]:.2f} of a core meanwhile")
    paced = measured.commits / storm.seconds
    say(
        f"  the busiest key: {measured.commits} commits, {paced:.1f} a second; {measured.firing:,} of its alerts fire\n"
    )
    say(row_head("another key's alert, ms"))
    for name, times in (("without the storm", measured.quiet), ("with it", measured.stormy)):
        say(row(f"to its first webhook, {name}", [each.first for each in times]))
        say(row(f"to all five, {name}", [each.last for each in times]))


@click.command(help=__doc__)
@click.option("--rate", default=10_000.0, help="Alerts a second.")
@click.option("--seconds", default=8.0, help="Length of each phase.")
def main(rate: float, seconds: float) -> None:
    """Measure and print."""
    say(machine())
    measured: dict[str, Measured] = {}
    for kind in ("elsewhere", "spread", "hot"):
        with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as directory:
            measured[kind] = uvloop.run(measure(Path(directory), rate, seconds, kind))
    say(f"store     {measured['hot'].store}")
    say(f"method    probes one at a time, {1000 * GAP:g} ms apart; {seconds:g} s without the storm, then with it")
    for kind, each in measured.items():
        tell(kind, each, rate)
    say("\np50 to the first webhook, all having been told to all five, with the storm / without it:")
    for kind, each in measured.items():
        say(f"  {kind:<10} {median(each.stormy) / median(each.quiet):.2f}")


if __name__ == "__main__":
    main()
