"""Rare turns of an incident's life that people bring about, each of which once went wrong."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.incident.test_acting import cleared, opened
from tests.support.plans import plan
from tests.support.world import World, classified

from tocsin._core import action as acts
from tocsin._core.action import Action
from tocsin._core.errors import Conflict
from tocsin._core.incident import Incident
from tocsin._core.model import Text, Tier
from tocsin._core.plan import Vendor
from tocsin._core.times import HOUR, MINUTE, SECOND
from tocsin._plan.defaults import CLASSES, TIERS
from tocsin._store.stats import read_figures

ALERT: dict[str, Any] = {"source": "alertmanager"}


async def test_reopened_after_its_alerts_ended_its_clocks_run(world: World) -> None:
    """Called a false alarm while it fires; the alert ends, and a person takes it up again: it was not over."""
    await opened(world)
    await world.act(acts.FalseAlarm(reason="r"), group="command")
    await world.resolve(**ALERT)
    await world.wait(10 * MINUTE)
    await world.act(acts.Reopen())
    again = await world.incident()
    assert (again.state, again.still_broken, again.is_running) == ("open", True, True)
    await world.wait(4 * HOUR)
    assert "rto_missed" in world.told("command")


async def test_still_broken_holds_until_restored(world: World) -> None:
    """Signals that come and go again after a person's word do not take it back."""
    await cleared(world)
    await world.act(acts.StillBroken())
    await world.wait(3 * MINUTE)
    await world.fire(**ALERT)
    await world.wait(10 * MINUTE)
    await world.resolve(**ALERT)
    await world.wait(10 * MINUTE)
    incident = await world.incident()
    assert (incident.signals, incident.still_broken, incident.is_running) == ("cleared", True, True)


async def test_it_is_contained_anew_after_it_came_back(world: World) -> None:
    """Restored and not back after all, it is contained no longer: stages speak, and it can be contained again."""
    await cleared(world)
    await world.act(acts.Contain())
    await world.act(acts.Restore())
    back = await world.act(acts.StillBroken())
    assert back.state == "open"
    await world.wait(1 * MINUTE)
    assert "escalated unacknowledged" in world.told("command")
    again = await world.act(acts.Contain())
    assert again.state == "contained"
    figures = await read_figures(world.store)
    assert figures.of("contain")["critical_function_outage", "high", "+Inf"] == 1


async def test_a_lowered_recovery_time_is_not_shortened_by_what_fires_again(world: World) -> None:
    """The alert that made it high ends and fires again: tier and deadline stay as command has set them."""
    await opened(world)
    await world.act(acts.Lower(tier=Tier.MEDIUM, reason="known"), group="command")
    await world.resolve(**ALERT)
    await world.wait(10 * MINUTE)
    await world.fire(**ALERT)
    await world.settle()
    incident = await world.incident()
    assert (incident.tier, incident.rto) == (Tier.MEDIUM, 24 * HOUR)


async def test_an_sla_that_was_only_forecast_is_still_reached(world: World) -> None:
    """An estimate beyond the limit raises it; command lowers it again; the limit itself raises it all the same."""
    await world.fire(said=classified(tier="medium", sla_limit=3 * HOUR), **ALERT)
    await world.wait(1 * MINUTE)
    incident = await world.incident()
    raised = await world.act(acts.Note(text="x", eta=incident.started_at + 5 * HOUR))
    assert raised.tier is Tier.HIGH
    await world.act(acts.Lower(tier=Tier.MEDIUM, reason="r"), group="command")
    await world.wait(1 * HOUR)
    assert (await world.incident()).tier is Tier.MEDIUM
    await world.wait(2 * HOUR)
    assert (await world.incident()).tier is Tier.HIGH
    done = await world.actions(incident)
    assert (done.count("sla_limit_forecast"), done.count("sla_limit_reached")) == (1, 1)


async def test_what_is_worse_ends_a_snooze(world: World) -> None:
    """Snoozed while it was medium, it is not silent when it becomes high."""
    world.plan = plan(tiers=TIERS)
    await world.fire(said=classified(tier="medium"), **ALERT)
    await world.wait(1 * MINUTE)
    await world.act(acts.Snooze(for_seconds=7 * 86_400))
    await world.fire("B", **ALERT)
    await world.wait(6 * MINUTE)
    assert "escalated unacknowledged" in world.told("command")


async def test_a_closed_incident_owes_no_update(world: World) -> None:
    """Its last notice and its record name no time for an update."""
    world.plan = plan(tiers=TIERS)
    await opened(world)
    assert (await world.incident()).update_due is not None
    closed = await world.act(acts.FalseAlarm(reason="r"), group="command")
    assert closed.update_due is None
    assert "next_update_due" not in world.sinks["legal-hook"].got[-1].body["notice"].incident


async def test_restored_before_it_was_told(world: World) -> None:
    """Nobody is told that it is back of what nobody was told of."""
    said = classified(tier="medium", wait=20 * MINUTE)
    await world.fire(said=said, **ALERT)
    await world.settle()
    await world.act(acts.Restore(despite_firing=True))
    await world.resolve(said=said, **ALERT)
    await world.wait(3 * MINUTE)
    await world.fire(said=said, **ALERT)
    await world.settle()
    incident = await world.incident()
    assert (incident.state, incident.sequence) == ("open", 0)


async def test_a_vendor_that_a_worse_alert_brings(world: World) -> None:
    """The alert that gives it its class names a vendor: the contract binds from then on."""
    acme = Vendor(name="acme", title=Text("a", "a"), contract="C-1", ack_within=15 * MINUTE, rto=2 * HOUR)
    world.plan = plan(vendors={"acme": acme}, classes=CLASSES)
    await world.fire(said=classified(tier="medium", vendor=""), **ALERT)
    await world.wait(1 * MINUTE)
    await world.fire("B", said=classified("B", vendor="acme"), **ALERT)
    await world.settle()
    terms = (await world.incident()).vendor_terms
    assert terms is not None and terms.contract == "C-1"
    await world.wait(15 * MINUTE)
    assert "escalated vendor_unacknowledged" in world.told("legal")


async def test_drills_are_in_no_figure(world: World) -> None:
    """Not even in how many notices a group was told."""
    await world.fire(said=classified(drill=True), **ALERT)
    await world.wait(10 * MINUTE)
    assert world.told("legal") == ["opened"]
    figures = await read_figures(world.store)
    for kind in ("notices", "opened", "escalations", "service"):
        assert figures.of(kind) == {}, kind


async def _two(world: World) -> tuple[Incident, Incident]:
    parent = await opened(world)
    said = classified("P", key=(("subject", "printers"),), service="printers", title=Text("Printers", "打印机"))
    await world.fire("P", said=said, **ALERT)
    await world.settle()
    return parent, next(each for each in await world.incidents() if each.id != parent.id)


def _merge(child: Incident, into: Incident, **more: Any) -> Action:
    return Action(incident=child.id, act=acts.Merge(into=into.id), by="wang", group="command", **more)


async def test_a_merge_that_comes_too_late_is_on_no_record_of_the_other(world: World) -> None:
    """What was meant for another revision is refused before the incident that goes on hears of it."""
    parent, child = await _two(world)
    with pytest.raises(Conflict, match="has changed"):
        await world.acts.act(_merge(child, parent, if_revision=child.revision + 7))
    assert "noted" not in await world.actions(parent)


async def test_two_are_not_merged_into_each_other(world: World) -> None:
    """Two people merge at the same moment, each the other way round: one incident at least goes on."""
    one, other = await _two(world)
    tries = (world.acts.act(_merge(one, other)), world.acts.act(_merge(other, one)))

    async def keep_time() -> None:
        while True:
            await world.clock.asleep()
            world.clock.advance(1 * SECOND)

    time = asyncio.create_task(keep_time())
    await asyncio.gather(*tries, return_exceptions=True)
    time.cancel()
    assert [each for each in await world.incidents() if each.closed_at is None]


async def test_reopened_keeps_its_alerts(world: World) -> None:
    """What is taken up again has no time after which its alerts are forgotten."""
    await cleared(world)
    await world.act(acts.Restore())
    closed = await world.act(acts.Close(), group="command")
    await world.wait(30 * MINUTE)
    await world.act(acts.Reopen())
    (keys,) = world.store.shards
    pipe = world.store.pipeline()
    for name in (keys.view(closed.key), keys.recent(closed.key), keys.until(closed.key), keys.seen(closed.key)):
        pipe.ttl(name)
    assert all(ttl < 0 for ttl in await world.store.call(pipe.execute()))


async def test_a_milder_alert_lowers_nothing(world: World) -> None:
    """What joins a high incident and is medium by itself changes neither its tier nor its class."""
    before = await opened(world)
    await world.fire("B", said=classified("B", "medium", class_="other"), **ALERT)
    await world.wait(1 * MINUTE)
    after = await world.incident()
    assert (after.tier, after.class_, after.rto, after.total) == (Tier.HIGH, before.class_, before.rto, 2)
