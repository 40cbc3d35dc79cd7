"""Vendors: who runs a service for you is told of its incidents on a channel of its own, and of its own part alone."""

from __future__ import annotations

import json
from pathlib import Path

from tests.stories.plans import AT_ONCE
from tests.support.alerts import firing
from tests.support.hooks import Hooks
from tests.support.service import Start, tocsin, write_plan

PLAN = AT_ONCE.replace("contract: C-2026-014,", "contract: C-2026-014, channels: [acme-hook], timezone: UTC,").replace(
    "channels:\n  command-hook:",
    'channels:\n  acme-hook: {type: webhook, url: "http://127.0.0.1:9900/acme"}\n  command-hook:',
)
PAYMENTS = firing("PaymentGatewayDown", service="payments", instance="pay-gw-1.internal:9100")


def test_a_vendor_is_told_of_its_own_part(start: Start, hooks: Hooks) -> None:
    """What it is about, by when its contract has it answer, and nothing of hosts, business or persons."""
    service = start(PLAN)
    service.alert(PAYMENTS)
    body = hooks.wait("opened", "acme", "business")["acme"]
    assert (body["group"], body["incident"]["vendor"], body["incident"]["services"]) == ("vendor", "acme", ["payments"])
    assert "Contract: C-2026-014" in body["text"]
    assert "UTC" in body["text"]
    everything = json.dumps(body)
    for foreign in ("pay-gw-1", "checkout", "merchants", "orders", "cn-east-1"):
        assert foreign not in everything

    incident = service.incident()["id"]
    tocsin("incidents", "acknowledge", incident, "--group", "technical", "--as", "zhang.wei", "--url", service.url)
    tocsin(
        *("incidents", "update", incident, "--goal", "up again", "--progress", "zhang.wei is on pay-gw-1.internal"),
        *("--risks", "merchants leave", "--as", "zhang.wei", "--group", "technical", "--url", service.url),
    )
    text = hooks.wait("updated", "acme")["acme"]["text"]
    assert "Goal: up again" in text
    assert not any(foreign in text for foreign in ("zhang.wei", "pay-gw-1", "merchants"))
    assert hooks.events("acme") == ["opened", "updated"]


def test_it_is_on_record_who_was_told(start: Start, hooks: Hooks) -> None:
    """In the deliveries, on the command line and in the report, by the vendor's name."""
    service = start(PLAN)
    service.alert(PAYMENTS)
    hooks.wait("opened", "acme")
    incident = service.incident()["id"]
    items = service.get("/api/v1/deliveries?channel=acme-hook").json["items"]
    assert [(each["group"], each["vendor"]) for each in items] == [("vendor", "acme")]
    assert "vendor acme" in tocsin("deliveries", "list", "--url", service.url).stdout
    report = service.get(f"/api/v1/incidents/{incident}/report").text
    assert "Acme Outsourcing by acme-hook" in report
    assert service.metric("notices_total", group="vendor", event="opened") == 1


def test_explain_shows_the_vendors_channel(tmp_path: Path) -> None:
    """Among the channels, and in the reasons."""
    rules = write_plan(tmp_path, PLAN)
    said = tocsin("explain", "--rules", rules, "alertname=PaymentGatewayDown", "service=payments").stdout
    assert "acme-hook" in said.split("channels", 1)[1].split("\n", 1)[0]
    assert "its vendor acme by acme-hook, of its own part alone" in said


def test_its_channel_is_its_own(tmp_path: Path) -> None:
    """A channel that a group has too is a mistake that names both places."""
    rules = write_plan(tmp_path, PLAN.replace("[acme-hook]", "[legal-hook]"))
    checked = tocsin("check", "--rules", rules)
    assert checked.returncode == 78
    assert "`legal-hook` is a channel of the group `legal` too" in checked.stdout + checked.stderr
