"""Channels that carry some notices only: a pager for what is high, and what nobody takes goes to the fallback."""

from __future__ import annotations

from pathlib import Path

from tests.stories.plans import AT_ONCE
from tests.support.alerts import firing
from tests.support.hooks import Hooks
from tests.support.service import Start, tocsin, write_plan

PAGER = """
channels:
  pager: {type: webhook, url: 'http://127.0.0.1:9900/pager', match: ['tier="high"']}
"""
PLAN = AT_ONCE.replace(
    "channels: [technical-hook], fallback: [command-hook]", "channels: [pager], fallback: [command-hook]"
).replace("\nchannels:\n", PAGER)
HIGH = firing("PaymentGatewayDown", service="payments")
LOW = firing("DiskFull", service="cms")
OTHER = """
services:
  cms: {importance: supporting}
  payments:"""


def test_a_pager_pages_for_what_is_high(start: Start, hooks: Hooks) -> None:
    """It hears of the end too, though the tier was lowered; what it does not take the fallback tells at once."""
    service = start(PLAN.replace("\nservices:", OTHER.removesuffix("\n  payments:"), 1))
    service.alert(HIGH)
    hooks.wait("opened", "pager")
    incident = service.incident()["id"]
    acts = ("--as", "zhang.wei", "--group", "command", "--reason", "less than it seemed", "--url", service.url)
    tocsin("incidents", "lower", incident, "--tier", "medium", *acts)
    tocsin("incidents", "false-alarm", incident, *acts)
    hooks.wait("false_alarm", "pager")
    assert hooks.events("pager") == ["opened", "tier_lowered", "false_alarm"]

    service.alert(LOW)
    hooks.until(lambda: any(told.body["group"] == "technical" for told in hooks.told("command")), "the fallback")
    assert len(hooks.told("pager")) == 3


def test_explain_says_why_a_channel_does_not_carry(tmp_path: Path) -> None:
    """The matcher that does not hold, and what there is instead."""
    rules = write_plan(tmp_path, PLAN.replace("\nservices:", OTHER.removesuffix("\n  payments:"), 1))
    said = tocsin("explain", "--rules", rules, "alertname=DiskFull", "service=cms").stdout
    assert "technical by command-hook, its fallback, since none of its own channels is told now" in said
    assert 'not by pager, by its match tier="high", since that is "low"' in said
