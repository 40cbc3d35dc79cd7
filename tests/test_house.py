"""The rules of the house, as tests: small rooms, imports one way, nothing broad, nothing vague, nothing left open.

Each list of exceptions may only shrink; what is in it and no longer needs to be fails the test too.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src"

FILE_LINES = {"src": 300, "tests": 500, "bench": 300}
FUNCTION_LINES = 50
POSITIONAL = 5
PIPELINE_LINES = 120

LONG_FILES: dict[str, int] = {}
"""Files over the limit, and how long each may be."""

LONG_FUNCTIONS: dict[str, int] = {}
"""``path:qualified.name`` of functions over the limit, and how long each may be."""

MANY_ARGUMENTS: dict[str, int] = {}
"""``path:qualified.name`` of functions with more positional arguments, and how many."""

WORKER_LOOPS = frozenset(
    {
        "src/tocsin/accept/guard.py",
        "src/tocsin/incident/loop.py",
        "src/tocsin/reload.py",
        "src/tocsin/retention/loop.py",
        "src/tocsin/send/carry.py",
        "src/tocsin/send/trying.py",
    }
)
"""Files with a loop that must outlive any error of one turn: it alone may catch all, counts it and logs it."""

ENVIRONMENT_AND_TIME = {"src/tocsin/_core/clock.py", "src/tocsin/app.py", "tests/**/conftest.py"}
"""The named edges, which may read the environment and the time of the machine."""

RULES = {"BLE001", "PLW0603", "RUF006", "TID251", "PLR0917"}
BANNED = {
    "unittest.mock",
    "os.environ",
    "os.getenv",
    "time.time",
    "datetime.datetime.now",
    "asyncio.sleep",
    "time.sleep",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def python_files() -> tuple[Path, ...]:
    """All our Python files."""
    return tuple(sorted(path for folder in FILE_LINES for path in (ROOT / folder).rglob("*.py")))


@cache
def text_files() -> tuple[Path, ...]:
    """All files that we write by hand, whatever their kind."""
    folders = ("src", "tests", "bench", "rules", "docs", "helm", ".ci", "requirements")
    loose = [path for path in ROOT.iterdir() if path.is_file() and path.name != ".git"]
    found = [*loose, *(path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file())]
    return tuple(sorted(path for path in found if not {"__pycache__", "charts"} & set(path.parts)))


@cache
def tree(path: Path) -> ast.Module:
    """A file, parsed."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def name_of(path: Path) -> str:
    """A file's path as it is written here."""
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[tuple[str, Function, bool]]:
    """All functions of a file with their qualified name, and whether they are a method."""

    def walk(node: ast.AST, prefix: str, in_class: bool) -> Iterator[tuple[str, Function, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, Function):
                yield f"{name_of(path)}:{prefix}{child.name}", child, in_class
                yield from walk(child, f"{prefix}{child.name}.", False)
            elif isinstance(child, ast.ClassDef):
                yield from walk(child, f"{prefix}{child.name}.", True)
            else:
                yield from walk(child, prefix, in_class)

    yield from walk(tree(path), "", False)


def over(found: dict[str, int], limit: int, exceptions: dict[str, int]) -> list[str]:
    """What is over its limit, and exceptions that have become needless or too generous."""
    wrong = [f"{name}: {size}, at most {limit}" for name, size in found.items() if size > exceptions.get(name, limit)]
    loose = [f"{name}: the exception can shrink" for name, size in exceptions.items() if found.get(name, 0) < size]
    return wrong + loose


def settings() -> dict[str, Any]:
    """pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_files_are_short() -> None:
    """A file fits a head: its limit, or the exception it was granted; the pipeline fits a screen."""
    sizes = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in python_files()}
    for folder, limit in FILE_LINES.items():
        part = {name: size for name, size in sizes.items() if name.startswith(f"{folder}/")}
        assert not over(part, limit, {name: size for name, size in LONG_FILES.items() if name in part})
    assert set(LONG_FILES) <= set(sizes)
    assert sizes.get("src/tocsin/pipeline.py", 0) <= PIPELINE_LINES


def test_functions_are_short() -> None:
    """A function fits a screen."""
    sizes = {
        name: (function.end_lineno or 0) - function.lineno + 1
        for path in python_files()
        for name, function, _ in functions(path)
    }
    assert not over(sizes, FUNCTION_LINES, LONG_FUNCTIONS)


def test_functions_have_few_positional_arguments() -> None:
    """What takes many values takes them by name."""
    counts = {
        name: len(function.args.posonlyargs) + len(function.args.args) - method
        for path in python_files()
        for name, function, method in functions(path)
    }
    assert not over(counts, POSITIONAL, MANY_ARGUMENTS)


def test_deciding_is_apart_from_doing() -> None:
    """What decides is synchronous: no ``async`` and no ``await`` in a file called decide.py."""
    waiting = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)
    wrong = [
        f"{name_of(path)}:{node.lineno}"
        for path in python_files()
        if path.name == "decide.py"
        for node in ast.walk(tree(path))
        if isinstance(node, waiting)
    ]
    assert not wrong


def test_names_say_something() -> None:
    """No file, folder or class whose name says nothing about what is in it."""
    vague_files = {"utils", "util", "helpers", "helper", "common", "misc"}
    vague_class = re.compile(r"\w(Manager|Helper|Service|Utils)$")
    files = [name_of(path) for path in python_files() if vague_files & {*path.relative_to(ROOT).parts, path.stem}]
    classes = [
        f"{name_of(path)}: {node.name}"
        for path in python_files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef) and vague_class.search(node.name)
    ]
    assert not files + classes


def test_every_test_says_what_it_proves() -> None:
    """A docstring on every test."""
    silent = [
        name
        for path in python_files()
        if path.name.startswith("test_")
        for name, function, _ in functions(path)
        if function.name.startswith("test_") and not ast.get_docstring(function)
    ]
    assert not silent


def documented(node: ast.AST, name: str) -> Iterator[str]:
    """The public modules, classes and functions in ``node`` that have no docstring."""
    if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        if not ast.get_docstring(node):
            yield name
        if isinstance(node, Function):
            return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and child.name[0] != "_":
            yield from documented(child, f"{name}:{child.name}")


def test_all_that_is_public_is_explained() -> None:
    """A docstring on every module, and on every public class, function and method, of the product."""
    silent = [name for path in python_files() if SRC in path.parents for name in documented(tree(path), name_of(path))]
    assert not silent


def test_imports_go_one_way() -> None:
    """The import contract holds."""
    run = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache", "--config", ROOT / "pyproject.toml"],
        cwd=SRC,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_linter_knows_the_rules() -> None:
    """The rules that stand for gates are on, all bans are there, and no file but the named edges is let off them."""
    ruff = settings()["tool"]["ruff"]["lint"]
    for rule in RULES:
        assert any(rule.startswith(chosen) for chosen in ruff["select"]), rule
        assert not any(rule.startswith(ignored) for ignored in ruff["ignore"]), rule
    assert set(ruff["flake8-tidy-imports"]["banned-api"]) >= BANNED
    assert ruff["pylint"]["max-positional-args"] == POSITIONAL
    for files, ignored in ruff["per-file-ignores"].items():
        assert files in ENVIRONMENT_AND_TIME or not RULES & set(ignored), files
    assert settings()["tool"]["mypy"]["strict"] is True
    assert settings()["tool"]["pytest"]["ini_options"]["filterwarnings"] == ["error"]


def test_the_makefile_checks() -> None:
    """``make check`` runs the linter, the formatter, the types and the import contract; CI runs it and the tests."""
    makefile, ci = (ROOT / "Makefile").read_text(), (ROOT / ".ci" / "run").read_text()
    for program in ("ruff check .", "ruff format --check .", "mypy", "lint-imports"):
        assert f"$(BIN)/{program}" in makefile
    assert re.search(r"^make check\b", ci, re.MULTILINE)
    assert re.search(r"^make test\b", ci, re.MULTILINE)


def test_no_gate_is_switched_off_in_a_line() -> None:
    """No comment excuses a line from a gate, but a broad ``except`` in a named worker loop, nor from the types."""
    excuse = re.compile(r"#\s*(?:noqa|ruff:\s*noqa)(?::\s*(?P<rules>[A-Z0-9, ]+))?")
    wrong = []
    for path in python_files():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            found = excuse.search(line)
            if found is None or path == Path(__file__):
                continue
            rules = set(re.findall(r"[A-Z]+\d+", found["rules"] or ""))
            allowed = {"BLE001"} if name_of(path) in WORKER_LOOPS else set()
            if not rules or (rules & RULES) - allowed:
                wrong.append(f"{name_of(path)}:{number}: {line.strip()}")
    assert not wrong


def catches_all(node: ast.AST) -> bool:
    """Whether a node is an ``except`` for everything."""
    if not isinstance(node, ast.ExceptHandler):
        return False
    kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    return any(kind is None or ast.unparse(kind) in {"Exception", "BaseException"} for kind in kinds)


def test_nothing_catches_everything() -> None:
    """No ``except`` for everything but in the named worker loops, and none named that needs it no more."""
    broad = {name_of(path) for path in python_files() for node in ast.walk(tree(path)) if catches_all(node)}
    assert broad == WORKER_LOOPS


def test_no_mocks() -> None:
    """Fakes go through constructors; nothing is patched by ``unittest.mock`` or its like."""
    wrong = [
        f"{name_of(path)}:{node.lineno}"
        for path in python_files()
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("unittest", "mock")))
        or (isinstance(node, ast.Import) and any(each.name.startswith(("unittest", "mock")) for each in node.names))
        or (isinstance(node, ast.arg) and node.arg == "mocker")
    ]
    assert not wrong


def test_nobody_sleeps() -> None:
    """Neither product nor tests sleep in real time: they use a clock, or wait for what they wait for."""
    wrong = [
        f"{name_of(path)}:{node.lineno}"
        for path in python_files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"time.sleep", "asyncio.sleep", "time.time"}
        and name_of(path) != "src/tocsin/_core/clock.py"
    ]
    assert not wrong


def test_lua_lives_in_lua_files() -> None:
    """No script hides in a string of the product."""
    wrong = [
        f"{name_of(path)}:{node.lineno}"
        for path in python_files()
        if SRC in path.parents
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search(r"redis\.p?call\(", node.value)
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error"), "nothing is left open"),
        (("pypi" + ".org", "python" + "hosted", "npm" + "js.", "proxy.golang" + ".org"), "no registry is named"),
    ],
)
def test_words_that_do_not_occur(words: tuple[str, ...], why: str) -> None:
    """What is unfinished is not merged, and pins name no place to fetch from."""
    pattern = re.compile("|".join(rf"\b{re.escape(word)}" for word in words))
    wrong = []
    for path in text_files():
        try:
            found = pattern.search(path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            continue  # a picture
        if found:
            wrong.append(f"{name_of(path)}: {found[0]}")
    assert not wrong, why


def test_requirements_are_pinned_and_hashed() -> None:
    """Each line names one version with its hashes, and every dependency of pyproject.toml is among them."""
    for file, extras in (("run.txt", ["embedded"]), ("test.txt", ["embedded", "dev"])):
        entries = (ROOT / "requirements" / file).read_text().replace("\\\n", " ").splitlines()
        pinned = set()
        for entry in entries:
            found = re.fullmatch(r"([a-z0-9-]+)==[\w.]+( ; [^-]+?)?(\s+--hash=sha256:[0-9a-f]{64})+", entry)
            assert found, f"{file}: {entry[:80]}"
            pinned.add(found[1])
        project = settings()["project"]
        wanted = project["dependencies"] + [
            each for extra in extras for each in project["optional-dependencies"][extra]
        ]
        names = {re.split(r"[^A-Za-z0-9._-]", each)[0].lower().replace("_", "-") for each in wanted}
        assert names <= pinned, f"{file} lacks {names - pinned}: run make pins"
