"""The documents do not lie: what they name exists."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import click
import pytest

from tocsin import __version__
from tocsin.cli import main

ROOT = Path(__file__).parent.parent
FOLDERS = ("src", "rules", "tests", "helm", "bench", "docs", ".ci", "requirements")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_TARGET = re.compile(r"^([a-z]+):", re.MULTILINE)


def prose(document: Path) -> str:
    """A document without its fenced blocks: what those hold belongs to the reader's machine, not to this tree."""
    return _FENCE.sub("", document.read_text(encoding="utf-8"))


def named_paths(text: str) -> list[str]:
    """What is written as code and looks like a path of this repository, without a line number behind it."""
    codes = [code.split(":")[0].rstrip("/") for code in _CODE.findall(text)]
    return [code for code in codes if re.fullmatch(r"[\w./*-]+", code) and looks_like_ours(code)]


def looks_like_ours(code: str) -> bool:
    """Below one of our folders, or a lone file name of a kind that only we have here."""
    if "/" in code:
        return code.split("/", maxsplit=1)[0] in FOLDERS
    return code in {"Makefile", "pyproject.toml"} or code.endswith((".py", ".lua", ".md"))


def exists(code: str) -> bool:
    """Whether a path is there; one with a star must match something, a lone name may lie anywhere."""
    if "*" in code:
        return any(ROOT.glob(code))
    if "/" in code:
        return (ROOT / code).exists()
    return (ROOT / code).exists() or any(any((ROOT / folder).rglob(code)) for folder in FOLDERS)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.relative_to(ROOT).as_posix())
def test_named_paths_exist(document: Path) -> None:
    """Every path of this repository that a document names is there, and so is every file that it links to."""
    text = prose(document)
    links = [link.split("#")[0] for link in _LINK.findall(text) if "://" not in link and not link.startswith("#")]
    missing = [code for code in named_paths(text) if not exists(code)]
    missing += [link for link in links if not (document.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.relative_to(ROOT).as_posix())
def test_named_make_targets_exist(document: Path) -> None:
    """Every ``make something`` that a document tells its reader to run is a target of the Makefile."""
    targets = set(_TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))
    told = re.findall(r"(?:^|`|\$ )make ([a-z]+)", document.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(told) <= targets


def test_the_check_itself_finds_what_is_missing() -> None:
    """A path that is not there is found, one that is there passes, and what is no path of ours is left alone."""
    text = "`src/tocsin/gone.py` `src/tocsin/__init__.py:3` `tests/*.nothing` `no_such.py` `rules:` `a/b` `make test`"
    assert [code for code in named_paths(text) if not exists(code)] == [
        "src/tocsin/gone.py",
        "tests/*.nothing",
        "no_such.py",
    ]


def test_the_changelog_is_in_order() -> None:
    """Unreleased first, then versions from the newest with their day, each with at least one whole sentence."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    heads = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert heads[0] == "Unreleased"
    released = [re.fullmatch(r"(\d+)\.(\d+)\.(\d+) - \d{4}-\d{2}-\d{2}", head) for head in heads[1:]]
    versions = [tuple(int(part) for part in found.groups()) for found in released if found is not None]
    assert len(versions) == len(released), heads
    assert all(newer > older for newer, older in pairwise(versions))
    for head, section in zip(heads, re.split(r"^## .+$", text, flags=re.MULTILINE)[1:], strict=True):
        entries = re.split(r"^- ", section, flags=re.MULTILINE)[1:]
        assert entries or head == "Unreleased", head
        assert all(entry.strip().endswith((".", ")")) for entry in entries), entries


def test_the_version_is_one() -> None:
    """The package and its metadata name the same version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == __version__


def test_decisions_are_numbered_and_say_what_was_rejected() -> None:
    """Decision records are numbered without a gap, and each has its title, the decision and what was rejected."""
    records = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [record.name[:5] for record in records] == [f"{number:04d}-" for number in range(1, len(records) + 1)]
    for record in records:
        text = record.read_text(encoding="utf-8")
        assert text.startswith(f"# {int(record.name[:4])}. "), record.name
        assert {"## Decision", "## Rejected"} <= set(re.findall(r"^## .+$", text, re.MULTILINE)), record.name


def options_of(command: click.Command, path: str) -> Iterator[tuple[str, str]]:
    """Every option of a command and those below it, with the words that lead to the command."""
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from options_of(below, f"{path} {name}")
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            yield path, max(parameter.opts, key=len)


def test_every_command_and_flag_is_documented() -> None:
    """docs/operations.md names every command, and every flag of the service."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    found = set(options_of(main, "tocsin"))
    assert {flag for path, flag in found if path == "tocsin serve" and f"`{flag}" not in page} == set()
    assert {path for path, _ in found if f"`{path}" not in page} == set()
