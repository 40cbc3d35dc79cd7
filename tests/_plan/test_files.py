"""The directory of a plan: which files count, and the plan's hash."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from tests._plan.written import plan_of, problems_of, write

from tocsin._core.errors import PlanError
from tocsin._plan import files
from tocsin.plan import check, load


def test_lexical_order_decides_which_rule_is_first(tmp_path: Path) -> None:
    """Rules follow each other in the order of the files' names."""
    plan = plan_of(tmp_path, {"20-b.yaml": "rules: [{name: b}]", "10-a.yaml": "rules: [{name: a}, {name: c}]"})
    assert [rule.name for rule in plan.rules] == ["a", "c", "b"]
    assert plan.rules[2].place == f"{tmp_path}/20-b.yaml:1"


def test_links_to_files_are_read_as_kubernetes_mounts_them(tmp_path: Path) -> None:
    """A mounted ConfigMap (links into a hidden directory) is read; hidden files are left alone."""
    inner = tmp_path / "..2026"
    inner.mkdir()
    (inner / "plan.yaml").write_text("language: zh", encoding="utf-8")
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "plan.yaml").symlink_to("..data/plan.yaml")
    (tmp_path / ".#plan.yaml").symlink_to("nobody@nowhere")
    assert load(tmp_path, environment={}).language == "zh"


def test_what_cannot_be_read_is_a_problem_each(tmp_path: Path) -> None:
    """A directory, a dangling link, a pipe, what is not UTF-8 and what is too large are told, each with its way out."""
    (tmp_path / "a.yaml").mkdir()
    (tmp_path / "b.yaml").symlink_to("nowhere")
    os.mkfifo(tmp_path / "c.yaml")
    (tmp_path / "d.yaml").write_bytes(b"language: en\nx: \xff")
    (tmp_path / "e.yaml").write_bytes(b"#" * (files.MAX_FILE + 1))
    (tmp_path / "f.yaml").write_text("language: en", encoding="utf-8")
    with pytest.raises(PlanError) as caught:
        load(tmp_path, environment={})
    told = {Path(problem.file).name: str(problem) for problem in caught.value.problems}
    assert sorted(told) == ["a.yaml", "b.yaml", "c.yaml", "d.yaml", "e.yaml"]
    assert "is a directory" in told["a.yaml"] and "points to nothing" in told["b.yaml"]
    assert "no regular file" in told["c.yaml"] and "larger than" in told["e.yaml"]
    assert told["d.yaml"] == f"{tmp_path}/d.yaml:2:4: not UTF-8 text; save the file as UTF-8"


def test_a_plan_needs_a_directory_with_files(tmp_path: Path) -> None:
    """No directory, a file in its place, and none of its files ending in .yaml are each told."""
    (tmp_path / "rules.yml").write_text("", encoding="utf-8")
    for place, said in ((tmp_path / "no", "no such"), (tmp_path / "rules.yml", "no directory"), (tmp_path, "no *.y")):
        with pytest.raises(PlanError, match=said.replace("*", r"\*")):
            load(place, environment={})
    problems, plan = check(tmp_path, {})
    assert plan is None
    assert [(problem.warning, "rename it" in problem.message) for problem in problems] == [(False, False), (True, True)]


def test_an_empty_plan_is_a_whole_plan(tmp_path: Path) -> None:
    """One empty file is enough: everything has its default, and the groups are told on the console."""
    plan = plan_of(tmp_path, "")
    assert list(plan.groups) == ["command", "technical", "business", "legal", "data"]
    assert {group.channels for group in plan.groups.values()} == {("console",)}
    assert [(channel.name, channel.type) for channel in plan.channels.values()] == [("console", "console")]


def test_the_hash_is_over_names_and_bytes(tmp_path: Path) -> None:
    """SHA-256 over each file's name and bytes, both with their length before them, sorted by name; 12 digits."""
    plan = plan_of(tmp_path, {"b.yaml": "language: en", "a.yaml": ""})
    framed = b"".join(len(part).to_bytes(8, "big") + part for part in (b"a.yaml", b"", b"b.yaml", b"language: en"))
    assert plan.hash == hashlib.sha256(framed).hexdigest()[:12]
    assert plan_of(tmp_path, {"a.yaml": "#"}).hash != plan.hash


def test_a_byte_order_mark_and_windows_lines_are_taken(tmp_path: Path) -> None:
    """What an editor on Windows saves is read, and places are right in it."""
    (tmp_path / "a.yaml").write_bytes("\ufefflanguage: en\r\nlanguag: zh\r\n".encode())
    problems = problems_of(tmp_path, {})
    assert [(problem.line, problem.column, problem.source) for problem in problems] == [(2, 1, "languag: zh")]


def test_all_files_together_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many files that are each small enough still have a limit together."""
    monkeypatch.setattr(files, "MAX_PLAN", 30)
    write(tmp_path, {"a.yaml": "#" * 20, "b.yaml": "#" * 20})
    found, problems = files.read_files(tmp_path)
    assert [file.name for file in found] == ["a.yaml"]
    assert "together" in problems[0].message
