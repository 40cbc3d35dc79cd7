"""A running service and closed incidents that are older than the retention."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.retention.keeping import closed
from tests.support.clock import ManualClock
from tests.support.service import SMALL_PLAN, Start, tocsin, wait_for
from tests.support.world import World

from tocsin._core.times import parse_time
from tocsin._store.client import Store
from tocsin.settings import Settings


@pytest.fixture
async def old(store_url: str) -> str:
    """The id of an incident that closed years ago, in the store."""
    store = await Store.open(store_url)
    incident = await closed(World(store, ManualClock(parse_time("2020-01-31T10:00:00Z"))))
    await store.close()
    return incident.id


def test_an_old_incident_moves_to_the_archive(old: str, start: Start, tmp_path: Path) -> None:
    """Given a directory, the service moves it there; who asks for it is told where it may be."""
    directory = tmp_path / "archive"
    service = start(SMALL_PLAN, "--archive-dir", directory)
    wait_for(lambda: service.metric("incidents_archived_total") == 1, "the archived incident")
    (line,) = (directory / "incidents-2020-01.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["id"] == old
    assert json.loads(line)["outcome"] == "recovered"
    assert service.incidents("?state=closed") == []
    shown = service.tocsin("incidents", "show", old.lower())
    assert shown.returncode != 0
    assert "more than 400d ago" in shown.stderr
    assert "incidents-YYYY-MM.jsonl" in shown.stderr
    assert "any more" not in service.get("/api/v1/incidents/INC-990101-AAAAAA").json["detail"]


def test_a_store_of_others_keeps_it(old: str, start: Start) -> None:
    """Without a directory it stays where it is, compacted, and is shown as ever."""
    service = start(SMALL_PLAN)
    assert service.incident()["id"] == old
    whole = service.get(f"/api/v1/incidents/{old}").json
    assert whole["timeline"][0]["action"] == "opened"
    assert {one["state"] for one in whole["deliveries"]} == {"accepted"}
    assert service.tocsin("incidents", "show", old).returncode == 0
    assert service.metric("incidents_archived_total") + service.metric("incidents_dropped_total") == 0


def test_dropped_where_that_is_the_word(old: str, start: Start) -> None:
    """``--drop-expired`` drops it, and counts it."""
    service = start(SMALL_PLAN, "--drop-expired")
    wait_for(lambda: service.metric("incidents_dropped_total") == 1, "the dropped incident")
    assert service.get(f"/api/v1/incidents/{old}").status == 404


def test_where_the_archive_is(tmp_path: Path) -> None:
    """Beside a private store's data unless told otherwise; of a store of others nowhere."""
    data, other = tmp_path / "data", tmp_path / "other"
    redis = "redis://127.0.0.1"
    assert Settings(data_dir=data).archive == data / "archive"
    assert Settings(data_dir=data, archive_dir=other).archive == other
    assert Settings(data_dir=data, drop_expired=True).archive is None
    assert Settings(data_dir=data, redis=redis).archive is None
    assert Settings(data_dir=data, redis=redis, archive_dir=other).archive == other


def test_both_settings_exclude_each_other() -> None:
    """To keep what is old and to drop it is no setting."""
    done = tocsin("serve", "--archive-dir", "/nonexistent", "--drop-expired")
    assert done.returncode == 2
    assert "exclude each other" in done.stderr


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    """The service does not start with an archive that it could not write to."""
    (tmp_path / "file").write_text("")
    done = tocsin("serve", "--data-dir", tmp_path / "data", "--archive-dir", tmp_path / "file" / "archive")
    assert done.returncode == 78
    assert "--archive-dir" in done.stderr
