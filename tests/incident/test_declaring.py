"""Incidents that people declare: at once, once, and joined by alerts about the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.support.plans import plan
from tests.support.world import World, classified

from tocsin._core import action as acts
from tocsin._core.action import Action
from tocsin._core.declaration import Asked, Declaration, Declared
from tocsin._core.errors import Conflict, Unprocessable
from tocsin._core.incident import Incident
from tocsin._core.model import Tier
from tocsin._core.times import DAY, HOUR, MINUTE
from tocsin._plan.defaults import CLASSES, LABELS, MATRIX, TIERS
from tocsin._store.listing import show_incident
from tocsin.classify.classifier import Classifier
from tocsin.classify.declare import classify_declared
from tocsin.dedup.identity import key_digest

Declare = Callable[..., Awaitable[Incident]]


@pytest.fixture
def declare(world: World) -> Declare:
    """Declares, by the shipped classes and tiers."""
    world.plan = plan(classes=CLASSES, tiers=TIERS, matrix=MATRIX, labels=LABELS)

    async def declare(*, request: str = "r-1", by: str = "wang", **said: Any) -> Incident:
        declaration = Declaration(**{"class_": "cyber_attack", "title": "Odd logins", **said})
        now = world.clock.now()
        decision = classify_declared(declaration, world.plan, Classifier(world.plan), by=by, now=now)
        asked = Asked(declaration=declaration, by=by, group="command", request=request)
        done = await world.acts.declare(Declared(asked=asked, decision=decision), key_digest(decision.key))
        await world.settle()
        return done

    return declare


async def test_it_is_told_at_once_and_its_clocks_run(world: World, declare: Declare) -> None:
    """Without any alert it is open and told; it escalates, and is not over before somebody restores it."""
    incident = await declare(
        tier=Tier.HIGH, known_cause="a stolen token", location="fra-1", description="Wu saw 40 logins from abroad"
    )
    assert (incident.state, incident.tier, incident.declared_by) == ("open", Tier.HIGH, "wang")
    assert (incident.record.known_cause, incident.record.location) == ("a stolen token", "fra-1")
    assert world.told("legal") == ["opened"]
    (opened,) = world.sinks["command-hook"].got
    assert opened.body["notice"].said == {"by": "wang", "text": "Wu saw 40 logins from abroad"}
    await world.wait(5 * HOUR)
    assert {"escalated unacknowledged", "rto_missed", "update_due"} <= set(world.told("command"))
    first = (await show_incident(world.store, incident.id)).timeline[0]
    assert (first.actor, first.action) == ("wang", "declared")
    done = await world.act(acts.Restore(), group="command")
    assert (done.state, done.restored_at) == ("restored", world.clock.now())
    assert (await world.act(acts.Close(), group="command")).outcome == "recovered"


async def test_the_matrix_grades_it_where_nobody_does(declare: Declare) -> None:
    """Importance and impact say the tier; a service that nobody knows counts as core."""
    assert (await declare(impact="wide", service="payments")).tier is Tier.HIGH
    assert (await declare(request="r-2", impact="narrow", service="unheard")).tier is Tier.MEDIUM


async def test_the_same_request_is_the_same_incident(world: World, declare: Declare) -> None:
    """Asked again, as after a lost answer, nothing new opens; another request about the same is refused."""
    first = await declare()
    assert (await declare()).id == first.id
    with pytest.raises(Conflict) as refused:
        await declare(request="r-2")
    assert refused.value.current["id"] == first.id
    assert len(await world.incidents()) == 1
    assert world.told("legal") == ["opened"]


async def test_alerts_about_the_same_join_it(world: World, declare: Declare) -> None:
    """An alert of the same service joins what a person declared before it came; its end alone does not clear it."""
    incident = await declare(class_="critical_function_outage", service="payments", tier=Tier.HIGH)
    said = classified(key=incident.decision.key)
    await world.fire(source="alertmanager", said=said)
    await world.wait(1 * MINUTE)
    joined = await world.incident()
    assert (joined.id, joined.total, joined.signals) == (incident.id, 1, "firing")
    await world.resolve(source="alertmanager", said=said)
    await world.wait(10 * MINUTE)
    quiet = await world.incident()
    assert (quiet.signals, quiet.state) == ("cleared", "open")
    assert quiet.still_broken


async def test_a_name_that_the_plan_has_not(declare: Declare) -> None:
    """Every wrong name is told at once."""
    with pytest.raises(Unprocessable) as refused:
        await declare(class_="weather", vendor="nobody")
    assert [path for path, _ in refused.value.problems] == ["class", "vendor"]


async def test_a_drill_is_apart(world: World, declare: Declare) -> None:
    """A drill never meets reality: both are open at once."""
    real, drill = await declare(service="payments"), await declare(request="r-2", service="payments", drill=True)
    assert (real.drill, drill.drill) == (False, True)
    assert real.key != drill.key
    assert len(await world.incidents()) == 2
    with pytest.raises(Unprocessable, match="nothing was done"):
        await world.acts.act(Action(incident=drill.id, act=acts.Merge(into=real.id), by="wang", group="command"))


async def test_a_start_that_makes_no_sense(world: World, declare: Declare) -> None:
    """Neither ahead nor long ago; a clock that is a little ahead of ours does no harm."""
    now = world.clock.now()
    for start in (now + HOUR, now - 400 * DAY, -1):
        with pytest.raises(Unprocessable) as refused:
            await declare(started_at=start)
        assert [path for path, _ in refused.value.problems] == ["started_at"]
    assert (await declare(started_at=now + 1 * MINUTE)).started_at == now


async def test_an_alert_long_after_it_was_restored_is_another_incident(world: World, declare: Declare) -> None:
    """Restored by a person's word and never closed: days later an alert about the same opens the next one."""
    first = await declare(class_="critical_function_outage", service="payments", tier=Tier.HIGH)
    await world.act(acts.Restore(), group="command")
    world.clock.advance(3 * DAY)
    await world.settle()
    await world.fire(source="alertmanager", said=classified(key=first.decision.key))
    await world.wait(1 * MINUTE)
    old, new = sorted(await world.incidents(), key=lambda each: each.first_at)
    assert (old.id, old.state, old.outcome) == (first.id, "closed", "recovered")
    assert (new.state, new.total) == ("open", 1)
    assert "rto_missed" not in world.told("command")
