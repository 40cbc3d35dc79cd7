"""The directory of a plan → the bytes of its ``*.yaml`` files in lexical order, and the plan's hash; secret files.

Only files of the directory itself count, or symbolic links to files, as Kubernetes mounts them. Names
that begin with a dot are left alone: they are editors' and Kubernetes' own.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tocsin._core.problems import Problem

MAX_FILE = 5 << 20
MAX_PLAN = 40 << 20
MAX_SECRET = 64 << 10
"""Of a file of certificates too: those of one company are far fewer."""

_LOST_LINK = "this link points to nothing; take it away or mend it"
_VANISHED = "it vanished while it was read; try again once whatever changes the files is done"


class RuleFile(NamedTuple):
    """One file: its path as people know it (below the directory as they typed it), its name and its bytes."""

    path: str
    name: str
    data: bytes


def read_files(directory: Path) -> tuple[list[RuleFile], list[Problem]]:
    """All rule files of a directory, and what keeps others from being read."""
    try:
        names = sorted(entry.name for entry in directory.iterdir() if not entry.name.startswith("."))
    except FileNotFoundError:
        return [], [_problem(directory, "there is no such directory; name the one that holds the rule files")]
    except NotADirectoryError:
        return [], [_problem(directory, "this is no directory; a plan is a directory of *.yaml files")]
    except OSError as error:
        return [], [_problem(directory, f"the directory cannot be read: {error.strerror}")]
    files: list[RuleFile] = []
    problems = [
        _problem(directory / name, "is not read; rename it so that it ends in .yaml", warning=True)
        for name in names
        if name.endswith(".yml")
    ]
    chosen = [name for name in names if name.endswith(".yaml")]
    if not chosen:
        problems.append(_problem(directory, "there is no *.yaml in this directory; a plan needs at least one"))
    room = MAX_PLAN
    for name in chosen:
        found = _read(directory / name, name)
        if isinstance(found, RuleFile) and len(found.data) > room:
            found = _problem(directory / name, f"the rule files are larger than {MAX_PLAN >> 20} MiB together")
        if isinstance(found, Problem):
            problems.append(found)
        else:
            room -= len(found.data)
            files.append(found)
    return files, problems


def plan_hash(files: Iterable[RuleFile]) -> str:
    """The first 12 hexadecimal digits of the SHA-256 over the files, sorted by name.

    Each file adds the length of its name (8 bytes, big-endian), its name, the length of its content
    (likewise) and its content. The name is the path within the directory, as bytes.
    """
    hasher = hashlib.sha256()
    for name, data in sorted((os.fsencode(file.name), file.data) for file in files):
        for part in (name, data):
            hasher.update(len(part).to_bytes(8, "big"))
            hasher.update(part)
    return hasher.hexdigest()[:12]


def read_secret(path: Path) -> bytes:
    """The bytes of a file that holds a secret. Raises ``ValueError`` with what keeps it from being read."""
    try:
        if not path.is_file():
            raise ValueError(f"there is no file {path}")
        with path.open("rb") as opened:
            data = opened.read(MAX_SECRET + 1)
    except OSError as error:
        raise ValueError(f"the file {path} cannot be read: {error.strerror}") from None
    if not data or len(data) > MAX_SECRET:
        raise ValueError(f"the file {path} is {'empty' if not data else 'larger than 64 KiB'}")
    return data


def secret_digest(path: Path) -> str:
    """What tells whether a file that holds a secret has changed; ``""`` while it cannot be read."""
    try:
        return digest(read_secret(path))
    except ValueError:
        return ""


def digest(data: bytes) -> str:
    """The SHA-256 of a file's bytes."""
    return hashlib.sha256(data).hexdigest()


def rules_digest(directory: Path) -> str:
    """What tells whether the rule files of a directory have changed, or what keeps them from being read."""
    files, problems = read_files(directory)
    kept_from = (f"\0{problem.file}\0{problem.message}" for problem in problems)
    return plan_hash(files) + digest("".join(kept_from).encode("utf-8", "surrogateescape"))


def _read(path: Path, name: str) -> RuleFile | Problem:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return _problem(path, "this is a directory; rule files lie in the directory itself, so rename or move it")
        if not stat.S_ISREG(mode):
            return _problem(path, "this is no regular file; a rule file is one, or a link to one")
        with path.open("rb") as opened:
            data = opened.read(MAX_FILE + 1)
    except FileNotFoundError:
        return _problem(path, _LOST_LINK if path.is_symlink() else _VANISHED)
    except OSError as error:
        return _problem(path, f"cannot be read: {error.strerror}")
    if len(data) > MAX_FILE:
        return _problem(path, f"is larger than {MAX_FILE >> 20} MiB; split it into several files")
    return RuleFile(str(path), name, data)


def _problem(path: Path, message: str, *, warning: bool = False) -> Problem:
    return Problem(str(path), 0, 0, message, warning=warning)
