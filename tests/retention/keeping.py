"""What tests of retention share: closed incidents, turns of the loop, and what it left where."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
from tests.support.world import World, classified

from tocsin._core.incident import Incident
from tocsin._core.times import MINUTE
from tocsin._store import listing
from tocsin._store.whole import find_whole
from tocsin.retention.files import ArchiveFiles
from tocsin.retention.loop import RetentionLoop
from tocsin.view.shapes import whole_item

Loops = Callable[..., RetentionLoop]
"""Makes a loop; by default it archives."""


class Failures:
    """Counts what could not be written."""

    def __init__(self) -> None:
        self.count = 0

    def archive_failed(self) -> None:
        """Once more."""
        self.count += 1


async def closed(world: World, name: str = "A") -> Incident:
    """An incident of the lowest tier that came and went: its lead was told twice."""
    said = classified(name, "low", key=(("subject", name),))
    await world.fire(name, said=said)
    await world.wait(6 * MINUTE, step=1 * MINUTE)
    await world.resolve(name, said=said)
    await world.wait(21 * MINUTE, step=1 * MINUTE)
    (found,) = (incident for incident in await world.incidents() if incident.key_text == f"subject={name}")
    assert (found.state, found.outcome) == ("closed", "recovered")
    return found


async def work(world: World, loop: RetentionLoop) -> None:
    """Turns until there is nothing more to do."""
    for keys in world.store.shards:
        while await loop.turn(keys):
            pass


async def shown(world: World, incident: Incident) -> dict[str, Any]:
    """An incident as the API answers it."""
    item = whole_item(await listing.show_incident(world.store, incident.id), "en", world.clock.now())
    found: dict[str, Any] = json.loads(msgspec.json.encode(item))
    return found


async def is_compact(world: World, incident: Incident) -> bool:
    """Whether an incident was compacted."""
    found = await find_whole(world.store, world.store.shards[0], incident.id)
    assert found is not None
    return found.compact


def lines(archive: ArchiveFiles) -> list[dict[str, Any]]:
    """What the archive holds, file by file."""
    paths = sorted(archive.directory.glob("*.jsonl")) if archive.directory.exists() else []
    return [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines()]
