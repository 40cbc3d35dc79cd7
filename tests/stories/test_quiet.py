"""When alerts go quiet: signals lost, low incidents that close by themselves, relapses that nobody need hear of."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

from tests.stories.plans import with_rules
from tests.support.alerts import firing, resolved
from tests.support.hooks import GROUPS, Hooks
from tests.support.service import SMALL_PLAN, Service, Start, tocsin, wait_for, write_plan

DOWN = {"alertname": "PaymentGatewayDown", "service": "payments"}


def test_an_alert_that_is_seen_no_more_is_lost_not_recovered(start: Start, hooks: Hooks) -> None:
    """Nobody said resolved: after ``expires`` the groups are told that the signal is lost."""
    service = start(SMALL_PLAN + "sources:\n  prometheus: {type: prometheus, expires: 1s}\n")
    service.alert(firing(**DOWN))
    hooks.wait("opened", *GROUPS)

    cleared = hooks.wait("cleared", *GROUPS)

    assert {notice["reason"] for notice in cleared.values()} == {"not_seen"}
    assert "Signal lost" in cleared["command"]["text"]
    assert service.incident()["state"] == "open"
    assert service.metric("alerts_expired_total", source="prometheus") == 1


def test_an_end_that_was_announced_and_not_renewed_is_a_lost_signal_too(start: Start, hooks: Hooks) -> None:
    """``endsAt`` of a firing alert runs out without a word: that is no recovery either."""
    service = start(SMALL_PLAN)

    service.alert({**firing(**DOWN), "endsAt": (clock(service) + timedelta(seconds=3)).isoformat()})
    hooks.wait("opened", *GROUPS)

    assert hooks.wait("cleared", "command")["command"]["reason"] == "not_seen"


def test_a_low_incident_closes_by_itself(start: Start, hooks: Hooks) -> None:
    """Quiet for ``auto_restore``: restored as of its clearing and closed as recovered, and its lead hears so."""
    rules = "  - {name: disk, match: ['alertname=\"DiskFull\"'], class: hw_sw_fault}\n"
    service = start(with_rules(rules).replace("auto_restore: 10m", "auto_restore: 1s"))
    service.alert(firing("DiskFull", service="cms"))
    hooks.wait("opened", "technical")

    service.alert(resolved("DiskFull", service="cms"))

    closed = hooks.wait("closed", "technical")["technical"]
    assert closed["reason"] == "recovered"
    assert hooks.events("technical") == ["opened", "cleared", "closed"]
    incident = service.incident()
    assert (incident["state"], incident["outcome"]) == ("closed", "recovered")
    assert incident["restored_at"] == incident["cleared_at"]


def test_a_high_incident_is_never_closed_by_silence(start: Start, hooks: Hooks, tmp_path: Path) -> None:
    """Only a person says that a core service is back: a plan with ``auto_restore`` for high is refused."""
    rules = write_plan(tmp_path / "rules", SMALL_PLAN.replace("tell: all}", "tell: all, auto_restore: 10m}"))
    checked = tocsin("check", "--rules", rules)
    assert checked.returncode == 78
    assert "auto_restore" in checked.stderr

    service = start(SMALL_PLAN)
    service.alert(firing(**DOWN))
    hooks.wait("opened", *GROUPS)
    service.alert(resolved(**DOWN))
    hooks.wait("cleared", *GROUPS)
    assert service.incident()["state"] == "open"


def test_a_flap_is_told_to_nobody(start: Start, hooks: Hooks) -> None:
    """A relapse after the clearing is told; from then on, flaps are silent until it was quiet for ``settle``."""
    service = start(SMALL_PLAN + "incidents: {settle: 2s}\n")
    began = clock(service) - timedelta(seconds=10)

    def fires(second: int) -> None:
        service.alert({**firing(**DOWN), "startsAt": (began + timedelta(seconds=second)).isoformat()})

    def ends(second: int) -> None:
        service.alert({**firing(**DOWN), "endsAt": (began + timedelta(seconds=second)).isoformat()})

    fires(0)
    hooks.wait("opened", *GROUPS)
    ends(1)
    hooks.wait("cleared", *GROUPS)
    fires(2)
    hooks.wait("reopened", *GROUPS)

    ends(3)
    wait_for(lambda: service.incident()["signals"] == "cleared", "quiet signals")
    fires(4)
    wait_for(lambda: service.incident()["signals"] == "firing", "signals that fire again")
    ends(5)

    hooks.wait("cleared", *GROUPS, count=2)
    assert [hooks.events(group) for group in GROUPS] == [["opened", "cleared", "reopened", "cleared"]] * 5
    assert service.metric("notices_suppressed_total", reason="settling") == 1
    assert service.incident()["alerts"] == {"firing": 0, "total": 1}


def clock(service: Service) -> datetime:
    """The service's time, to the second."""
    return parsedate_to_datetime(service.get("/-/healthy").headers["Date"])
