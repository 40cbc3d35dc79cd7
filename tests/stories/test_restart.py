"""Ending and starting again: what was accepted stays, and nobody is told twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.alerts import firing, resolved
from tests.support.hooks import GROUPS, Hooks
from tests.support.service import SMALL_PLAN, Start, tocsin, wait_for, write_plan

DOWN = {"alertname": "PaymentGatewayDown", "service": "payments"}


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_restart_keeps_incidents_and_tells_nobody(start: Start, hooks: Hooks, tmp_path: Path, end: str) -> None:
    """On its private store, stopped well or killed: the incident is there, repeats are repeats, its end is told."""
    service = start(SMALL_PLAN, "--data-dir", tmp_path / "data")
    service.alert(firing(**DOWN))
    hooks.wait("opened", *GROUPS)
    wait_for(lambda: len(service.deliveries("?state=accepted")) == 5, "five deliveries on record")
    before = service.incident()
    service.stop() if end == "stop" else service.kill()

    again = start(SMALL_PLAN, "--data-dir", tmp_path / "data")

    assert again.incident()["id"] == before["id"]
    assert again.alert(firing(**DOWN)) == {"received": 1, "repeated": 1}
    assert again.alert(resolved(**DOWN)) == {"received": 1, "resolved": 1}
    hooks.wait("cleared", *GROUPS)
    assert [hooks.events(group) for group in GROUPS] == [["opened", "cleared"]] * 5
    assert again.metric("notices_total") == 10
    assert again.metric("incidents_opened_total") == 1


def test_what_was_owed_at_the_end_is_told_at_the_next_start(start: Start, hooks: Hooks, tmp_path: Path) -> None:
    """A channel was away when the service ended; it gets its notice from the next process, under the same id."""
    hooks.answer("legal", 503)
    service = start(SMALL_PLAN, "--data-dir", tmp_path / "data")
    service.alert(firing(**DOWN))
    hooks.wait("opened", "command", "technical", "business", "data")
    hooks.until(lambda: bool(hooks.tried("legal")), "a try")
    service.stop()
    hooks.answer("legal", 200)

    start(SMALL_PLAN, "--data-dir", tmp_path / "data")

    opened = hooks.wait("opened", "legal")["legal"]
    assert {told.body["id"] for told in hooks.tried("legal")} == {opened["id"]}
    assert [hooks.events(group) for group in GROUPS] == [["opened"]] * 5


def test_a_channel_that_hangs_does_not_keep_the_service_from_ending(start: Start, hooks: Hooks, tmp_path: Path) -> None:
    """Told to end in the middle of a send, it ends in time, and the next process sends again under the same id."""
    hooks.hang("legal")
    service = start(SMALL_PLAN, "--data-dir", tmp_path / "data")
    service.alert(firing(**DOWN))
    hooks.wait("opened", "command", "technical", "business", "data")
    hooks.until(lambda: bool(hooks.tried("legal")), "a try")
    service.stop()
    hooks.hang("legal", hanging=False)

    start(SMALL_PLAN, "--data-dir", tmp_path / "data")

    opened = hooks.wait("opened", "legal")["legal"]
    assert {told.body["id"] for told in hooks.tried("legal")} == {opened["id"]}
    assert [hooks.events(group) for group in GROUPS] == [["opened"]] * 5


def test_a_second_service_on_the_same_data_is_refused(start: Start, tmp_path: Path) -> None:
    """Two servers on one directory would ruin it: the second says who is there, and what to do."""
    first = start(SMALL_PLAN, "--data-dir", tmp_path / "data")
    rules = write_plan(tmp_path / "rules", SMALL_PLAN)

    second = tocsin("serve", "--rules", rules, "--data-dir", tmp_path / "data", "--listen", "127.0.0.1:0")

    assert second.returncode == 78
    assert str(tmp_path / "data") in second.stderr
    assert first.get("/-/ready").status == 200


def test_two_services_share_a_store(start: Start, hooks: Hooks) -> None:
    """Two processes on one Redis are one Tocsin: posted to both, an alert is told once, and both show it."""
    one, other = start(SMALL_PLAN), start(SMALL_PLAN)

    outcomes = [one.alert(firing(**DOWN)), other.alert(firing(**DOWN))]

    assert outcomes == [{"received": 1, "new": 1}, {"received": 1, "repeated": 1}]
    hooks.wait("opened", *GROUPS)
    assert one.incident()["id"] == other.incident()["id"]
    assert other.metric("notices_total") == 5
    assert [hooks.events(group) for group in GROUPS] == [["opened"]] * 5
