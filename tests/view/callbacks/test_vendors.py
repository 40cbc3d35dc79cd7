"""What a vendor does at its own tool: it takes up its part of the incident, and does nothing for our groups."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.view.callbacks.conftest import CHANNELS, Calling
from tests.view.callbacks.tools import PAGERDUTY, pagerduty

from tocsin._core import action as acts
from tocsin._core.model import Text
from tocsin._core.plan import Channel, Vendor
from tocsin._core.secret import Secret
from tocsin._core.times import MINUTE

THEIRS = {"id": "PVENDOR", "type": "user_reference"}


@pytest.fixture
async def calling(calling: Calling) -> Calling:
    """Two vendors have a PagerDuty of their own each; the first answers for the incident."""
    channels = {
        name: Channel(name=name, type="pagerduty", settings={"webhook_secret": Secret(name)})
        for name in ("vendor-hook", "other-hook")
    }
    vendors = {
        name: Vendor(name=name, title=Text(name, name), ack_within=15 * MINUTE, channels=(channel,))
        for name, channel in (("acme", "vendor-hook"), ("bolt", "other-hook"))
    }
    calling.world.plan = replace(calling.world.plan, channels={**CHANNELS, **channels}, vendors=vendors)
    await calling.world.act(acts.Note(text="the plan has channels of theirs now"))
    return calling


async def acknowledge(calling: Calling, channel: str, secret: str, event: str = "1") -> list[str]:
    """Somebody at the tool acknowledges the page; answers what was done since, by the entries of the timeline."""
    before = len(await calling.entries())
    key = (await calling.world.incident()).id
    callback = pagerduty("incident.acknowledged", at=calling.now, key=key, agent=THEIRS, secrets=(secret,), event=event)
    assert (await calling.post(channel, callback))[0] == 200
    return [entry[0] for entry in (await calling.entries())[before:]]


async def test_its_acknowledgement_is_its_word(calling: Calling) -> None:
    """It is put on record with who gave it, and acknowledges the incident for none of our groups."""
    assert await acknowledge(calling, "vendor-hook", "vendor-hook") == ["vendor_acknowledged"]
    incident = await calling.world.incident()
    assert (incident.state, incident.acknowledgements) == ("open", ())
    assert incident.vendor_terms is not None
    assert incident.vendor_terms.acknowledged_by == "pagerduty:PVENDOR"


async def test_it_answers_for_nobody_else(calling: Calling) -> None:
    """Though a group of ours uses the same kind of tool, and proves nothing there."""
    bare = Channel(name="command-hook", type="pagerduty", settings={})
    channels = {**calling.world.plan.channels, "command-hook": bare}
    calling.world.plan = replace(calling.world.plan, channels=channels)
    assert await acknowledge(calling, "vendor-hook", "vendor-hook") == ["vendor_acknowledged"]
    assert (await calling.world.incident()).acknowledgements == ()


async def test_one_that_answers_no_longer_has_no_word(calling: Calling) -> None:
    """Another vendor has taken over: only that one's word counts."""
    await calling.world.act(acts.Reclassify(class_="critical_function_outage", vendor="bolt"))
    assert await acknowledge(calling, "vendor-hook", "vendor-hook") == []
    assert await acknowledge(calling, "other-hook", "other-hook", event="2") == ["vendor_acknowledged"]


async def test_our_own_stays_ours(calling: Calling) -> None:
    """What is acknowledged on a group's channel is that group's."""
    assert await acknowledge(calling, "command-hook", PAGERDUTY) == ["acknowledged"]
