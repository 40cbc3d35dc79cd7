"""What commands print, one text file a case: the rule file, the command, its exit code, and what it prints.

A case is ``tests/cli/*.txt``: parts that begin with a line ``-- NAME --``. ``plan.yaml`` is the rule file, ``run`` the
command's words (in the directory of the plan), ``exit`` its code, ``stdout`` and ``stderr`` what it prints. ``<hash>``
stands for a plan's hash.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from tests.support.service import tocsin

CASES = sorted(Path(__file__).parent.glob("*.txt"))
_PART = re.compile(r"^-- (\S+) --\n", re.MULTILINE)
_HASH = re.compile(r"\bplan [0-9a-f]{12}\b")


def parts(text: str) -> dict[str, str]:
    """A case's parts by name."""
    pieces = _PART.split(text)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


@pytest.mark.parametrize("case", CASES, ids=[case.stem for case in CASES])
def test_case(case: Path, tmp_path: Path) -> None:
    """The command does and prints what its file says."""
    told = parts(case.read_text(encoding="utf-8"))
    rules = tmp_path / "rules"
    rules.mkdir()
    for name in (name for name in told if name.endswith(".yaml")):
        (rules / name).write_text(told[name], encoding="utf-8")

    ran = tocsin(*shlex.split(told["run"].replace("RULES", str(rules))))

    printed = {"stdout": ran.stdout, "stderr": ran.stderr}
    for name, text in printed.items():
        shown = _HASH.sub("plan <hash>", text.replace(f"{rules}/", "").replace(str(rules), "rules"))
        assert shown.strip() == told.get(name, "").strip(), name
    assert ran.returncode == int(told["exit"])


def test_there_are_cases() -> None:
    """The files are found."""
    assert len(CASES) >= 5
