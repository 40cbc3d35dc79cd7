"""Whatever lies in the plan's directory, the answer is a plan or problems: never a traceback, never much memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests._plan.test_json_schema import VALIDATOR
from tests._plan.written import SHIPPED, SMALL

from tocsin._core.problems import Problem
from tocsin._plan import files
from tocsin.plan import check

FILES = [
    yaml.safe_load(path.read_text(encoding="utf-8")) for path in [*sorted(SHIPPED.glob("*.yaml")), SMALL / "plan.yaml"]
]
WRONG: list[Any] = [None, True, 0, -1, 1.5, "", "x", "a=b", "5m", "{", [], ["x"], {}, {"env": "X"}, {"x": {"y": []}}]
MEMORY = 250 << 20
"""Bytes that checking any one plan may take at most, the program itself included (told where there is /proc)."""


def told(data: bytes) -> tuple[list[Problem], object]:
    """What is said of a plan of one file with these bytes."""
    with TemporaryDirectory() as directory:
        (Path(directory) / "plan.yaml").write_bytes(data)
        return check(Path(directory), {})


def places(node: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The places of all values in a document."""
    found = [at]
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in inner:
        found += places(value, (*at, key))
    return found


def changed(node: Any, at: tuple[Any, ...], how: str, value: Any) -> Any:
    """A copy in which the value of one place is gone, there twice, or another."""
    if not at:
        return value
    first, rest = at[0], at[1:]
    copy = dict(node) if isinstance(node, dict) else list(node)
    if rest or how == "replace":
        copy[first] = changed(node[first], rest, how, value)
    elif how == "delete":
        del copy[first]
    elif isinstance(copy, list):
        copy.insert(first, copy[first])
    else:
        copy[f"{first} again"] = copy[first]
    return copy


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=300) | st.text(st.sampled_from("a:-[]{}&*!|>'\"\n \t#,?%@`é"), max_size=80).map(str.encode))
def test_any_bytes_are_a_plan_or_problems(data: bytes) -> None:
    """Not UTF-8, not YAML, not a mapping: each is told with its file."""
    problems, plan = told(data)
    assert (plan is None) == any(not problem.warning for problem in problems)
    assert all(problem.file and problem.message for problem in problems)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_change_of_sound_rules_is_a_plan_or_problems(data: st.DataObject) -> None:
    """Values gone, there twice or of a wrong kind, in the shipped rules: told; and what loads fits the schema."""
    document = data.draw(st.sampled_from(FILES))
    for _ in range(data.draw(st.integers(1, 2))):
        at = data.draw(st.sampled_from(places(document)[1:] or [()]))
        how = data.draw(st.sampled_from(["delete", "double", "replace"]))
        document = changed(document, at, how, data.draw(st.sampled_from(WRONG)))
        if not isinstance(document, dict):
            break
    problems, plan = told(yaml.safe_dump(document, allow_unicode=True).encode())
    assert (plan is None) == any(not problem.warning for problem in problems)
    if plan is not None and isinstance(document, dict):
        assert not [error.message for error in VALIDATOR.iter_errors(document)]


def bomb() -> bytes:
    """Ten aliases of ten aliases, and so on: a thousand million values in a few lines."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 9)]
    return "\n".join(lines).encode()


HARMFUL = {
    "not UTF-8": (b"rules: []\nx: \xff\xfe", "not UTF-8"),
    "50 MB": (b"# " + b"x" * (50 << 20), "is larger than"),
    "many values": (b"rules:\n" + b"- {name: a}\n" * 300_000, "more than"),
    "deep in flow": (b"a: " + b"[" * 1_000_000, "nested deeper"),
    "deep in blocks": ("\n".join(" " * depth + "a:" for depth in range(2_000)).encode(), "nested deeper"),
    "a bomb of aliases": (bomb(), "more than"),
    "one long line": (b"language: " + b"x" * (4 << 20), "is not one of"),
    "unknown keys": (b"".join(b"k%d: 1\n" % number for number in range(100_000)), "unknown key"),
    "UTF-16": ("language: en".encode("utf-16"), "not UTF-8"),
    "zeros": (b"\0" * 100_000, "control character"),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_a_harmful_file_costs_little(tmp_path: Path, name: str) -> None:
    """In a process with little memory: a problem that says what is wrong, on the file, within seconds."""
    data, said = HARMFUL[name]
    (tmp_path / "plan.yaml").write_bytes(data)
    code = (
        "import re, sys; from pathlib import Path; from tocsin.plan import check\n"
        "problems, plan = check(Path(sys.argv[1]), {})\n"
        "status = Path('/proc/self/status')\n"
        "most = re.search(r'VmHWM:\\s*(\\d+) kB', status.read_text()) if status.exists() else None\n"
        "print(plan is None, int(most[1]) * 1024 if most else 0, *problems, sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    refused, memory, *problems = done.stdout.splitlines()
    assert refused == "True"
    assert said in "\n".join(problems)
    assert "plan.yaml" in problems[0]
    assert int(memory) < MEMORY


def test_a_file_that_vanishes_while_it_is_read_is_a_problem(tmp_path: Path) -> None:
    """Named by the directory, and gone when it is to be opened."""
    (tmp_path / "a.yaml").write_text("language: en", encoding="utf-8")

    class Vanishing(type(tmp_path)):  # type: ignore[misc]
        """A directory that still names a file that is gone."""

        def iterdir(self) -> Any:
            yield self / "a.yaml"
            yield self / "gone.yaml"

    found, problems = files.read_files(Vanishing(tmp_path))
    assert [file.name for file in found] == ["a.yaml"]
    assert [Path(problem.file).name for problem in problems] == ["gone.yaml"]
    assert "vanished while it was read" in problems[0].message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_a_problem(tmp_path: Path) -> None:
    """With the words of the operating system."""
    (tmp_path / "a.yaml").write_text("language: en", encoding="utf-8")
    (tmp_path / "a.yaml").chmod(0)
    problems, plan = check(tmp_path, {})
    assert plan is None
    assert "cannot be read" in problems[0].message
