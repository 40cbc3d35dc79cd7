"""Rule files that are not sound are said to be so, all at once and with their places, before they do harm."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.support.service import SMALL_PLAN, tocsin, write_plan

BROKEN = (
    SMALL_PLAN.replace("rto: 4h,", "rto: four hours,")
    .replace("[data-hook]", "[data-hok]")
    .replace("impact: wide", "impakt: wide")
)


def test_a_sound_plan(tmp_path: Path) -> None:
    """The small plan of the documentation is sound as it stands."""
    rules = write_plan(tmp_path / "rules", SMALL_PLAN)

    checked = tocsin("check", "--rules", rules)

    assert checked.returncode == 0, checked.stderr
    assert "sound" in checked.stdout


def test_all_problems_at_once_with_their_places(tmp_path: Path) -> None:
    """Three mistakes, three problems: each with file, line and column, the words underlined, and exit code 78."""
    rules = write_plan(tmp_path / "rules", BROKEN)

    checked = tocsin("check", "--rules", rules)

    assert checked.returncode == 78
    assert "3 errors" in checked.stderr
    lines = BROKEN.splitlines()
    for words in ("four hours", "data-hok]", "impakt"):
        line, column = next((n, text.index(words)) for n, text in enumerate(lines, 1) if words in text)
        assert f"plan.yaml:{line}:{column + 1}" in checked.stderr
    assert "^" in checked.stderr


def test_problems_for_programs(tmp_path: Path) -> None:
    """``--json`` says the same to an editor."""
    rules = write_plan(tmp_path / "rules", BROKEN)

    checked = tocsin("check", "--rules", rules, "--json")

    assert checked.returncode == 78
    answer = json.loads(checked.stdout)
    assert answer["sound"] is False
    assert len([problem for problem in answer["problems"] if not problem["warning"]]) == 3
    assert {problem["file"] for problem in answer["problems"]} == {str(rules / "plan.yaml")}
    assert all(problem["line"] and problem["column"] and problem["message"] for problem in answer["problems"])


def test_a_service_does_not_start_on_a_broken_plan(tmp_path: Path) -> None:
    """``serve`` says the same and ends with 78 too, before it has touched its data."""
    rules = write_plan(tmp_path / "rules", BROKEN)

    served = tocsin("serve", "--rules", rules, "--data-dir", tmp_path / "data", "--listen", "127.0.0.1:0")

    assert served.returncode == 78
    assert "3 errors" in served.stderr
    assert not (tmp_path / "data").exists()


def test_a_secret_that_is_not_set(tmp_path: Path) -> None:
    """Where files are checked, secrets may be missing: a warning. Where they are needed, an error."""
    url = '"http://127.0.0.1:9900/data"'
    rules = write_plan(tmp_path / "rules", SMALL_PLAN.replace(url, "{env: DATA_HOOK_URL}"))

    checked = tocsin("check", "--rules", rules)
    strictly = tocsin("check", "--rules", rules, "--deny-warnings")
    served = tocsin("serve", "--rules", rules, "--data-dir", tmp_path / "data", "--listen", "127.0.0.1:0")

    assert checked.returncode == 0
    assert "DATA_HOOK_URL is not set" in checked.stderr
    assert "sound" in checked.stdout
    assert strictly.returncode == 78
    assert served.returncode == 78
    assert "DATA_HOOK_URL" in served.stderr


def test_the_shipped_rules_are_sound() -> None:
    """Without ``--rules``, the plan that comes with Tocsin is checked."""
    checked = tocsin("check")

    assert checked.returncode == 0, checked.stderr


def test_an_editor_gets_a_schema() -> None:
    """``tocsin schema`` prints a JSON Schema, for a file beside the rules."""
    printed = tocsin("schema")

    assert printed.returncode == 0, printed.stderr
    assert "rules" in json.loads(printed.stdout)["properties"]


def test_the_version() -> None:
    """One line."""
    assert re.fullmatch(r"tocsin \d+\.\d+\.\d+\n", tocsin("version").stdout)
