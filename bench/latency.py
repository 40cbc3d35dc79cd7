"""How long from an alert being posted to its webhook: ``python -m bench.latency``.

A real ``tocsin serve`` with its private store, and a sink for webhooks in this process, all on loopback. Alerts are
posted one at a time, each the first of its own high incident with ``wait: 0s``, of which five groups are told, each
on a webhook of its own. Timed is from the first byte of the POST leaving to the first byte of the webhook's request
arriving, both in this process and by its clock.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
import uvloop
from bench import plans
from bench.figures import machine, percentile, row, row_head, say
from bench.payloads import ends_at
from bench.programs import Tocsin
from bench.sink import Prober, Sink, Times

from tocsin._core.clock import StoreClock
from tocsin._core.times import format_time

WARM_UP = 30
"""Alerts posted before those that count."""


async def measure(directory: Path, alerts: int, gap: float) -> tuple[list[Times], str]:
    """Times of so many alerts, with a gap in seconds between them; and the store that was measured with."""
    clock = StoreClock()
    async with Sink() as sink:
        with Tocsin(directory, plans.webhooks(directory / "rules", sink.port)) as tocsin:
            prober = await Prober.connect(sink, tocsin.port)
            times = []
            for number in range(-WARM_UP, alerts):
                now = clock.now()
                times.append(await prober.probe(number + WARM_UP, starts=format_time(now), ends=ends_at(now)))
                await clock.sleep(gap)
            prober.close()
            return times[WARM_UP:], tocsin.store_name()


@click.command(help=__doc__)
@click.option("--alerts", default=500, help="How many alerts to time.")
@click.option("--gap", default=0.02, help="Seconds between one alert's last webhook and the next alert.")
def main(alerts: int, gap: float) -> None:
    """Measure and print."""
    before = machine()
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as directory:
        times, store = uvloop.run(measure(Path(directory), alerts, gap))
    say(before)
    say(f"store     {store}")
    say(f"method    {alerts} alerts after {WARM_UP} to warm up, one at a time, {1000 * gap:g} ms apart; each opens a")
    say("          high incident with wait 0s, told to five groups on a webhook each; from the POST's first byte sent")
    say("")
    say(row_head("ms"))
    say(row("to the answer of the POST", [each.answered for each in times]))
    say(row("to the first byte of its webhook", [each.first for each in times]))
    say(row("to that of the last of the five", [each.last for each in times]))
    p50 = 1000 * percentile([each.first for each in times], 0.5)
    say(f"\none alert to its webhook: p50 {p50:.1f} ms ({'under' if p50 < 10 else 'NOT under'} 10 ms)")


if __name__ == "__main__":
    main()
