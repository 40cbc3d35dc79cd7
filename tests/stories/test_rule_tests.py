"""Rules are tested beside themselves, without a service."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

from tests.support.service import SMALL_PLAN, tocsin, write_plan

WRONG = SMALL_PLAN.replace("tier: high, rto: 2h, vendor", "tier: low, rto: 2h, vendor")


def test_tests_that_hold(tmp_path: Path) -> None:
    """The small plan's own test holds: exit code 0."""
    ran = tocsin("test", "--rules", write_plan(tmp_path / "rules", SMALL_PLAN))
    assert (ran.returncode, ran.stdout) == (0, "1 tests, 0 failed\n")


def test_a_test_that_fails(tmp_path: Path) -> None:
    """Its place, expected against got, and the way; exit code 1; the same as JSON and as JUnit XML."""
    assert WRONG != SMALL_PLAN
    rules, report = write_plan(tmp_path / "rules", WRONG), tmp_path / "report.xml"
    ran = tocsin("test", "--rules", rules, "--junit", report)
    assert ran.returncode == 1
    assert "tier: expected low, got high" in ran.stdout
    assert "plan.yaml:" in ran.stdout.splitlines()[0]
    assert ElementTree.parse(report).getroot().get("failures") == "1"
    told = json.loads(tocsin("test", "--rules", rules, "--json").stdout)
    assert told["tests"][0]["mismatches"] == [{"part": "tier", "expected": "low", "got": "high"}]


def test_a_plan_without_tests(tmp_path: Path) -> None:
    """It says so, and is no failure; a plan that is not sound is one."""
    ran = tocsin("test", "--rules", write_plan(tmp_path / "none", SMALL_PLAN.partition("tests:")[0]))
    assert (ran.returncode, ran.stdout) == (0, "the plan has no tests\n")
    assert tocsin("test", "--rules", write_plan(tmp_path / "bad", "rules: [{nam: x}]")).returncode == 78
