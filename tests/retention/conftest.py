"""The second half of the way, with closed incidents in it, and what becomes of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.retention.keeping import Failures, Loops
from tests.support.clock import ManualClock
from tests.support.service import hooks as hooks
from tests.support.service import start as start
from tests.support.world import World

from tocsin._store.client import Store
from tocsin.retention.files import ArchiveFiles
from tocsin.retention.loop import RetentionLoop
from tocsin.view.shapes import whole_item


@pytest.fixture
async def world(store_url: str, clock: ManualClock) -> AsyncIterator[World]:
    """The second half of the way, on a real and empty store."""
    store = await Store.open(store_url)
    yield World(store, clock)
    await store.close()


@pytest.fixture
def failures() -> Failures:
    """What could not be written."""
    return Failures()


@pytest.fixture
def archive(tmp_path: Path) -> ArchiveFiles:
    """An archive in a directory of the test's own."""
    return ArchiveFiles(tmp_path / "archive")


@pytest.fixture
def loops(world: World, archive: ArchiveFiles, failures: Failures) -> Loops:
    """Makes a loop; by default it archives."""

    def make(*, files: ArchiveFiles | None = archive, drop: bool = False, process: str = "one") -> RetentionLoop:
        return RetentionLoop(
            store=world.store,
            clock=world.clock,
            plan=lambda: world.plan,
            files=files,
            drop=drop,
            shape=lambda whole, now: whole_item(whole, "en", now),
            meter=failures,
            process=process,
        )

    return make
