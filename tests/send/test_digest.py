"""Several notices as one message, and the tier whose notices go out once a day."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from tests.send.samples import INCIDENT, delivery, notice
from tests.support.clock import ManualClock
from tests.support.plans import TIERS
from tests.support.plans import plan as make_plan
from tests.support.world import World

from tocsin._core.message import Link, Message
from tocsin._core.model import Tier
from tocsin._core.times import HOUR, MINUTE, parse_time
from tocsin._store.client import Store
from tocsin._store.listing import list_deliveries
from tocsin.send.body import render
from tocsin.send.digest import merged
from tocsin.send.kind import Bounds

NINE = parse_time("2026-03-03T01:00:00Z")
"""Nine in the morning, in the plan's time zone, of the day after the tests' clock begins."""


def said(number: int, tier: str = "high", language: str = "en", **changes: Any) -> Message:
    """The message of a notice of the incident with this number."""
    incident = {**INCIDENT, "id": f"INC-261205-{number:06}", "tier": tier}
    made = msgspec.structs.replace(
        notice(), id=f"n-{number}", incident_id=incident["id"], incident=incident, tier=Tier(tier), **changes
    )
    to = msgspec.structs.replace(delivery(language=language), id=f"d-{number}", tier=Tier(tier))
    return render(made, to, external_url="https://t.example", respond=f"https://t.example/r/{number}")


def test_the_most_urgent_is_first_and_all_are_named() -> None:
    """One line an incident, by tier; who is asked finds where to answer below the line."""
    digest = merged([said(1, "low"), said(2, "high", asks={"technical": ("acknowledge",)}), said(3, "medium")])
    lines = digest.text.split("\n")
    assert lines[0] == digest.subject == "[HIGH] 3 notices about 3 incidents"
    assert [line[-17:] for line in lines if line.startswith("- ")] == [
        "INC-261205-000002", "INC-261205-000003", "INC-261205-000001",
    ]  # fmt: skip
    assert "  Answer: https://t.example/r/2" in lines
    assert "https://" not in digest.plain
    assert digest.links[0] == Link(name="respond", title="INC-261205-000002", url="https://t.example/r/2")
    assert (digest.event, digest.incident, digest.tier, digest.thread) == ("digest", "", "", "")


def test_several_notices_of_one_incident_are_one_line() -> None:
    """The last of them is told, and how many there are; the body has them all but for the earlier ones."""
    digest = merged([said(1), said(1, event="escalated", reason="command"), said(2)])
    assert digest.subject == "[HIGH] 3 notices about 2 incidents"
    assert len([line for line in digest.text.split("\n") if line.startswith("- ")]) == 2
    assert "INC-261205-000001 ×2" in digest.text
    assert [body["event"] for body in digest.body["notices"]] == ["escalated", "opened"]


def test_it_speaks_the_language_of_its_first() -> None:
    """Chinese where that is the channel's."""
    assert merged([said(1, language="zh"), said(2, language="zh")]).subject == "【高】2 条通知,涉及 2 个事件"


def test_its_id_is_a_function_of_what_it_is_for() -> None:
    """The same on every try with the same notices, whatever their order; another for others."""
    one, other = said(1), said(2)
    assert merged([one, other]).id == merged([other, one]).id != merged([one]).id


@pytest.fixture
async def world(store_url: str, clock: ManualClock) -> AsyncIterator[World]:
    """A plan that tells of low incidents once a day, at nine."""
    tiers = {**TIERS, Tier.LOW: dataclasses.replace(TIERS[Tier.LOW], digest=9 * 60, auto_restore=None)}
    store = await Store.open(store_url)
    yield World(store, clock, plan=make_plan(tiers=tiers), bounds={"technical-hook": Bounds(most=20)})
    await store.close()


async def test_a_tiers_notices_wait_for_the_hour(world: World) -> None:
    """Nothing is sent before; then all in one message; nobody is told that a group was not reached meanwhile."""
    await world.fire("A", "low")
    await world.fire("B", "low")
    await world.wait(NINE - world.clock.now() - MINUTE, renew=["A", "B"], tier="low", step=10 * MINUTE)
    assert [sink.got for sink in world.sinks.values() if sink.got] == []
    waiting = (await list_deliveries(world.store, lambda each: each.state == "waiting")).items
    assert waiting
    assert {each.due for each in waiting} == {NINE}
    await world.wait(2 * MINUTE, renew=["A", "B"], tier="low")
    (digest,) = world.sinks["technical-hook"].got
    assert digest.event == "digest"
    assert world.sinks["command-hook"].got == []
    told = (await list_deliveries(world.store, lambda each: each.channel == "technical-hook")).items
    assert {each.state for each in told} == {"accepted"}


async def test_where_nothing_is_merged_the_hour_brings_each_notice_as_it_is(world: World) -> None:
    """A pager keeps an alert for each incident, which a digest would neither open nor close."""
    world.bounds = {"technical-hook": Bounds(most=1)}
    world.restart()
    await world.fire("A", "low")
    await world.wait(NINE - world.clock.now() + 2 * MINUTE, renew=["A"], tier="low", step=10 * MINUTE)
    (told,) = world.sinks["technical-hook"].got
    assert (told.event, told.incident[:4]) == ("opened", "INC-")


async def test_a_raise_does_not_wait_behind_the_digest(world: World) -> None:
    """What is raised to high is told at once, though its opening still waits for the hour."""
    await world.fire("A", "low")
    await world.wait(1 * HOUR, renew=["A"], tier="low", step=10 * MINUTE)
    assert world.sinks["technical-hook"].got == []
    await world.fire("A2", "high")
    await world.wait(1 * MINUTE, renew=["A", "A2"], tier="high")
    assert [message.event for message in world.sinks["technical-hook"].got] == ["tier_raised"]
