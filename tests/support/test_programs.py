"""Tests that need programs of other projects: skipped or failed, never passed over in silence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.programs import missing

PROBE = """
import pytest

@pytest.mark.programs("a-program-that-nobody-has")
def test_probe():
    "Needs what is not there."
"""


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    """Only programs that are not there are named."""
    program = tmp_path / "here"
    program.write_text("")
    program.chmod(0o755)
    assert missing(["here"], str(tmp_path)) == ""
    assert missing(["here", "one", "two"], str(tmp_path)) == "not on PATH: one, two"


@pytest.mark.parametrize(("required", "outcome"), [("0", "1 skipped"), ("1", "1 error")])
def test_a_missing_program_skips_or_fails(tmp_path: Path, required: str, outcome: str) -> None:
    """By default a test whose program is missing is skipped; where all programs are required, it fails."""
    root = Path(__file__).parent.parent
    (tmp_path / "test_probe.py").write_text(PROBE)
    run = subprocess.run(
        [
            *("env", f"TOCSIN_REQUIRE_PROGRAMS={required}", f"PYTHONPATH={root.parent}:{root.parent / 'src'}"),
            *(sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider"),
            *("-c", root.parent / "pyproject.toml", "--rootdir", tmp_path, tmp_path / "test_probe.py"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome in run.stdout, run.stdout + run.stderr
    assert "not on PATH: a-program-that-nobody-has" in run.stdout
