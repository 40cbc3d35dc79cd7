"""Figures and where they were measured: percentiles, tables, and the machine in a few lines."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import click

PACKAGES = ("aiohttp", "uvloop", "msgspec", "redis", "hiredis", "google-re2")


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share (0 to 1) of the values lie: the nearest one that was measured."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]


def row(name: str, seconds: Sequence[float]) -> str:
    """A line of percentiles in milliseconds."""
    shown = [percentile(seconds, share) for share in (0.5, 0.9, 0.99)]
    figures = "".join(f"{1000 * value:9.2f}" for value in (*shown, max(seconds)))
    return f"{name:<34}{figures}"


def row_head(unit: str = "ms") -> str:
    """The line above such lines."""
    return f"{unit:<34}{'p50':>9}{'p90':>9}{'p99':>9}{'max':>9}"


def say(text: str = "") -> None:
    """Print a line at once, also into a pipe."""
    click.echo(text)


def machine(store: str = "") -> str:
    """What this was measured on. The load average tells whether the machine was idle."""
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    lines = [
        f"machine   {_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
        f"          load average over 1, 5 and 15 minutes: {load}",
        f"software  Python {platform.python_version()}, {packages}",
    ]
    if store:
        lines.append(f"store     {store}")
    return "\n".join(lines)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
