"""What an incident's vendor is told: that it answers for it, what becomes of it, and nothing once another does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.support.clock import ManualClock
from tests.support.plans import plan
from tests.support.world import World, classified

from tocsin._core import action as acts
from tocsin._core.errors import Conflict, SendRefused
from tocsin._core.events import VENDOR_HEARS
from tocsin._core.model import Text, Tier
from tocsin._core.plan import GROUPS, Channel, Plan, Service, Vendor
from tocsin._core.times import HOUR, MINUTE
from tocsin._store.client import Store
from tocsin._store.listing import show_incident
from tocsin._store.stats import read_figures

ALERT: dict[str, Any] = {"labels": {"alertname": "PaymentGatewayDown"}, "source": "alertmanager"}
WORSE: dict[str, Any] = {"labels": {"alertname": "DatabaseDown"}, "source": "alertmanager"}


def of(**vendors: str) -> Plan:
    """A plan in which each of these vendors has the channel that is named, if any is."""
    names = [f"{name}-hook" for name in (*GROUPS, "vendor", "other")]
    return plan(
        channels={name: Channel(name=name, type="webhook") for name in names},
        services={"payments": Service(name="payments", vendor="acme"), "db": Service(name="db", vendor="bolt")},
        vendors={
            name: Vendor(
                name=name,
                title=Text(name.title(), name),
                contract=f"C-{name}",
                ack_within=15 * MINUTE,
                rto=2 * HOUR,
                channels=(channel,) if channel else (),
            )
            for name, channel in vendors.items()
        },
    )


@pytest.fixture
async def world(store_url: str, clock: ManualClock) -> AsyncIterator[World]:
    """One vendor with a channel, and one more."""
    store = await Store.open(store_url)
    yield World(store, clock, plan=of(acme="vendor-hook", bolt="other-hook"))
    await store.close()


def heard(world: World, channel: str = "vendor-hook") -> list[str]:
    """The events that a vendor was told of, in order, with their reason."""
    return [f"{m.event} {m.body['reason']}".strip() for m in world.sinks[channel].got]


async def test_it_learns_of_its_incident_and_what_becomes_of_it(world: World) -> None:
    """Its own clocks too; nothing of what the groups do among themselves, nor of the client's clocks."""
    await world.fire(**ALERT)
    await world.settle()
    await world.act(acts.Acknowledge())
    await world.act(acts.Assign(to="li.na"))
    await world.act(acts.Note(text="who knows?"))
    await world.act(acts.Update(goal="g", progress="p", risks="r"))
    await world.wait(3 * HOUR)
    await world.resolve(**ALERT)
    await world.wait(1 * MINUTE)
    await world.act(acts.Restore())
    await world.act(acts.Close(reason="done"), group="command")
    assert heard(world) == [
        "opened", "updated", "escalated vendor_unacknowledged", "escalated vendor_overdue", "cleared resolved",
        "restored", "closed recovered",
    ]  # fmt: skip
    assert {"rto_warning 50", "noted", "assigned"} < set(world.told("technical"))
    assert heard(world, "other-hook") == []
    figures = (await read_figures(world.store)).of("notices")
    assert figures["vendor", "opened"] == figures["technical", "opened"] == 1


async def test_what_it_is_told_of_is_its_own_part(world: World) -> None:
    """Every notice names it, and has its scope beside the snapshot of the groups."""
    await world.fire(**ALERT)
    await world.settle()
    (message,) = world.sinks["vendor-hook"].got
    notice, delivery = message.body["notice"], message.body["delivery"]
    assert (notice.vendor, delivery.vendor, delivery.group, delivery.lane) == ("acme", "acme", "vendor", "vendor")
    assert notice.scope["services"] == ["payments"]
    assert notice.scope["contract"] == "C-acme"
    assert set(notice.scope["vendor_terms"]) == {"acknowledge_by", "restore_by"}
    told = [
        entry for entry in (await show_incident(world.store, notice.incident_id)).timeline if entry.action == "told"
    ]
    assert told[0].detail["vendor"] == "acme"


async def test_one_without_channels_is_told_nothing(world: World) -> None:
    """Until a reload gives it one: then it learns of what goes on."""
    world.plan = of(acme="")
    await world.fire(**ALERT)
    await world.wait(1 * MINUTE)
    assert heard(world) == []
    world.plan = of(acme="vendor-hook")
    await world.act(acts.Note(text="the plan has a channel now"))
    await world.act(acts.Lower(tier=Tier.MEDIUM, reason="r"), group="command")
    assert heard(world) == ["opened", "tier_lowered"]


async def test_another_that_a_worse_alert_names(world: World) -> None:
    """It is told that it opened, the one before that it is not asked any more; each of its own part, and the former as
    the incident was."""
    await world.fire(said=classified(tier="medium"), **ALERT)
    await world.wait(1 * MINUTE)
    worse = classified(vendor="bolt", service="db", title=Text("Database down", "数据库中断"))
    await world.fire(said=worse, **WORSE)
    await world.settle()
    assert heard(world) == ["opened", "reclassified"]
    assert heard(world, "other-hook") == ["opened"]
    former = world.sinks["vendor-hook"].got[-1].body["notice"]
    assert (former.vendor, former.scope["title"]["en"], former.scope["tier"]) == ("acme", "Payments are down", "medium")
    assert former.groups == () and former.changes[0].to == ""
    newer = world.sinks["other-hook"].got[-1].body["notice"]
    assert (newer.scope["title"]["en"], newer.scope["contract"]) == ("Database down", "C-bolt")
    await world.wait(16 * MINUTE)
    assert heard(world, "other-hook")[1:] == ["escalated vendor_unacknowledged"]
    await world.act(acts.FalseAlarm(reason="r"), group="command")
    assert heard(world) == ["opened", "reclassified"]
    assert heard(world, "other-hook")[-1] == "false_alarm"


async def test_another_that_a_person_names(world: World) -> None:
    """By reclassifying: the contract of the new one binds, and lead and both vendors are told."""
    await world.fire(**ALERT)
    await world.settle()
    done = await world.act(acts.Reclassify(class_="critical_function_outage", vendor="bolt", reason="their network"))
    assert (done.vendor, done.vendor_terms and done.vendor_terms.contract) == ("bolt", "C-bolt")
    assert heard(world) == ["opened", "reclassified"]
    assert heard(world, "other-hook") == ["opened"]
    assert world.told("technical") == ["opened", "reclassified"]
    again = await world.act(acts.Reclassify(class_="critical_function_outage", vendor="bolt"))
    assert again.timeline_entries == done.timeline_entries
    with pytest.raises(Conflict, match="no vendor nobody"):
        await world.act(acts.Reclassify(class_="critical_function_outage", vendor="nobody"))


async def test_one_that_comes_later(world: World) -> None:
    """An incident of nobody's that a worse alert makes a vendor's: it is told that it opened."""
    await world.fire(said=classified(tier="medium", vendor=""), **ALERT)
    await world.wait(1 * MINUTE)
    await world.fire(said=classified(), **WORSE)
    await world.settle()
    assert heard(world) == ["opened"]
    assert [event for event in world.told("technical") if "opened" in event or "raised" in event] == [
        "opened", "tier_raised worse_alert",
    ]  # fmt: skip
    await world.wait(16 * MINUTE)
    assert heard(world) == ["opened", "escalated vendor_unacknowledged"]


async def test_one_that_nothing_reaches(world: World) -> None:
    """Lead and command are told, as of a group; there is no fallback that could be told in its place."""
    world.sinks["vendor-hook"].fail = SendRefused("gone")
    await world.fire(**ALERT)
    await world.settle()
    await world.act(acts.Acknowledge())
    await world.wait(3 * MINUTE)
    untold = [m for m in world.sinks["command-hook"].got if m.event == "untold"]
    assert [m.body["notice"].said["groups"] for m in untold] == [["vendor"]]
    assert (await world.incident()).untold == ("vendor",)
    world.sinks["vendor-hook"].fail = None
    await world.act(acts.Update(goal="g", progress="p", risks="r"))
    await world.wait(3 * MINUTE)
    assert (await world.incident()).untold == ()


async def test_it_is_told_after_it_comes_back(world: World) -> None:
    """One whose incident fires again hears that, once."""
    await world.fire(**ALERT)
    await world.settle()
    await world.resolve(**ALERT)
    await world.wait(1 * MINUTE)
    await world.fire(**ALERT)
    await world.settle()
    assert heard(world) == ["opened", "cleared resolved", "reopened"]
    assert VENDOR_HEARS.issuperset(event.split()[0] for event in heard(world))
