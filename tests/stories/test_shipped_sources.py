"""The two sources that ship, on payloads as Jira and Feishu post them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.service import Start, wait_for

PAYLOADS = Path(__file__).parents[1] / "payloads"


def payload(name: str) -> dict[str, Any]:
    """A payload of a tool."""
    found: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))
    return found


def outcome(answer: Any) -> dict[str, int]:
    """What became of a payload's alert."""
    assert answer.status == 200, answer.text
    return {name: count for name, count in answer.json.items() if count and name != "received"}


def test_an_overdue_version_is_a_contractors_delay(start: Start) -> None:
    """Until it is released; told twice it is told once, and the project's contractor is known from a rule."""
    service = start(None)
    overdue = payload("jira_version_overdue")
    assert outcome(service.post("/ingest/jira", overdue)) == {"new": 1}
    assert outcome(service.post("/ingest/jira", overdue | {"timestamp": 1796432500000})) == {"repeated": 1}
    wait_for(lambda: len(service.incidents()) == 1, "an incident")
    incident = service.incident()
    assert (incident["class"], incident["rule"], incident["tier"]) == (
        "vendor_delivery_delay", "version-overdue", "medium",
    )  # fmt: skip
    assert outcome(service.post("/ingest/jira", payload("jira_version_released"))) == {"resolved": 1}
    wait_for(lambda: not service.incidents("?state=open") or service.incident()["signals"] == "cleared", "its end")


def test_versions_that_are_not_overdue_are_no_news(start: Start) -> None:
    """Every change of a version is posted; events of other things are rejected, with what was missing."""
    service = start(None)
    calm = payload("jira_version_overdue")
    calm["version"]["overdue"] = False
    assert outcome(service.post("/ingest/jira", calm)) == {"repeated": 1}
    unplanned = payload("jira_version_overdue")
    for field in ("releaseDate", "overdue", "userReleaseDate", "description"):
        del unplanned["version"][field]
    assert outcome(service.post("/ingest/jira", unplanned)) == {"repeated": 1}
    deleted = payload("jira_version_overdue") | {"webhookEvent": "jira:version_deleted"}
    assert outcome(service.post("/ingest/jira", deleted)) == {"repeated": 1}
    issue = service.post("/ingest/jira", {"webhookEvent": "jira:issue_updated", "issue": {"key": "PAY-7"}})
    assert issue.status == 400
    assert "$.version is missing" in issue.json["rejected"][0]["error"]
    assert service.incidents() == []


def test_an_approved_leave_is_one_alert_until_it_is_taken_back(start: Start) -> None:
    """Two events of one instance are one alert; the event that takes it back names the instance and nothing else."""
    service = start(None)
    assert outcome(service.post("/ingest/leave", payload("leave_approval"))) == {"new": 1}
    assert outcome(service.post("/ingest/leave", payload("leave_approval_v2"))) == {"repeated": 1}
    wait_for(lambda: len(service.incidents()) == 1, "an incident")
    whole = service.get(f"/api/v1/incidents/{service.incident()['id']}")
    assert (whole.json["class"], whole.json["rule"]) == ("key_person_unavailable", "key-person-on-leave")
    for private in ("an operation", "Sick leave", "made-up-verification-token"):
        assert private not in whole.text
    assert outcome(service.post("/ingest/leave", payload("leave_approval_revert"))) == {"resolved": 1}


def test_a_leave_that_is_over_and_other_events_open_nothing(start: Start) -> None:
    """A leave approved afterwards has ended; an approval of another kind is rejected."""
    service = start(None)
    past = payload("leave_approval_v2")
    past["event"] |= {"leave_start_time": "2026-01-05 09:00:00", "leave_end_time": "2026-01-06 18:00:00"}
    assert outcome(service.post("/ingest/leave", past)) == {"repeated": 1}
    other = payload("leave_approval") | {"event": {"type": "approval_instance", "status": "APPROVED"}}
    assert service.post("/ingest/leave", other).status == 400
    assert service.incidents() == []
