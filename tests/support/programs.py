"""Programs of other projects that a test needs: without them it is skipped, or fails where nothing may be left out."""

from __future__ import annotations

import shutil
from collections.abc import Iterable


def missing(programs: Iterable[str], path: str) -> str:
    """Those that are not on ``path``, as a phrase; empty if all are there."""
    absent = [name for name in programs if shutil.which(name, path=path) is None]
    return f"not on PATH: {', '.join(absent)}" if absent else ""
