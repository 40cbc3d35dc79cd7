"""What must be heard: its silence is told, and its return; and our own sign of life."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.stories.plans import with_rules
from tests.support.alerts import firing, resolved
from tests.support.hooks import GROUPS, Hooks
from tests.support.service import Service, Start, tocsin, wait_for, write_plan

ALIVE = {"alertname": "Watchdog", "location": "bj"}
RULES = "  - {name: down, match: ['alertname=\"Down\"'], class: critical_function_outage}\n"


def plan(every: str, more: str = "") -> str:
    """A plan with one heartbeat."""
    match = "['alertname=\"Watchdog\"', 'location=\"bj\"']"
    entry = f"  watchdog-bj: {{match: {match}, every: {every}, class: hw_sw_fault, tier: high}}\n"
    return with_rules(RULES, f"heartbeats:\n{entry}{more}")


def opened(service: Service) -> str:
    """The id of the incident of the silence."""
    incident = service.incident()
    assert (incident["class"], incident["tier"], incident["location"]) == ("hw_sw_fault", "high", "bj")
    assert incident["title"] == "Heartbeat lost: watchdog-bj"
    return str(incident["id"])


def test_a_heartbeat_that_falls_silent(start: Start, hooks: Hooks) -> None:
    """Heard, it is nobody's incident; silent, all five groups are told why; heard again, they are told that too."""
    service = start(plan("5s"))
    assert service.alert(firing(**ALIVE)) == {"received": 1, "dropped": 1}
    assert service.alert(firing(**ALIVE), resolved(**ALIVE)) == {"received": 2, "dropped": 2}
    assert service.metric("alerts_dropped_total", reason="heartbeat") == 3
    seen = service.metric("heartbeat_last_seen_timestamp_seconds")
    assert seen > 0
    assert service.incidents() == []

    told = hooks.wait("opened", *GROUPS)
    name = opened(service)
    assert "Heartbeat lost: watchdog-bj" in told["legal"]["subject"]
    whole = service.get(f"/api/v1/incidents/{name}").json
    assert whole["started_at"] > whole["decision"]["reasons"][0].split()[6]
    assert whole["decision"]["reasons"][0].endswith("and must be every 5s")
    assert whole["decision"]["groups"] == list(GROUPS)
    assert "heartbeat watchdog-bj" in service.tocsin("incidents", "show", name).stdout

    service.alert(firing(**ALIVE))
    hooks.wait("cleared", *GROUPS)
    assert service.incident()["signals"] == "cleared"


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_restart_forgets_nothing(start: Start, hooks: Hooks, tmp_path: Path, end: str) -> None:
    """Lost before, it is lost after, told once, and its return is told by the next process."""
    service = start(plan("2s"), "--data-dir", tmp_path / "data")
    hooks.wait("opened", *GROUPS)
    wait_for(lambda: len(service.deliveries("?state=accepted")) == 5, "five deliveries on record")
    before = opened(service)
    service.stop() if end == "stop" else service.kill()

    again = start(plan("30s"), "--data-dir", tmp_path / "data")
    assert opened(again) == before
    again.alert(firing(**ALIVE))
    hooks.wait("cleared", *GROUPS)
    assert [hooks.events(group) for group in GROUPS] == [["opened", "cleared"]] * 5


def test_two_services_tell_once(start: Start, hooks: Hooks) -> None:
    """Both look at the same heartbeat; whichever hears it, both know."""
    services = [start(plan("2s")), start(plan("2s"))]
    hooks.wait("opened", *GROUPS)
    services[1].alert(firing(**ALIVE))
    hooks.wait("cleared", *GROUPS)
    assert {opened(service) for service in services} == {opened(services[0])}
    assert hooks.events("legal")[:2] == ["opened", "cleared"]
    seen = [service.metric("heartbeat_last_seen_timestamp_seconds") for service in services]
    assert seen[0] == seen[1] > 0


def test_nobody_else_speaks_for_a_heartbeat(start: Start) -> None:
    """Its silence is Tocsin's own word: nothing can be posted under that name."""
    answer = start(plan("5m")).post("/ingest/heartbeat", [firing("HeartbeatLost", heartbeat="watchdog-bj")])
    assert answer.status == 404


def test_a_sign_of_life_explained_and_tested(tmp_path: Path) -> None:
    """``explain`` says what it is, and a test of the rule files may expect it."""
    tests = (
        "tests:\n"
        "  - {name: by name, alert: {labels: {alertname: Watchdog, region: bj}}, expect: {dropped: watchdog-bj}}\n"
        "  - {name: at all, alert: {labels: {alertname: Watchdog, location: bj}}, expect: {dropped: true}}\n"
        "  - {name: elsewhere, alert: {labels: {alertname: Watchdog, location: sh}}, expect: {dropped: false}}\n"
    )
    rules = write_plan(tmp_path / "rules", plan("5m") + tests)
    assert tocsin("test", "--rules", rules).stdout == "3 tests, 0 failed\n"

    told = tocsin("explain", "--rules", rules, "alertname=Watchdog", "location=bj")
    assert "dropped by heartbeat watchdog-bj: a sign of life of watchdog-bj" in told.stdout
    said = json.loads(tocsin("explain", "--rules", rules, "--json", "alertname=Watchdog", "location=bj").stdout)
    assert said["dropped"]["reason"] == "heartbeat"


def test_our_own_sign_of_life(start: Start, hooks: Hooks) -> None:
    """The switch is called while all is well; a call that it does not take is counted."""
    url = {"DEADMAN_URL": f"http://127.0.0.1:{hooks.port}/switch"}
    service = start(plan("5m", "watchdog: {url: {env: DEADMAN_URL}, every: 200ms}\n"), environment=url)
    hooks.until(lambda: len(hooks.tried("switch")) >= 3, "three calls")
    assert service.metric("watchdog_last_success_timestamp_seconds") > 0
    hooks.answer("switch", 500)
    wait_for(lambda: service.metric("watchdog_failures_total") > 0, "a failure")
