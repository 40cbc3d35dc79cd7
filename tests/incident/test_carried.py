"""What a channel's ``match`` let it carry the opening of, it carries to the end; see ``Incident.channels``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from tests.support.clock import ManualClock
from tests.support.plans import TIERS, plan
from tests.support.world import World, classified

from tocsin._core import action as acts
from tocsin._core.matcher import Matcher
from tocsin._core.model import Tier
from tocsin._core.plan import GROUPS, Channel
from tocsin._core.times import MINUTE
from tocsin._store.client import Store

ALERT: dict[str, Any] = {"source": "alertmanager"}
HIGH = (Matcher("tier", "=", "high"),)


@pytest.fixture
async def world(store_url: str, clock: ManualClock) -> AsyncIterator[World]:
    """A pager for the technical group's high incidents beside its channel for all, and one for legal's alone."""
    names = [f"{name}-hook" for name in (*GROUPS, "pager")]
    channels = {name: Channel(name=name, type="webhook") for name in names}
    channels["pager-hook"] = replace(channels["pager-hook"], match=HIGH)
    groups = plan().groups
    groups = {
        **groups,
        "technical": replace(groups["technical"], channels=("technical-hook", "pager-hook")),
        "legal": replace(groups["legal"], match=HIGH, fallback=("command-hook",)),
    }
    store = await Store.open(store_url)
    yield World(store, clock, plan=plan(channels=channels, groups=groups))
    await store.close()


def paged(world: World) -> list[str]:
    """The events that the pager carried."""
    return [message.event for message in world.sinks["pager-hook"].got]


async def test_a_page_that_was_opened_is_closed(world: World) -> None:
    """Though the tier is not any more the one that was paged."""
    await world.fire(**ALERT)
    await world.settle()
    await world.act(acts.Lower(tier=Tier.MEDIUM, reason="less than it seemed"), group="command")
    await world.act(acts.FalseAlarm(reason="r"), group="command")
    assert paged(world) == ["opened", "tier_lowered", "false_alarm"]
    assert (await world.incident()).channels == ("pager-hook", "legal-hook")


async def test_what_was_not_paged_is_not_closed_there(world: World) -> None:
    """A channel that never carried its beginning hears nothing of it."""
    await world.fire(said=classified(tier="medium"), **ALERT)
    await world.wait(1 * MINUTE)
    await world.act(acts.FalseAlarm(reason="r"), group="command")
    assert paged(world) == []
    assert (await world.incident()).channels == ()


async def test_a_raise_is_a_beginning(world: World) -> None:
    """From then on the pager has it, whatever becomes of the tier."""
    await world.fire(said=classified(tier="medium"), **ALERT)
    await world.wait(1 * MINUTE)
    await world.act(acts.Raise(tier=Tier.HIGH, reason="r"), group="command")
    await world.act(acts.Lower(tier=Tier.LOW, reason="r"), group="command")
    await world.act(acts.Restore(despite_firing=True))
    assert paged(world) == ["tier_raised", "tier_lowered", "restored"]


async def test_a_group_keeps_what_it_has_begun(world: World) -> None:
    """Its own channel tells it of the end; of what it never took, its fallback does."""
    await world.fire(**ALERT)
    await world.settle()
    await world.act(acts.Lower(tier=Tier.LOW, reason="r"), group="command")
    assert world.told("legal") == ["opened", "tier_lowered"]
    await world.act(acts.FalseAlarm(reason="r"), group="command")
    assert world.told("legal")[-1] == "false_alarm"
    assert [m for m in world.sinks["command-hook"].got if m.group == "legal"] == []


async def test_what_a_group_does_not_take_its_fallback_tells(world: World) -> None:
    """Once, and nobody is told that the group is untold."""
    world.plan = replace(world.plan, tiers=TIERS | {Tier.MEDIUM: replace(world.plan.tiers[Tier.MEDIUM], tell="all")})
    await world.fire(said=classified(tier="medium"), **ALERT)
    await world.wait(25 * MINUTE)
    told = [(m.event, m.group) for m in world.sinks["command-hook"].got]
    assert told.count(("opened", "legal")) == 1
    assert world.told("legal") == []
    assert "untold" not in [event for event, _ in told]
