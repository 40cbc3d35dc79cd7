"""How many alerts a second are taken in, beside Alertmanager: ``python -m bench.intake``.

The same load, from a process of its own over loopback, goes to a real ``tocsin serve`` with its private store and to
the ``prometheus-alertmanager`` on PATH, in turn, each freshly started for each size of bodies. *New* alerts are all
different; *repeated* ones fire already and come again with a later ``endsAt``, as a Prometheus sends them every minute.
Tocsin answers once an alert is stored; Alertmanager keeps alerts in memory and tells nobody here.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import click
from bench import plans
from bench.figures import machine, percentile, say
from bench.load import Order, Result, finish, start
from bench.programs import Alertmanager, Tocsin

SIZES = (1, 8, 64)
FIRING = 6_400
"""Distinct alerts that fire while they are repeated."""

MOST = 400_000
"""Alerts of one run at most, whatever its time."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run: what the load measured, and the processor time (microseconds an alert) of the service and its store."""

    result: Result
    own: float
    store: float

    def line(self, name: str) -> str:
        """The run as a line of the table."""
        p50, p99 = (1000 * percentile(self.result.times, share) for share in (0.5, 0.99))
        return f"{name:<22}{self.result.rate:>10,.0f}{p50:>9.1f}{p99:>9.1f}{self.own:>12.1f}{self.store:>10.1f}"


def load(program: Tocsin | Alertmanager, size: int, seconds: float, *, repeated: bool) -> Run:
    """One run against a program that runs. Raises ``SystemExit`` if it did not take in all that was posted."""
    first, distinct = (0, FIRING) if repeated else (FIRING, MOST)
    before, (own, store) = program.received(), program.processor_seconds()
    order = Order(port=program.port, per_request=size, first=first, distinct=distinct, most=MOST, seconds=seconds)
    result = finish(start(order))
    after, (own_after, store_after) = program.received(), program.processor_seconds()
    if after - before != result.alerts:
        raise SystemExit(f"{program.name} counted {after - before} alerts of {result.alerts}")
    each = 1e6 / result.alerts
    return Run(result=result, own=(own_after - own) * each, store=(store_after - store) * each)


def both_ways(program: Tocsin | Alertmanager, size: int, seconds: float) -> tuple[Run, Run]:
    """New alerts, then repeated ones, which were posted once before."""
    with program:
        finish(start(Order(port=program.port, per_request=64, distinct=FIRING, most=FIRING, seconds=60)))
        known = program.repeated() if isinstance(program, Tocsin) else 0
        new = load(program, size, seconds, repeated=False)
        if isinstance(program, Tocsin) and program.repeated() != known:
            raise SystemExit("alerts that were new were taken for repeated ones")
        repeated = load(program, size, seconds, repeated=True)
        if isinstance(program, Tocsin) and program.repeated() - known != repeated.result.alerts:
            raise SystemExit("alerts that were repeated were taken for new ones")
        return new, repeated


def compare(size: int, seconds: float, *, rival: bool) -> None:
    """Both programs with bodies of one size, and a line for each run."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        directory = Path(name)
        ours = both_ways(Tocsin(directory, plans.console(directory / "rules")), size, seconds)
        theirs = both_ways(Alertmanager(directory), size, seconds) if rival else None
    for place, kind in enumerate(("new", "repeated")):
        say(ours[place].line(f"{size:>2} a body, {kind}"))
        if theirs:
            say(theirs[place].line("      alertmanager"))
            say(f"{'      ratio':<22}{ours[place].result.rate / theirs[place].result.rate:>10.2f}")


def store_name() -> str:
    """What the private store is on this machine."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        directory = Path(name)
        with Tocsin(directory, plans.console(directory / "rules")) as tocsin:
            return tocsin.store_name()


@click.command(help=__doc__)
@click.option("--seconds", default=5.0, help="Length of each run.")
@click.option("--size", "sizes", multiple=True, type=int, help="Alerts in a body; may be given several times.")
def main(seconds: float, sizes: tuple[int, ...]) -> None:
    """Measure and print."""
    rival = Alertmanager.there()
    say(machine(store_name()))
    say(f"beside    {Alertmanager.version() if rival else 'nothing: prometheus-alertmanager is not on PATH'}")
    say(f"method    32 connections, {seconds:g} s a run, not pinned to cores, 8 labels, 100 services, 50 rules")
    say("          times are of whole requests; processor time is of the service and its store, for an alert\n")
    say(f"{'':<22}{'alerts/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'own µs':>12}{'store µs':>10}")
    for size in sizes or SIZES:
        compare(size, seconds, rival=rival)


if __name__ == "__main__":
    main()
