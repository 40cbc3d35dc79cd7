"""Stages of escalation that the plan lists."""

from __future__ import annotations

from tests.support.plans import plan
from tests.support.world import World

from tocsin._core.model import Tier
from tocsin._core.times import MINUTE, SECOND
from tocsin._core.watch import Stage

STAGES = (
    Stage(name="page-again", after=5 * MINUTE, unless="acknowledged", tell=("technical",)),
    Stage(name="command", after=10 * MINUTE, unless="acknowledged", tell=("command",), repeat_every=20 * MINUTE),
)


async def test_each_stage_is_told_at_its_time(world: World) -> None:
    """The first once, the second again and again; an acknowledgement ends both."""
    world.plan = plan(escalation={Tier.HIGH: STAGES})
    await world.fire()
    await world.wait(9 * MINUTE, renew=["A"])
    assert world.told("technical") == ["opened", "escalated page-again"]
    assert world.told("command") == ["opened"]
    await world.wait(21 * MINUTE + 20 * SECOND, renew=["A"])
    assert world.told("technical") == ["opened", "escalated page-again"]
    assert world.told("command") == ["opened", "escalated command", "escalated command"]
    await world.acknowledge()
    await world.wait(30 * MINUTE, renew=["A"])
    assert world.told("command")[3:] == ["acknowledged"]


async def test_a_tier_without_stages(world: World) -> None:
    """Where none are listed nobody is told further."""
    world.plan = plan(escalation={})
    await world.fire()
    await world.wait(30 * MINUTE, renew=["A"])
    assert world.told("command") == ["opened"]
