"""Plans to measure with, written as rule files."""

from __future__ import annotations

from pathlib import Path

GROUPS = ("command", "technical", "business", "legal", "data")

PROBE = "BenchProbeDown"
HOT = "BenchHot"
"""Names of alerts: both open high incidents with ``wait: 0s``, of which all five groups are told."""


def webhooks(directory: Path, port: int) -> Path:
    """Five groups with a webhook each on a port of this machine; every alert of the above names is high."""
    channels = "\n".join(f'  {name}-hook: {{type: webhook, url: "http://127.0.0.1:{port}/{name}"}}' for name in GROUPS)
    groups = "\n".join(f"  {name}: {{title: {name}, channels: [{name}-hook]}}" for name in GROUPS)
    return _write(
        directory,
        f"""
channels:
{channels}
groups:
{groups}
rules:
  - {{name: bench, match: ['alertname=~"{PROBE}|{HOT}"'], class: critical_function_outage, impact: wide}}
""",
    )


def console(directory: Path, rules: int = 50) -> Path:
    """All groups on the console, and some rules: alerts of a hundred services are one incident each, of three tiers."""
    groups = "\n".join(f"  {name}: {{title: {name}, channels: [console]}}" for name in GROUPS)
    impacts = ("wide", "partial", "narrow")
    lines = "\n".join(
        f"  - {{name: rule-{number}, match: ['alertname=~\"Alert{number}(Down|Slow)?\"', 'severity!=\"info\"'], "
        f"class: critical_function_outage, impact: {impacts[number % 3]}}}"
        for number in range(rules)
    )
    return _write(
        directory,
        f"""
channels:
  console: {{type: console}}
groups:
{groups}
rules:
{lines}
""",
    )


def _write(directory: Path, text: str) -> Path:
    directory.mkdir()
    (directory / "plan.yaml").write_text(text, encoding="utf-8")
    return directory
