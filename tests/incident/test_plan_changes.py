"""A plan that changes under open incidents: no clock restarts, nothing is told again, and nothing fails."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.plans import CLASSES, TIERS, plan
from tests.support.world import World, classified

from tocsin._core.errors import SendRefused, TrySendAgain
from tocsin._core.model import Text, Tier
from tocsin._core.plan import GROUPS, Channel, Group, IncidentSettings, Plan
from tocsin._core.source import Source
from tocsin._core.times import HOUR, MINUTE, SECOND
from tocsin._store.listing import list_deliveries
from tocsin._store.stats import read_figures

OTHERWISE: dict[str, Any] = {
    "rule": "another",
    "class_": "cyber_attack",
    "key": (("class", "cyber_attack"), ("subject", "payments")),
}
"""What another plan's rules say of the same alert."""


def other(**changes: object) -> Plan:
    """Another plan: with another hash, and longer waits in every tier."""
    tiers = {tier: replace(policy, wait=policy.wait + 10 * MINUTE) for tier, policy in TIERS.items()}
    return plan(hash="ba9876543210", tiers=tiers, **changes)


async def test_in_the_middle_of_the_wait(world: World) -> None:
    """What waits to be announced is announced when it was to be, once, though the tier's wait is another by now."""
    await world.fire(tier="medium")
    await world.wait(20 * SECOND, renew=["A"], tier="medium")
    world.plan = other()
    await world.wait(9 * SECOND, renew=["A"], tier="medium")
    assert world.told("technical") == []
    await world.wait(2 * SECOND, renew=["A"], tier="medium")
    assert world.told("technical") == ["opened"]
    await world.wait(30 * MINUTE, renew=["A"], tier="medium")
    assert world.told("technical") == ["opened"]


async def test_in_the_middle_of_settling(world: World) -> None:
    """A clearing that waits for quiet is told when that was to be over, once."""
    await world.fire()
    await world.settle()
    await world.resolve()
    await world.wait(1 * MINUTE)
    await world.fire()
    await world.wait(1 * MINUTE)
    await world.resolve()
    await world.wait(3 * MINUTE)
    told = ["opened", "cleared resolved", "reopened"]
    assert world.told("legal") == told
    world.plan = other()
    await world.wait(1 * MINUTE)
    assert world.told("legal") == told
    await world.wait(61 * SECOND)
    assert world.told("legal") == [*told, "cleared resolved"]
    await world.wait(1 * HOUR)
    assert world.told("legal") == [*told, "cleared resolved"]


async def test_in_the_middle_of_tries(world: World) -> None:
    """A delivery that is tried again keeps its pauses, its tries and its id."""
    sink = world.sinks["legal-hook"]
    sink.fail = TrySendAgain("503")
    await world.fire()
    await world.wait(1 * MINUTE, renew=["A"])
    tries = sink.tried
    world.plan = other()
    await world.settle()
    assert sink.tried == tries
    sink.fail = None
    await world.wait(6 * MINUTE, renew=["A"])
    assert world.told("legal") == ["opened"]
    (delivery,) = (await list_deliveries(world.store, lambda d: d.channel == "legal-hook")).items
    assert [attempt.result for attempt in delivery.attempts] == ["retried"] * tries + ["accepted"]


async def test_rules_that_decide_otherwise(world: World) -> None:
    """An alert belongs to the incident that it joined, until it ends, whatever later rules say of it."""
    await world.fire()
    await world.settle()
    before = await world.incident()
    world.plan = other()
    said = classified(**OTHERWISE)
    for _ in range(3):
        assert await world.fire(said=said) == "r"
        await world.wait(20 * SECOND)
    assert await world.incident() == before
    assert world.told("technical") == ["opened"]

    assert await world.resolve(said=said) == "e"
    await world.settle()
    assert world.told("technical") == ["opened", "cleared resolved"]
    assert (await world.incident()).class_ == "critical_function_outage"

    await world.wait(3 * MINUTE)
    assert await world.fire(said=said) == "n"
    await world.settle()
    assert {incident.class_ for incident in await world.incidents()} == {"critical_function_outage", "cyber_attack"}


@pytest.mark.parametrize("gone", ["class", "service", "vendor", "source", "fallback", "channels"])
async def test_what_an_incident_names_is_gone(world: World, gone: str) -> None:
    """An incident whose class, service, vendor, source or channels are no longer in the plan goes through all of its
    life: others join it and raise it, it clears, is reopened, and is closed by the next one."""
    classes = {**CLASSES, "fraud": replace(CLASSES["cyber_attack"], name="fraud", lead="legal", operational=True)}
    sources = {**plan().sources, "prom-bj": Source(name="prom-bj", type="prometheus")}
    world.plan = plan(classes=classes, sources=sources)
    said = classified(tier="medium", class_="fraud")
    await world.fire(said=said, source="prom-bj")
    await world.wait(31 * SECOND)
    assert world.told("legal") == ["opened"]

    world.plan = without(gone) if gone == "source" else replace(without(gone), sources=sources)
    worse = classified("B", "high", title=Text("Worse", "更糟"))
    await world.fire("B", said=worse)
    await world.wait(6 * MINUTE, renew=["B"])
    if gone != "source":
        await world.resolve(said=said, source="prom-bj")
    await world.resolve("B", said=worse)
    await world.wait(10 * MINUTE)
    await world.fire("B", said=worse)
    await world.settle()
    await world.wait(5 * HOUR)
    await world.fire("B", said=worse)
    await world.settle()

    events = [event.partition(" ")[0] for event in world.told("command")]
    assert events[:4] == ["opened", "tier_raised", "escalated", "cleared"]
    assert events[4:7] == ["reopened", "escalated", "cleared"]
    assert sorted(events[7:]) == ["closed", "opened"]
    assert (await read_figures(world.store)).aside == 0
    assert {incident.tier for incident in await world.incidents()} == {Tier.HIGH}


def without(gone: str) -> Plan:
    """A plan that has no longer what the incident was opened by."""
    groups = plan().groups
    elsewhere = {
        name: replace(group, channels=("command-hook",), fallback=("command-hook",)) if name != "command" else group
        for name, group in groups.items()
    }
    changes: dict[str, dict[str, object]] = {
        "class": {},
        "service": {"services": {}},
        "vendor": {"vendors": {}},
        "source": {},
        "fallback": {"groups": {name: replace(group, fallback=()) for name, group in groups.items()}},
        "channels": {"groups": elsewhere, "channels": {"command-hook": Channel(name="command-hook", type="webhook")}},
    }
    return plan(hash="ba9876543210", **changes[gone])


async def test_a_fallback_that_is_gone(world: World) -> None:
    """A notice whose group has no fallback any more is untold once its time is over, and command hears of that."""
    world.sinks["technical-hook"].fail = TrySendAgain("503")
    await world.fire()
    await world.settle()
    world.plan = without("fallback")
    await world.wait(3 * MINUTE, renew=["A"])
    assert world.told("command") == ["opened", "untold"]
    incident = await world.incident()
    assert (incident.unconfirmed, incident.untold) == ((), ("technical",))


async def test_a_fallback_that_is_another(world: World) -> None:
    """The fallback that is told is the one of the plan in force when that is due."""
    world.sinks["technical-hook"].fail = SendRefused("410")
    groups = dict(plan().groups)
    groups["technical"] = replace(groups["technical"], fallback=("data-hook",))
    await world.fire()
    world.plan = plan(groups=groups)
    await world.wait(1 * SECOND)
    assert [message.group for message in world.sinks["data-hook"].got] == ["data", "technical"]


async def test_settings_of_clocks_to_come(world: World) -> None:
    """How long it must be quiet is the word of the plan in force; a recovery time is fixed with the incident."""
    await world.fire()
    await world.settle()
    deadline = (await world.incident()).rto_deadline
    tiers = {tier: replace(policy, rto=1 * HOUR) for tier, policy in TIERS.items()}
    world.plan = plan(incidents=IncidentSettings(settle=30 * MINUTE), tiers=tiers)
    await world.wait(1 * MINUTE, renew=["A"])
    assert (await world.incident()).rto_deadline == deadline
    assert world.told("data") == ["opened"]


def test_a_plan_always_has_all_groups() -> None:
    """No group can vanish: there are five, whatever the plan."""
    assert tuple(plan().groups) == GROUPS
    assert all(isinstance(group, Group) for group in plan().groups.values())
