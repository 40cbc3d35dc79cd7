"""Calendars: who is told by day and who by night, and that somebody always is."""

from __future__ import annotations

from pathlib import Path

from tests.support.alerts import firing
from tests.support.hooks import Hooks
from tests.support.service import SMALL_PLAN, Start, tocsin, write_plan

ALERT = firing("PaymentGatewayDown", service="payments")
PAST = "calendars: {past: {when: [{years: ['1970:1999']}]}}\n"


def outside_hours(name: str) -> str:
    """The small plan, with a group's channel whose hours are over for good."""
    address = f'url: "http://127.0.0.1:9900/{name}"'
    assert address in SMALL_PLAN
    return SMALL_PLAN.replace(address, f"when: past, {address}") + PAST


def test_outside_its_hours_a_groups_fallback_is_told_at_once(start: Start, hooks: Hooks) -> None:
    """As a delivery of its own, which says why it comes; the channel itself carries nothing."""
    service = start(outside_hours("technical"))
    service.alert(ALERT)

    hooks.wait("opened", "business", "legal", "data")
    hooks.wait("opened", "command", count=2)

    bodies = {told.body["group"]: told.body for told in hooks.told("command")}
    assert set(bodies) == {"command", "technical"}
    assert "no channel of Technical rescue has taken it" in bodies["technical"]["text"]
    assert hooks.told("technical") == []


def test_where_nobody_is_within_hours_the_group_is_told_all_the_same(start: Start, hooks: Hooks) -> None:
    """Business has no fallback here: better a notice at the wrong hour than nobody told."""
    service = start(outside_hours("business"))
    service.alert(ALERT)

    assert hooks.wait("opened", "business")["business"]["group"] == "business"


def test_explain_says_who_is_told_at_an_hour(tmp_path: Path) -> None:
    """``--at`` is the hour; the reason names the calendar."""
    rules = write_plan(tmp_path, outside_hours("technical"))
    said = tocsin("explain", "--rules", rules, "alertname=PaymentGatewayDown", "service=payments").stdout
    assert "technical by command-hook, its fallback, since none of its own channels is told now; not by " in said
    assert "technical-hook, outside calendar past" in said
    then = ("--at", "1999-06-01T12:00:00Z")
    said = tocsin("explain", "--rules", rules, *then, "alertname=PaymentGatewayDown", "service=payments").stdout
    assert "technical by technical-hook; by command-hook if those have failed" in said
