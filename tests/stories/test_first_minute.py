"""A newcomer's first minute: no rules written, no account anywhere."""

from __future__ import annotations

import re

from tests.support.alerts import firing
from tests.support.hooks import GROUPS
from tests.support.service import Start, wait_for


def test_the_shipped_plan_prints_what_each_group_is_told(start: Start) -> None:
    """Without ``--rules`` the shipped ones decide, and every group's channel is the terminal."""
    service = start(None)

    service.alert(firing("PaymentGatewayDown", service="payments", severity="critical"))

    wait_for(lambda: service.metric("deliveries_total", result="accepted") >= 1, "a delivery")
    name = service.incident()["id"]
    heads = re.compile(rf"^opened ([a-z, ]+) {name} .+", re.MULTILINE)
    wait_for(lambda: {*GROUPS} <= {*re.findall("[a-z]+", " ".join(heads.findall(service.said())))}, "five groups")
