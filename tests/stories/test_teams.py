"""Teams: those who look after a service are told of it in place of their group."""

from __future__ import annotations

from pathlib import Path

from tests.stories.plans import AT_ONCE
from tests.support.alerts import firing
from tests.support.hooks import Hooks
from tests.support.service import Start, tocsin, write_plan

TEAM = """
teams: {pay-sre: {group: technical, channels: [pay-hook], language: zh}}
"""
PLAN = (
    AT_ONCE.replace("{importance: core,", "{importance: core, teams: [pay-sre],").replace(
        "channels:\n  command-hook:",
        'channels:\n  pay-hook: {type: webhook, url: "http://127.0.0.1:9900/pay"}\n  command-hook:',
    )
    + TEAM
)
PAYMENTS = firing("PaymentGatewayDown", service="payments")
ELSEWHERE = firing("PaymentGatewayDown", service="tills")


def test_a_services_team_is_told_in_its_groups_place(start: Start, hooks: Hooks) -> None:
    """In its own language, as that group; the group hears of other services only."""
    service = start(PLAN)
    service.alert(PAYMENTS)
    body = hooks.wait("opened", "pay", "command", "data")["pay"]
    assert (body["group"], body["language"], body["incident"]["services"]) == ("technical", "zh", ["payments"])
    assert hooks.told("technical") == []

    service.alert(ELSEWHERE)
    assert hooks.wait("opened", "technical")["technical"]["incident"]["services"] == ["tills"]
    assert len(hooks.told("pay")) == 1


def test_explain_shows_the_teams_channels(tmp_path: Path) -> None:
    """Among the channels, and in the reasons with the team's name."""
    rules = write_plan(tmp_path, PLAN)
    said = tocsin("explain", "--rules", rules, "alertname=PaymentGatewayDown", "service=payments").stdout
    assert "technical by pay-hook, of the team pay-sre of payments; by command-hook if those have failed" in said
    said = tocsin("explain", "--rules", rules, "alertname=PaymentGatewayDown", "service=tills").stdout
    assert "technical by technical-hook; by command-hook if those have failed" in said
