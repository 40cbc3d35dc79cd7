"""The clocks of an incident: recovery time, SLA limit, estimates, updates, the vendor's contract, the plan's stages."""

from __future__ import annotations

import dataclasses
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace as changed
from tests.support.plans import TIERS, plan
from tests.support.world import World, classified

from tocsin._core import action as acts
from tocsin._core.calendar import Calendar, Interval
from tocsin._core.incident import Incident
from tocsin._core.model import Text, Tier
from tocsin._core.plan import Vendor
from tocsin._core.times import DAY, HOUR, MINUTE, SECOND, Millis
from tocsin._core.watch import Stage
from tocsin._plan.defaults import TIERS as SHIPPED
from tocsin._store.stats import read_figures

ALWAYS: dict[str, Any] = {"source": "alertmanager"}
UPDATE = acts.Update(goal="g", progress="p", risks="r")


async def begin(world: World, tier: str = "high", **said: Any) -> Incident:
    """An incident that is told and whose alert never expires."""
    await world.fire(said=classified(tier=tier, **said), **ALWAYS)
    await world.wait(1 * MINUTE)
    return await world.incident()


def at(world: World, incident: Incident, group: str, event: str) -> list[Millis]:
    """How long after the start a group was told of an event, each time."""
    got = world.sinks[f"{group}-hook"].got
    return [m.body["notice"].at - incident.started_at for m in got if f"{m.event} {m.body['reason']}".strip() == event]


async def test_the_recovery_time_speaks_at_its_marks(world: World) -> None:
    """At half of it the lead is told, from three quarters command too; missed, it is counted at that moment."""
    incident = await begin(world)
    await world.act(acts.Acknowledge())
    await world.wait(5 * HOUR)
    marks = {"rto_warning 50": 120, "rto_warning 75": 180, "rto_warning 90": 216, "rto_missed": 240}
    for event, minutes in marks.items():
        assert at(world, incident, "technical", event) == [minutes * MINUTE]
    assert at(world, incident, "command", "rto_warning 50") == []
    assert at(world, incident, "command", "rto_warning 75") == [180 * MINUTE]
    assert (await world.incident()).rto_outcome == "missed"
    figures = await read_figures(world.store)
    assert figures.of("rto") == {("critical_function_outage", "high", "missed"): 1}


async def test_what_passed_while_quiet_speaks_once(world: World) -> None:
    """Three warnings pass while nothing fires; when it fires again only the highest is told."""
    incident = await begin(world)
    await world.act(acts.Acknowledge())
    await world.resolve(**ALWAYS)
    await world.wait(3 * HOUR + 45 * MINUTE)
    assert at(world, incident, "technical", "rto_warning 50") == []
    await world.fire(**ALWAYS)
    await world.settle()
    assert [e for e in world.told("technical") if e.startswith("rto")] == ["rto_warning 90"]


async def test_a_late_raise_restarts_nothing(world: World) -> None:
    """Raised after five hours, a medium incident has missed the four hours of a high one at once."""
    await begin(world, "medium")
    await world.act(acts.Acknowledge())
    await world.wait(5 * HOUR)
    assert "rto_missed" not in world.told("technical")
    await world.act(acts.Raise(tier=Tier.HIGH))
    assert world.told("technical")[-1] == "rto_missed"


async def test_the_sla_limit_makes_it_high(world: World) -> None:
    """Three hours into an outage its SLA is over: it is raised and told to all; never above a cap."""
    incident = await begin(world, "medium", sla_limit=3 * HOUR)
    await world.wait(3 * HOUR)
    assert at(world, incident, "legal", "tier_raised sla_limit") == [3 * HOUR]
    assert (await world.incident()).tier is Tier.HIGH


async def test_never_above_a_cap(world: World) -> None:
    """The SLA limit of what is capped is on record, and raises nothing."""
    incident = await begin(world, "medium", sla_limit=3 * HOUR, max_tier=Tier.MEDIUM)
    await world.wait(4 * HOUR)
    assert (await world.incident()).tier is Tier.MEDIUM
    assert (await world.actions(incident)).count("sla_limit_reached") == 1


async def test_an_estimate_can_only_raise(world: World) -> None:
    """Beyond the recovery time it is told; beyond the SLA limit it raises at once; a better one takes nothing back."""
    incident = await begin(world, "medium", sla_limit=30 * HOUR)
    await world.act(changed(UPDATE, eta=incident.started_at + 23 * HOUR))
    assert "eta_late" not in world.told("technical")
    late = await world.act(changed(UPDATE, eta=incident.started_at + 25 * HOUR))
    assert (world.told("technical").count("eta_late"), late.tier) == (1, Tier.MEDIUM)
    later = await world.act(changed(UPDATE, eta=incident.started_at + 31 * HOUR))
    assert (world.told("technical").count("eta_late"), later.tier) == (2, Tier.HIGH)
    better = await world.act(changed(UPDATE, eta=world.clock.now() + HOUR))
    assert (better.tier, better.eta.by if better.eta else "") == (Tier.HIGH, "zhang.wei")


async def test_updates_are_asked_for(world: World) -> None:
    """After half an hour the lead is reminded, 15 min later command hears of it, then both every half hour; an update
    begins it anew, and says when the next is due."""
    world.plan = plan(tiers=SHIPPED)
    incident = await begin(world)
    await world.act(acts.Acknowledge())
    assert incident.update_due == incident.started_at + 30 * MINUTE
    await world.wait(79 * MINUTE)
    assert at(world, incident, "technical", "update_due") == [30 * MINUTE, 45 * MINUTE, 75 * MINUTE]
    assert at(world, incident, "command", "update_due") == [45 * MINUTE, 75 * MINUTE]
    done = await world.act(UPDATE)
    assert done.update_due == world.clock.now() + 30 * MINUTE
    await world.wait(31 * MINUTE)
    assert at(world, incident, "technical", "update_due")[3:] == [110 * MINUTE]
    assert len(at(world, incident, "command", "update_due")) == 2


async def test_a_vendor_is_held_to_its_contract(world: World) -> None:
    """It should answer in 15 min and have recovered in 2 h: late, lead, command and legal are told, each once."""
    acme = Vendor(name="acme", title=Text("Acme", "Acme"), kind="contractor", ack_within=15 * MINUTE, rto=2 * HOUR)
    world.plan = plan(vendors={"acme": acme})
    incident = await begin(world)
    assert incident.record.responsible_party == "contractor"
    await world.act(acts.Acknowledge())
    await world.wait(3 * HOUR)
    assert at(world, incident, "legal", "escalated vendor_unacknowledged") == [15 * MINUTE]
    assert at(world, incident, "legal", "escalated vendor_overdue") == [2 * HOUR]
    figures = await read_figures(world.store)
    assert figures.of("vendor_rto") == {("acme", "missed"): 1}
    assert figures.of("escalations") == {("high", "vendor_unacknowledged"): 1, ("high", "vendor_overdue"): 1}


async def test_a_vendor_that_answers(world: World) -> None:
    """Its word is kept with name, time and estimate, and nobody is told that it is silent."""
    acme = Vendor(name="acme", title=Text("Acme", "Acme"), ack_within=15 * MINUTE, rto=2 * HOUR)
    world.plan = plan(vendors={"acme": acme})
    incident = await begin(world)
    eta = incident.started_at + 1 * HOUR
    done = await world.act(acts.VendorAcknowledge(who="Ms Xu", eta=eta))
    terms = done.vendor_terms
    assert terms is not None
    assert (terms.acknowledged_by, terms.acknowledged_at) == ("Ms Xu", world.clock.now())
    assert done.eta is not None
    assert (done.eta.at, done.eta.by) == (eta, "Ms Xu")
    await world.wait(30 * MINUTE)
    assert at(world, incident, "legal", "escalated vendor_unacknowledged") == []
    await world.resolve(**ALWAYS)
    await world.act(acts.Restore())
    await world.act(acts.Close(), group="command")
    figures = await read_figures(world.store)
    assert figures.of("vendor_rto") == {("acme", "met"): 1}
    assert figures.of("vendor_acknowledge")[("acme", "+Inf")] == figures.of("vendor_recover")[("acme", "+Inf")] == 1


async def test_the_plans_own_stages(world: World) -> None:
    """A time, a share of the recovery time, what stops each, and what repeats: as the plan lists them."""
    stages = (
        Stage(name="page-again", after=5 * MINUTE, unless="acknowledged", tell=("technical",)),
        Stage(name="command", after=10 * MINUTE, unless="acknowledged", tell=("command",), repeat_every=15 * MINUTE),
        Stage(name="half", at=0.5, unless="contained", tell=("business",)),
        Stage(name="late", at=0.75, unless="contained", tell=("business",)),
    )
    world.plan = plan(escalation={Tier.HIGH: stages})
    incident = await begin(world)
    await world.wait(30 * MINUTE)
    assert at(world, incident, "technical", "escalated page-again") == [5 * MINUTE]
    assert at(world, incident, "command", "escalated command") == [10 * MINUTE, 25 * MINUTE]
    await world.act(acts.Acknowledge())
    await world.wait(2 * HOUR)
    assert len(at(world, incident, "command", "escalated command")) == 2
    assert at(world, incident, "business", "escalated half") == [2 * HOUR]
    await world.act(acts.Contain())
    await world.wait(2 * HOUR)
    assert at(world, incident, "business", "escalated late") == []


async def test_down_for_hours_it_speaks_once_of_each(world: World) -> None:
    """A service that was away for three and a half hours tells each clock once, the highest of what it missed."""
    world.plan = plan(tiers=SHIPPED)
    incident = await begin(world)
    world.clock.advance(3 * HOUR + 40 * MINUTE)
    await world.die()
    world.restart()
    world.clock.advance(31 * SECOND)
    await world.settle()
    late = [event for event in world.told("command") if event != "opened"]
    assert late == ["escalated unacknowledged", "rto_warning 90", "update_due"]
    assert [event for event in world.told("technical") if event != "opened"] == ["rto_warning 90", "update_due"]
    await world.settle()
    assert at(world, incident, "command", "rto_warning 75") == []


async def test_a_group_that_nothing_reaches(world: World) -> None:
    """Legal's channel takes nothing for two minutes: lead and command are told once, it is shown, and it ends when the
    channel takes something again."""
    world.sinks["legal-hook"].fail = OSError("down")
    incident = await begin(world)
    await world.wait(1 * MINUTE)
    assert at(world, incident, "command", "untold") == [2 * MINUTE]
    assert (await world.incident()).untold == ("legal",)
    await world.act(UPDATE)
    await world.wait(10 * MINUTE)
    assert len(at(world, incident, "technical", "untold")) == 1
    world.sinks["legal-hook"].fail = None
    await world.wait(6 * MINUTE)
    await world.act(UPDATE)
    await world.wait(3 * MINUTE)
    assert (await world.incident()).untold == ()


async def test_watching_changes_no_revision(world: World) -> None:
    """That notices arrive is bookkeeping: what a person saw an hour ago is still the present revision."""
    incident = await begin(world)
    acknowledged = await world.act(acts.Acknowledge())
    await world.wait(1 * HOUR)
    assert (await world.incident()).revision == acknowledged.revision > incident.revision
    assert (await world.incident()).unconfirmed == ()


async def test_clocks_that_run_in_working_hours_only(world: World) -> None:
    """Opened in the evening with a tier for office hours: nobody is asked before morning; the RTO speaks at night."""
    tiers = {**SHIPPED, Tier.MEDIUM: dataclasses.replace(SHIPPED[Tier.MEDIUM], calendar="office")}
    zone = ZoneInfo("UTC")
    office = Calendar(name="office", when=(Interval(times=((9 * 60, 17 * 60),), zone=zone),))
    world.plan = plan(tiers=tiers, calendars={"office": office})
    world.clock.advance((16 * HOUR + 40 * MINUTE - world.clock.now()) % DAY)  # 16:40
    incident = await begin(world, "medium")
    await world.wait(24 * HOUR, step=5 * MINUTE)
    # 30 s of waiting, then 20 min less half a minute of the day and the rest of the 30 min on the next.
    asked = at(world, incident, "command", "escalated unacknowledged")[0]
    reminded = at(world, incident, "technical", "update_due")[0]
    assert 0 <= asked - 16 * HOUR - 30 * MINUTE < 5 * MINUTE
    assert 0 <= reminded - 18 * HOUR < 5 * MINUTE
    assert 0 <= at(world, incident, "technical", "rto_warning 50")[0] - 12 * HOUR < 5 * MINUTE


async def test_what_passed_in_silence_waits_for_the_morning(world: World) -> None:
    """Quiet through the working hours and firing again at night: nobody is woken by what fell due by day."""
    tiers = {**SHIPPED, Tier.MEDIUM: dataclasses.replace(SHIPPED[Tier.MEDIUM], calendar="office")}
    office = Calendar(name="office", when=(Interval(times=((9 * 60, 17 * 60),), zone=ZoneInfo("UTC")),))
    world.plan = plan(tiers=tiers, calendars={"office": office})
    world.clock.advance((16 * HOUR - world.clock.now()) % DAY)
    await begin(world, "medium")
    await world.resolve(tier="medium", **ALWAYS)
    await world.wait(3 * HOUR)
    await world.fire(tier="medium", **ALWAYS)
    await world.wait(2 * HOUR)
    asked = [event for event in world.told("command") if event.startswith(("escalated", "update_due"))]
    assert asked == []
    await world.wait(12 * HOUR, step=5 * MINUTE)
    assert "escalated unacknowledged" in world.told("command")


async def test_before_it_is_told_no_clock_speaks(world: World) -> None:
    """An incident that waits has no clock but its wait."""
    tiers = {**TIERS, Tier.MEDIUM: dataclasses.replace(TIERS[Tier.MEDIUM], wait=20 * HOUR)}
    world.plan = plan(tiers=tiers)
    await world.fire(said=classified(tier="medium", wait=20 * HOUR), **ALWAYS)
    await world.wait(19 * HOUR, step=10 * MINUTE)
    assert all(world.told(group) == [] for group in ("technical", "command"))
