"""What a source makes of a payload is shown step by step, before anything is live."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.stories.plans import with_rules
from tests.support.service import SRC, write_plan

SOURCE = """sources:
  tickets:
    type: mapping
    alerts: issues
    labels: {alertname: kind, service: component.name}
    status: {path: state, firing: [open], resolved: [closed]}
    starts_at: opened_at
    identity: key
"""
RULES = """  - {name: lab, match: ['alertname="Lab"'], drop: nobody works there}
  - {name: restore, match: ['source="tickets"'], class: quality_failure}
"""
ISSUE: dict[str, Any] = {
    "key": "T-17", "kind": "RestoreFailed", "component": {"name": "payments"}, "state": "open",
    "opened_at": "2026-12-05T01:00:00+08:00",
}  # fmt: skip


def explain(tmp_path: Path, payload: object, *words: str) -> subprocess.CompletedProcess[str]:
    """The command, with a payload on standard input."""
    rules = write_plan(tmp_path / "rules", with_rules(RULES, SOURCE))
    return subprocess.run(
        [sys.executable, "-m", "tocsin", "explain", "--rules", rules, *words],
        input=payload if isinstance(payload, str) else json.dumps(payload),
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8", "PYTHONPATH": str(SRC)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_step_is_shown(tmp_path: Path) -> None:
    """Each expression and what it gave, the alert, what makes it the same, and what the plan decides."""
    done = explain(tmp_path, {"issues": [ISSUE]}, "--source", "tickets")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[:8] == [
        "$.issues[0]",
        '  labels.alertname  kind            "RestoreFailed"',
        '  labels.service    component.name  "payments"',
        '  identity          key             "T-17"',
        '  status            state           "open"',
        '  starts_at         opened_at       "2026-12-05T01:00:00+08:00"',
        '  alert: firing since 2026-12-04T17:00:00.000Z, alertname="RestoreFailed", service="payments"',
        "  the same alert: what has the identity T-17",
    ]
    assert lines[8:10] == ["  rule      restore", "  class     quality_failure"]
    assert "  incident  subject=payments environment=prod location=" in lines


def test_a_rejected_alert_says_why(tmp_path: Path) -> None:
    """Beside the others, and the command fails; so it does for a payload of another shape, or for no JSON."""
    odd = ISSUE | {"state": "odd\u001b[2J", "kind": "Lab"}
    done = explain(tmp_path, {"issues": [odd, ISSUE | {"kind": "Lab"}]}, "--source", "tickets")
    assert done.returncode == 1
    assert "neither in `firing`" in done.stdout
    assert "dropped by rule lab: nobody works there" in done.stdout
    assert "\x1b" not in done.stdout
    done = explain(tmp_path, {"tickets": []}, "--source", "tickets")
    assert (done.returncode, done.stdout) == (1, "")
    assert "$.issues: `issues` finds no alert in this payload" in done.stderr
    assert explain(tmp_path, "{", "--source", "tickets").returncode == 1


def test_the_same_for_programs(tmp_path: Path) -> None:
    """JSON; sources of other types have alerts and no steps."""
    done = explain(tmp_path, {"issues": [ISSUE]}, "--source", "tickets", "--json", "--at", "2026-12-05T00:00:00Z")
    (item,) = json.loads(done.stdout)["alerts"]
    assert item["steps"][1] == {"field": "labels.service", "expression": "component.name", "value": "payments"}
    assert (item["alert"]["identity"], item["alert"]["status"]) == (["T-17"], "firing")
    assert (item["decision"]["rule"], item["decision"]["class"]) == ("restore", "quality_failure")
    done = explain(tmp_path, [{"labels": {"alertname": "A"}}, 5], "--source", "prometheus", "--json")
    good, bad = json.loads(done.stdout)["alerts"]
    assert (good["alert"]["labels"], good["steps"]) == ({"alertname": "A"}, [])
    assert "expected an object" in bad["error"]


def test_wrong_use_is_told(tmp_path: Path) -> None:
    """A source that is not there, a time that is none."""
    done = explain(tmp_path, {}, "--source", "jra")
    assert (done.returncode, "it has alertmanager, prometheus, tickets" in done.stderr) == (2, True)
    assert explain(tmp_path, {}, "--source", "tickets", "--at", "noon").returncode == 2
